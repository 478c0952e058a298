/* SPDX-License-Identifier: MIT
 * The reader of idx.h, over zlib's gzopen, which reads gzipped and plain files alike.
 *
 * A plain file must have exactly the size that its header implies, which is checked before memory is asked for. A
 * gzipped one does not tell its size in a way to be trusted: a buffer grows with the data that really come. */
#include "core/idx.h"

#include "core/file.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#define IDX_CHUNK     ((int64_t)1 << 22) /* read between two looks at the interrupt flag, and first buffer */
#define DEFLATE_RATIO 1032               /* no gzipped byte stands for more */

typedef struct idx_file {
    const char *path;
    gzFile stream;
    int64_t file_bytes; /* on the disk */
    cnn_shape shape;
    int64_t numel;
} idx_file;

/* Bytes really read, fewer at the end of the file; -1 with the error filled in. */
static int64_t idx_read(idx_file *file, void *data, int64_t bytes, cnn_error *err) {
    int64_t done = 0;
    while (done < bytes) {
        if (cnn_interrupted()) {
            (void)!cnn_fail(err, CNN_INTERRUPTED, "interrupted while reading %s", file->path);
            return -1;
        }
        const unsigned want = (unsigned)(bytes - done < IDX_CHUNK ? bytes - done : IDX_CHUNK);
        const int got = gzread(file->stream, (char *)data + done, want);
        if (got == 0) break;
        if (got < 0) {
            int code = Z_OK;
            const char *words = gzerror(file->stream, &code);
            if (code == Z_BUF_ERROR) break;          /* the compressed data end early: told as truncated */
            const char *colon = strstr(words, ": "); /* zlib puts a name of its own before it */
            (void)!cnn_fail(err, CNN_IO, "%s is damaged: %s", file->path, colon ? colon + 2 : words);
            cnn_error_fix(err, "fetch the file again");
            return -1;
        }
        done += got;
    }
    return done;
}

static cnn_status idx_truncated(const idx_file *file, int64_t got, cnn_error *err) {
    char text[CNN_SHAPE_TEXT];
    const cnn_status status =
        cnn_fail(err, CNN_IO,
                 "%s is truncated: its header announces %s, %lld bytes of data; "
                 "there are %lld",
                 file->path, cnn_shape_print(&file->shape, text), (long long)file->numel, (long long)got);
    cnn_error_fix(err, "fetch the file again");
    return status;
}

static cnn_status idx_impossible(const idx_file *file, cnn_error *err) {
    char text[CNN_SHAPE_TEXT];
    return cnn_fail(err, CNN_IO,
                    "%s: its header announces %s, %lld bytes of data; no gzipped file of %lld bytes holds "
                    "so much",
                    file->path, cnn_shape_print(&file->shape, text), (long long)file->numel,
                    (long long)file->file_bytes);
}

static cnn_status idx_too_long(const idx_file *file, cnn_error *err) {
    char text[CNN_SHAPE_TEXT];
    return cnn_fail(err, CNN_IO, "%s is longer than its header says: %s, %lld bytes of data", file->path,
                    cnn_shape_print(&file->shape, text), (long long)file->numel);
}

static cnn_status idx_sizes(idx_file *file, int ndim, cnn_error *err) {
    unsigned char raw[4 * CNN_MAX_DIMS] = {0};
    const int64_t got = idx_read(file, raw, 4 * ndim, err);
    if (got < 0) return err->status;
    if (got < 4 * ndim) return cnn_fail(err, CNN_IO, "%s is truncated: it ends inside its header", file->path);
    file->shape.ndim = ndim;
    for (int i = 0; i < ndim; i++) {
        const unsigned char *b = raw + 4 * i;
        file->shape.size[i] = (int64_t)b[0] << 24 | (int64_t)b[1] << 16 | (int64_t)b[2] << 8 | b[3];
    }
    if (cnn_shape_check(&file->shape, err) != CNN_OK)
        return cnn_fail(err, CNN_IO, "%s: its header announces more elements than any memory holds", file->path);
    file->numel = cnn_shape_numel(&file->shape);
    return CNN_OK;
}

/* What came instead of an IDX file, as far as its first bytes tell. */
static cnn_status idx_foreign(const idx_file *file, const unsigned char *magic, cnn_error *err) {
    const char *is = magic[0] == '<'                      ? " (a web page: the server had no such file)"
                     : memcmp(magic, "\x89PNG", 4) == 0   ? " (a PNG picture)"
                     : memcmp(magic, "PK\3\4", 4) == 0    ? " (a zip archive: unpack it first)"
                     : magic[0] >= ' ' && magic[0] <= '~' ? " (text)"
                                                          : "";
    cnn_status status = cnn_fail(err, CNN_IO,
                                 "%s is no IDX file: it begins with the bytes %02x %02x %02x %02x%s, images or labels "
                                 "with 00 00 08",
                                 file->path, magic[0], magic[1], magic[2], magic[3], is);
    if (magic[0] == '<') cnn_error_fix(err, "fetch the file again");
    return status;
}

