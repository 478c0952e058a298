/* SPDX-License-Identifier: MIT
 * The strict reader of json.h, by RFC 8259: what may come next is asked for, what comes else is told with its byte. */
#include "core/json.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

cnn_status cnn_json_fail(const cnn_json *json, cnn_error *err, const char *format, ...) {
    char text[400];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return cnn_fail(err, CNN_IO, "%s, byte %lld: %s", json->path, (long long)(json->base + (json->at - json->text)),
                    text);
}

static void json_skip_space(cnn_json *json) {
    while (json->at < json->end && strchr(" \t\r\n", *json->at) && *json->at != '\0') json->at++;
}

/* What comes next, for messages: a printable character or its code. */
static const char *json_next(const cnn_json *json, char buffer[16]) {
    if (json->at >= json->end) return "the end of the header";
    const unsigned char c = (unsigned char)*json->at;
    snprintf(buffer, 16, c > 32 && c < 127 ? "'%c'" : "byte 0x%02x", c);
    return buffer;
}

cnn_status cnn_json_take(cnn_json *json, char c, cnn_error *err) {
    char buffer[16];
    if (cnn_json_takes(json, c)) return CNN_OK;
    return cnn_json_fail(json, err, "expected '%c', found %s", c, json_next(json, buffer));
}

bool cnn_json_takes(cnn_json *json, char c) {
    json_skip_space(json);
    if (json->at >= json->end || *json->at != c) return false;
    json->at++;
    return true;
}

cnn_status cnn_json_end(cnn_json *json, cnn_error *err) {
    char buffer[16];
    json_skip_space(json);
    if (json->at == json->end) return CNN_OK;
    return cnn_json_fail(json, err, "expected the end of the header, found %s", json_next(json, buffer));
}

/* Bytes of the UTF-8 sequence at `text`, 0 if it is none. Shortest forms only, no surrogates, up to U+10FFFF. */
static size_t utf8_sequence(const unsigned char *text, size_t bytes) {
    const unsigned c = text[0];
    if (c < 0x80) return 1;
    const size_t length = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;
    if (c < 0xc2 || c > 0xf4 || length > bytes) return 0;
    for (size_t i = 1; i < length; i++) {
        if ((text[i] & 0xc0) != 0x80) return 0;
    }
    if (c == 0xe0 && text[1] < 0xa0) return 0;
    if (c == 0xed && text[1] > 0x9f) return 0;
    if (c == 0xf0 && text[1] < 0x90) return 0;
    if (c == 0xf4 && text[1] > 0x8f) return 0;
    return length;
}

size_t cnn_utf8_valid(const char *text, size_t bytes) {
    size_t done = 0;
    while (done < bytes) {
        const size_t length = utf8_sequence((const unsigned char *)text + done, bytes - done);
        if (length == 0) break;
        done += length;
    }
    return done;
}

static char *utf8_write(char *out, uint32_t code) {
    if (code < 0x80) {
        *out++ = (char)code;
    } else if (code < 0x800) {
        *out++ = (char)(0xc0 | code >> 6);
        *out++ = (char)(0x80 | (code & 0x3f));
    } else if (code < 0x10000) {
        *out++ = (char)(0xe0 | code >> 12);
        *out++ = (char)(0x80 | (code >> 6 & 0x3f));
        *out++ = (char)(0x80 | (code & 0x3f));
    } else {
        *out++ = (char)(0xf0 | code >> 18);
        *out++ = (char)(0x80 | (code >> 12 & 0x3f));
        *out++ = (char)(0x80 | (code >> 6 & 0x3f));
        *out++ = (char)(0x80 | (code & 0x3f));
    }
    return out;
}

/* Four hexadecimal digits; -1 if they are not there. */
static int32_t json_hex4(cnn_json *json) {
    int32_t value = 0;
    if (json->end - json->at < 4) return -1;
    for (int i = 0; i < 4; i++) {
        const char c = json->at[i];
        const int digit = c >= '0' && c <= '9'   ? c - '0'
                          : c >= 'a' && c <= 'f' ? c - 'a' + 10
                          : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                                 : -1;
        if (digit < 0) return -1;
        value = value * 16 + digit;
    }
    json->at += 4;
    return value;
}

