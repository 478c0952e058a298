/* SPDX-License-Identifier: MIT
 * Fuzz target: the reader of IDX files, plain and gzipped.
 *
 * Byte 0 says how the rest becomes a file: 0 as it is; odd: gzipped, at the level of bits 1 and 2; bits 3 … 7 cut so
 * many bytes from the end. Byte 1 and 2: which byte of the gzipped file is changed, and by what (0: none). So both
 * zlib and the checks behind it are reached. What is read must be what was written, and nothing well-formed is refused.
 */
#include "tests/fuzz/fuzz.h"

#include "core/idx.h"

#include <zlib.h>

enum { MOST = 1 << 16 };

/* The file that the input stands for; returns its bytes. */
static size_t make_file(const uint8_t *data, size_t bytes, uint8_t *file) {
    const uint8_t mode = data[0], *content = data + 3;
    size_t length = bytes - 3;
    if (mode & 1) {
        static const int level[] = {0, 1, 6, 9};
        z_stream stream = {.next_in = (Bytef *)content, .avail_in = (uInt)length, .next_out = file, .avail_out = MOST};
        FUZZ_CHECK(deflateInit2(&stream, level[mode >> 1 & 3], Z_DEFLATED, 31, 1, Z_DEFAULT_STRATEGY) == Z_OK, "zlib");
        FUZZ_CHECK(deflate(&stream, Z_FINISH) == Z_STREAM_END, "zlib");
        length = stream.total_out;
        deflateEnd(&stream);
        if (data[1] < length) file[data[1]] ^= data[2];
    } else {
        memcpy(file, content, length);
    }
    const size_t cut = mode >> 3;
    return cut < length ? length - cut : 0;
}

/* Where the data of a well-formed IDX file begin, or 0. Files with a size of 0 are left to the reader. */
static size_t well_formed(const uint8_t *file, size_t bytes) {
    if (bytes < 8 || file[0] != 0 || file[1] != 0 || file[2] != 8 || file[3] < 1 || file[3] > CNN_MAX_DIMS) return 0;
    const size_t header = 4 + 4 * (size_t)file[3];
    if (bytes < header) return 0;
    double numel = 1;
    for (size_t i = 4; i < header; i += 4)
        numel *= file[i] * 16777216.0 + file[i + 1] * 65536.0 + file[i + 2] * 256.0 + file[i + 3];
    return numel > 0 && numel == (double)(bytes - header) ? header : 0;
}

static void check_tensor(cnn_tensor *x, const uint8_t *content, size_t bytes) {
    const size_t header = 4 + 4 * (size_t)cnn_tensor_shape(x)->ndim, numel = (size_t)cnn_tensor_numel(x);
    FUZZ_CHECK(cnn_tensor_dtype(x) == CNN_U8 && cnn_tensor_is_contiguous(x), "not uint8, row-major");
    FUZZ_CHECK(header + numel == bytes, "%zu elements out of %zu bytes", numel, bytes);
    FUZZ_CHECK(numel == 0 || memcmp(cnn_tensor_data(x), content + header, numel) == 0, "other numbers than written");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes) {
    static uint8_t file[MOST];
    if (bytes < 3 || bytes > MOST / 2) return 0;
    const size_t length = make_file(data, bytes, file);
    const bool gzipped = data[0] & 1, whole = data[0] >> 3 == 0 && !(gzipped && data[2] != 0);
    const uint8_t *content = gzipped ? data + 3 : file;
    const size_t content_bytes = gzipped ? bytes - 3 : length;
    const char *path = fuzz_file(file, length);
    cnn_tensor *x = NULL;
    cnn_error err = {0};
    const cnn_status status = cnn_idx_load(path, &x, &err);
    if (status == CNN_OK) {
        const bool inner = !gzipped && length > 2 && file[0] == 0x1f && file[1] == 0x8b; /* gzipped by the fuzzer */
        if (!inner) check_tensor(x, content, content_bytes);
        cnn_tensor_release(&x);
    } else {
        FUZZ_CHECK(!(whole && well_formed(content, content_bytes)), "refused: %s", err.text);
        FUZZ_CHECK(x == NULL, "a result beside an error");
        fuzz_check_file_error(status, &err, path);
    }
    fuzz_check_no_tensor();
    return 0;
}