static cnn_status idx_header(idx_file *file, cnn_error *err) {
    unsigned char magic[4];
    const int64_t got = idx_read(file, magic, 4, err);
    if (got < 0) return err->status;
    if (got < 4) return cnn_fail(err, CNN_IO, "%s has %lld bytes: too few for an IDX file", file->path, (long long)got);
    if (magic[0] != 0 || magic[1] != 0 || magic[2] < 8 || magic[2] > 14) return idx_foreign(file, magic, err);
    if (magic[2] != 8)
        return cnn_fail(err, CNN_IO, "%s is an IDX file of type %02x: only unsigned bytes (08) are read", file->path,
                        magic[2]);
    if (magic[3] < 1 || magic[3] > CNN_MAX_DIMS)
        return cnn_fail(err, CNN_IO, "%s announces %d dimensions: 1 to %d are read", file->path, magic[3],
                        CNN_MAX_DIMS);
    return idx_sizes(file, magic[3], err);
}

/* Straight into the tensor: the size of the file has vouched for the header. */
static cnn_status idx_data_plain(idx_file *file, cnn_tensor **out, cnn_error *err) {
    const int64_t there = file->file_bytes - 4 - 4 * file->shape.ndim;
    if (there < file->numel) return idx_truncated(file, there, err);
    if (there > file->numel) return idx_too_long(file, err);
    cnn_tensor *x = NULL;
    cnn_status status = cnn_tensor_empty(CNN_U8, &file->shape, &x, err);
    if (status != CNN_OK) return status;
    const int64_t got = idx_read(file, cnn_tensor_data(x), file->numel, err);
    if (got == file->numel) {
        *out = x;
        return CNN_OK;
    }
    status = got < 0 ? err->status : idx_truncated(file, got, err);
    cnn_tensor_release(&x);
    return status;
}

/* All data into *buffer, which the caller frees, doubled as long as they come. */
static cnn_status idx_grow(idx_file *file, char **buffer, cnn_error *err) {
    int64_t done = 0, capacity = 0;
    while (done < file->numel) {
        if (file->numel / DEFLATE_RATIO > file->file_bytes) return idx_impossible(file, err);
        capacity = capacity == 0 ? IDX_CHUNK : 2 * capacity;
        if (capacity > file->numel) capacity = file->numel;
        char *larger = realloc(*buffer, (size_t)capacity);
        if (!larger) return cnn_fail(err, CNN_NO_MEMORY, "no memory left to read %s", file->path);
        *buffer = larger;
        const int64_t got = idx_read(file, larger + done, capacity - done, err);
        if (got < 0) return err->status;
        done += got;
        if (done < capacity) return idx_truncated(file, done, err);
    }
    char more;
    const int64_t got = idx_read(file, &more, 1, err); /* also makes zlib check its checksum */
    if (got != 0) return got < 0 ? err->status : idx_too_long(file, err);
    int code = Z_OK;
    gzerror(file->stream, &code);
    if (code != Z_BUF_ERROR) return CNN_OK;
    return cnn_fail(err, CNN_IO, "%s is truncated: the checksum at its end is missing", file->path);
}

static cnn_status idx_data_gzipped(idx_file *file, cnn_tensor **out, cnn_error *err) {
    char *buffer = NULL;
    cnn_tensor *x = NULL;
    cnn_status status = idx_grow(file, &buffer, err);
    if (status == CNN_OK) status = cnn_tensor_empty(CNN_U8, &file->shape, &x, err);
    if (status == CNN_OK) {
        if (buffer) memcpy(cnn_tensor_data(x), buffer, (size_t)file->numel);
        *out = x;
    }
    free(buffer);
    return status;
}

cnn_status cnn_idx_load(const char *path, cnn_tensor **out, cnn_error *err) {
    idx_file file = {.path = path};
    int fd = -1;
    cnn_status status = cnn_file_open(path, &fd, &file.file_bytes, err);
    if (status != CNN_OK) return status;
    file.stream = gzdopen(fd, "rb");
    if (!file.stream) {
        close(fd);
        return cnn_fail(err, CNN_NO_MEMORY, "no memory left to read %s", path);
    }
    gzbuffer(file.stream, 1 << 17);
    status = idx_header(&file, err);
    if (status == CNN_OK)
        status = gzdirect(file.stream) ? idx_data_plain(&file, out, err) : idx_data_gzipped(&file, out, err);
    gzclose(file.stream);
    return status;
}