/* Behind "\u": one code point, of which the higher ones are written as a pair of surrogates. */
static cnn_status json_unicode(cnn_json *json, char **out, cnn_error *err) {
    int32_t code = json_hex4(json);
    if (code < 0) return cnn_json_fail(json, err, "expected four hexadecimal digits after \\u");
    if (code >= 0xdc00 && code <= 0xdfff) return cnn_json_fail(json, err, "a lone surrogate in a string");
    if (code >= 0xd800 && code <= 0xdbff) {
        int32_t low = -1;
        if (json->end - json->at >= 2 && json->at[0] == '\\' && json->at[1] == 'u') {
            json->at += 2;
            low = json_hex4(json);
        }
        if (low < 0xdc00 || low > 0xdfff) return cnn_json_fail(json, err, "a lone surrogate in a string");
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    }
    *out = utf8_write(*out, (uint32_t)code);
    return CNN_OK;
}

static cnn_status json_escape(cnn_json *json, char **out, cnn_error *err) {
    static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
    const char c = json->at < json->end ? *json->at : '\0';
    json->at += json->at < json->end;
    if (c == 'u') return json_unicode(json, out, err);
    const char *found = c ? strchr(names, c) : NULL;
    if (!found) return cnn_json_fail(json, err, "an unknown escape in a string");
    *(*out)++ = values[found - names];
    return CNN_OK;
}

/* Decodes up to the closing quote. Every escape is at least as long as what it stands for: `out` cannot overflow. */
static cnn_status json_decode_rest(cnn_json *json, char **out, cnn_error *err) {
    while (json->at < json->end && *json->at != '"') {
        const unsigned char c = (unsigned char)*json->at;
        if (c < 0x20) return cnn_json_fail(json, err, "a control character inside a string");
        if (c == '\\') {
            json->at++;
            const cnn_status status = json_escape(json, out, err);
            if (status != CNN_OK) return status;
            continue;
        }
        const size_t length = utf8_sequence((const unsigned char *)json->at, (size_t)(json->end - json->at));
        if (length == 0) return cnn_json_fail(json, err, "a string that is not UTF-8");
        memcpy(*out, json->at, length);
        *out += length;
        json->at += length;
    }
    if (json->at >= json->end) return cnn_json_fail(json, err, "a string without an end");
    json->at++;
    return CNN_OK;
}

/* Bytes up to the closing quote, escapes not decoded: at least what the decoded string needs. */
static size_t json_raw_length(const cnn_json *json) {
    const char *at = json->at;
    while (at < json->end && *at != '"') at += *at == '\\' && at + 1 < json->end ? 2 : 1;
    return (size_t)(at - json->at);
}

cnn_status cnn_json_string(cnn_json *json, cnn_text *out, cnn_error *err) {
    char buffer[16];
    if (!cnn_json_takes(json, '"'))
        return cnn_json_fail(json, err, "expected a string, found %s", json_next(json, buffer));
    char *text = malloc(json_raw_length(json) + 1);
    if (!text) return cnn_fail(err, CNN_NO_MEMORY, "no memory left for the header of %s", json->path);
    char *end = text;
    const cnn_status status = json_decode_rest(json, &end, err);
    if (status != CNN_OK) {
        free(text);
        return status;
    }
    *end = '\0';
    *out = (cnn_text){text, (size_t)(end - text)};
    return CNN_OK;
}

cnn_status cnn_json_decode(cnn_json *json, char *out, size_t *bytes, cnn_error *err) {
    char buffer[16], *end = out;
    if (!cnn_json_takes(json, '"'))
        return cnn_json_fail(json, err, "expected a string, found %s", json_next(json, buffer));
    const cnn_status status = json_decode_rest(json, &end, err);
    *bytes = (size_t)(end - out);
    return status;
}

/* ---- any value ---- */

