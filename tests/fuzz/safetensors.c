/* SPDX-License-Identifier: MIT
 * Fuzz target: the reader of safetensors files and the JSON below it.
 *
 * Byte 0 says how the rest becomes a file: even: as it is; odd: it begins with the header, ended by a zero byte, whose
 * length is put before it, so that mutations of the header need not guess its length. What was read is written and
 * read again: the two archives must be alike. The bytes are a JSON string too: written and read, it is the same. */
#include "tests/fuzz/fuzz.h"

#include "core/safetensors.h"

#include <unistd.h>

enum { MOST = 1 << 16 };

static size_t make_file(const uint8_t *data, size_t bytes, uint8_t *file) {
    const uint8_t *content = data + 1;
    size_t length = bytes - 1;
    if (!(data[0] & 1)) {
        memcpy(file, content, length);
        return length;
    }
    const uint8_t *end = memchr(content, 0, length);
    const uint64_t header = end ? (uint64_t)(end - content) : length;
    const size_t skipped = end ? 1 : 0;
    memcpy(file, &header, 8);
    memcpy(file + 8, content, header);
    memcpy(file + 8 + header, content + header + skipped, length - header - skipped);
    return 8 + length - skipped;
}

static bool same_text(const cnn_text *a, const cnn_text *b) {
    return a->bytes == b->bytes && memcmp(a->data, b->data, a->bytes) == 0 && a->data[a->bytes] == 0;
}

/* Bit by bit, so that NaN and -0 count. */
static bool same_tensor(cnn_tensor *a, cnn_tensor *b) {
    const size_t bytes = (size_t)cnn_tensor_numel(a) * cnn_dtype_bytes(cnn_tensor_dtype(a));
    return cnn_tensor_dtype(a) == cnn_tensor_dtype(b) && cnn_shape_equal(cnn_tensor_shape(a), cnn_tensor_shape(b)) &&
           (bytes == 0 || memcmp(cnn_tensor_data(a), cnn_tensor_data(b), bytes) == 0);
}

static void check_same(const cnn_archive *a, const cnn_archive *b) {
    FUZZ_CHECK(a->tensors == b->tensors && a->texts == b->texts, "other counts after writing");
    for (size_t i = 0; i < a->texts; i++) {
        FUZZ_CHECK(same_text(&a->text[i].key, &b->text[i].key), "key %s", a->text[i].key.data);
        FUZZ_CHECK(same_text(&a->text[i].value, &b->text[i].value), "value of %s", a->text[i].key.data);
    }
    for (size_t i = 0; i < a->tensors; i++) {
        FUZZ_CHECK(same_text(&a->tensor[i].name, &b->tensor[i].name), "name %s", a->tensor[i].name.data);
        FUZZ_CHECK(same_tensor(a->tensor[i].tensor, b->tensor[i].tensor), "tensor %s", a->tensor[i].name.data);
    }
}

static void check_round_trip(const cnn_archive *archive) {
    static char path[64];
    cnn_archive again = {0};
    cnn_error err = {0};
    snprintf(path, sizeof path, "%s/cnn-fuzz-%d", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : ".", (int)getpid());
    FUZZ_CHECK(cnn_safetensors_save(path, archive, &err) == CNN_OK, "not written: %s", err.text);
    FUZZ_CHECK(cnn_safetensors_load(path, &again, &err) == CNN_OK, "written, not read: %s", err.text);
    unlink(path);
    check_same(archive, &again);
    cnn_archive_free(&again);
}

static void check_string(const uint8_t *data, size_t bytes) {
    static char json[CNN_JSON_STRING_BYTES(MOST)];
    cnn_text back = {0};
    cnn_error err = {0};
    if (cnn_utf8_valid((const char *)data, bytes) != bytes) return;
    const char *end = cnn_json_write_string(json, (const char *)data, bytes);
    FUZZ_CHECK((size_t)(end - json) <= CNN_JSON_STRING_BYTES(bytes), "longer than promised");
    cnn_json reader = {.path = "text", .text = json, .end = end, .at = json};
    FUZZ_CHECK(cnn_json_string(&reader, &back, &err) == CNN_OK, "written, not read: %s", err.text);
    FUZZ_CHECK(cnn_json_end(&reader, &err) == CNN_OK, "something is left: %s", err.text);
    FUZZ_CHECK(back.bytes == bytes && memcmp(back.data, data, bytes) == 0, "another string");
    free(back.data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes) {
    static uint8_t file[MOST + 8];
    if (bytes < 1 || bytes > MOST) return 0;
    const char *path = fuzz_file(file, make_file(data, bytes, file));
    cnn_archive archive = {0};
    cnn_error err = {0};
    const cnn_status status = cnn_safetensors_load(path, &archive, &err);
    if (status == CNN_OK) {
        check_round_trip(&archive);
        cnn_archive_free(&archive);
    } else {
        FUZZ_CHECK(archive.tensors == 0 && archive.tensor == NULL && archive.text == NULL, "a result beside an error");
        fuzz_check_file_error(status, &err, path);
    }
    check_string(data + 1, bytes - 1);
    fuzz_check_no_tensor();
    return 0;
}
