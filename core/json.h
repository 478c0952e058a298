/* SPDX-License-Identifier: MIT
 * A strict reader for JSON, in pieces: the caller asks for what must come next; anything else fails with the file, the
 * byte and what was expected. There is no recursion here, so nesting cannot exhaust the stack; a caller who follows
 * nested values counts their depth. Headers of safetensors hold objects, strings and whole numbers from 0 to 2^63 - 1;
 * checkpoints' settings any value. */
#ifndef CNN_CORE_JSON_H
#define CNN_CORE_JSON_H

#include "core/cnn.h"

/* Bytes with a length: they may hold a zero byte. One is added after the end all the same. */
typedef struct cnn_text {
    char *data; /* malloc'd */
    size_t bytes;
} cnn_text;

typedef struct cnn_json {
    const char *path; /* for messages                        */
    int64_t base;     /* where in the file `text` begins     */
    const char *text, *end, *at;
} cnn_json;

/* IO: "PATH, byte 123: …". */
cnn_status cnn_json_fail(const cnn_json *json, cnn_error *err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Skips white space, then takes `c` or fails. */
CNN_CHECKED cnn_status cnn_json_take(cnn_json *json, char c, cnn_error *err);
/* Skips white space; takes `c` if it comes next. */
bool cnn_json_takes(cnn_json *json, char c);
/* A string, escapes decoded, checked to be UTF-8. The caller frees out->data. */
CNN_CHECKED cnn_status cnn_json_string(cnn_json *json, cnn_text *out, cnn_error *err);
/* A whole number from 0 to 2^63 - 1. */
CNN_CHECKED cnn_status cnn_json_integer(cnn_json *json, int64_t *out, cnn_error *err);
/* What comes next, white space skipped; nothing is taken. NOTHING at the end, or before what begins no value. */
typedef enum cnn_json_kind {
    CNN_JSON_NOTHING,
    CNN_JSON_OBJECT,
    CNN_JSON_ARRAY,
    CNN_JSON_STRING,
    CNN_JSON_NUMBER,
    CNN_JSON_WORD, /* true, false, null */
} cnn_json_kind;
cnn_json_kind cnn_json_peek(cnn_json *json);
/* A string decoded into `out`, which has room for as many bytes as are left in the text; nothing is added at the end.
 */
CNN_CHECKED cnn_status cnn_json_decode(cnn_json *json, char *out, size_t *bytes, cnn_error *err);
/* Any number, as written: *text points into the JSON. */
CNN_CHECKED cnn_status cnn_json_number(cnn_json *json, const char **text, size_t *bytes, cnn_error *err);
/* true, false or null: 't', 'f' or 'n'. */
CNN_CHECKED cnn_status cnn_json_word(cnn_json *json, char *which, cnn_error *err);
/* Fails: a value was expected. */
CNN_CHECKED cnn_status cnn_json_no_value(cnn_json *json, cnn_error *err);
/* Only white space may be left. */
CNN_CHECKED cnn_status cnn_json_end(cnn_json *json, cnn_error *err);

/* Length of the valid UTF-8 beginning; equal to `bytes` when all of it is. */
size_t cnn_utf8_valid(const char *text, size_t bytes);
/* Longest text that cnn_json_write_string makes: 6 bytes for one, and the quotes. */
#define CNN_JSON_STRING_BYTES(bytes) (6 * (bytes) + 2)
/* Writes `text` quoted and escaped; returns the end. */
char *cnn_json_write_string(char *out, const char *text, size_t bytes);

#endif