cnn_json_kind cnn_json_peek(cnn_json *json) {
    json_skip_space(json);
    const char next = json->at < json->end ? *json->at : '\0';
    if (next == '{') return CNN_JSON_OBJECT;
    if (next == '[') return CNN_JSON_ARRAY;
    if (next == '"') return CNN_JSON_STRING;
    if (next == '-' || (next >= '0' && next <= '9')) return CNN_JSON_NUMBER;
    return next == 't' || next == 'f' || next == 'n' ? CNN_JSON_WORD : CNN_JSON_NOTHING;
}

cnn_status cnn_json_no_value(cnn_json *json, cnn_error *err) {
    char buffer[16];
    return cnn_json_fail(json, err, "expected a value, found %s", json_next(json, buffer));
}

cnn_status cnn_json_word(cnn_json *json, char *which, cnn_error *err) {
    static const char *const words[] = {"true", "false", "null"};
    json_skip_space(json);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        const size_t length = strlen(words[i]);
        if ((size_t)(json->end - json->at) < length || memcmp(json->at, words[i], length) != 0) continue;
        json->at += length;
        *which = words[i][0];
        return CNN_OK;
    }
    return cnn_json_no_value(json, err);
}

/* Takes digits; false where there is none. */
static bool json_digits(cnn_json *json) {
    const char *start = json->at;
    while (json->at < json->end && *json->at >= '0' && *json->at <= '9') json->at++;
    return json->at > start;
}

/* Takes `c` right here, without skipping white space. */
static bool json_here(cnn_json *json, char c) {
    if (json->at >= json->end || *json->at != c) return false;
    json->at++;
    return true;
}

cnn_status cnn_json_number(cnn_json *json, const char **text, size_t *bytes, cnn_error *err) {
    char buffer[16];
    json_skip_space(json);
    const char *start = json->at;
    json_here(json, '-');
    const char *first = json->at;
    bool good = json_digits(json);
    if (good && *first == '0' && json->at - first > 1) return cnn_json_fail(json, err, "a number that begins with 0");
    if (good && json_here(json, '.')) good = json_digits(json);
    if (good && (json_here(json, 'e') || json_here(json, 'E'))) {
        if (!json_here(json, '-')) json_here(json, '+');
        good = json_digits(json);
    }
    if (!good) return cnn_json_fail(json, err, "expected a digit, found %s", json_next(json, buffer));
    *text = start;
    *bytes = (size_t)(json->at - start);
    return CNN_OK;
}

cnn_status cnn_json_integer(cnn_json *json, int64_t *out, cnn_error *err) {
    char buffer[16];
    json_skip_space(json);
    const char *start = json->at;
    int64_t value = 0;
    for (; json->at < json->end && *json->at >= '0' && *json->at <= '9'; json->at++) {
        if (__builtin_mul_overflow(value, 10, &value) || __builtin_add_overflow(value, *json->at - '0', &value))
            return cnn_json_fail(json, err, "a number above 2^63 - 1");
    }
    const char next = json->at < json->end ? *json->at : ',';
    if (json->at == start || next == '.' || next == 'e' || next == 'E')
        return cnn_json_fail(json, err, "expected a whole number from 0, found %s", json_next(json, buffer));
    if (*start == '0' && json->at - start > 1) return cnn_json_fail(json, err, "a number that begins with 0");
    *out = value;
    return CNN_OK;
}

char *cnn_json_write_string(char *out, const char *text, size_t bytes) {
    static const char hex[] = "0123456789abcdef";
    *out++ = '"';
    for (size_t i = 0; i < bytes; i++) {
        const unsigned char c = (unsigned char)text[i];
        if (c == '"' || c == '\\') {
            *out++ = '\\';
            *out++ = (char)c;
        } else if (c < 0x20) {
            memcpy(out, "\\u00", 4);
            out[4] = hex[c >> 4];
            out[5] = hex[c & 15];
            out += 6;
        } else {
            *out++ = (char)c;
        }
    }
    *out++ = '"';
    return out;
}
