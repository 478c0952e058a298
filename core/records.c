/* SPDX-License-Identifier: MIT
 * The reader of records.h. The sizes of all files are looked at first; then images and labels go straight into their
 * tensors, some records at a time. */
#include "core/records.h"

#include "core/file.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RECORDS_CHUNK ((int64_t)1 << 20) /* bytes read at once */

static int64_t records_bytes(const cnn_records *format) {
    return format->labels + cnn_shape_numel(&format->image);
}

static cnn_status records_count(const char *path, const cnn_records *format, int64_t *count, cnn_error *err) {
    int fd = -1;
    int64_t bytes = 0;
    char text[CNN_SHAPE_TEXT];
    const int64_t record = records_bytes(format);
    const cnn_status status = cnn_file_open(path, &fd, &bytes, err);
    if (status != CNN_OK) return status;
    close(fd);
    *count = bytes / record;
    if (bytes > 0 && bytes % record == 0) return CNN_OK;
    const cnn_status failed =
        cnn_fail(err, CNN_IO, "%s has %lld bytes: no whole number of records of %lld (%d of labels, an image %s)", path,
                 (long long)bytes, (long long)record, format->labels, cnn_shape_print(&format->image, text));
    cnn_error_fix(err, "fetch or unpack the file again");
    return failed;
}

/* Takes one record apart. */
static cnn_status records_split(const unsigned char *record, const cnn_records *format, unsigned char *image,
                                int64_t *label, const char *path, int64_t number, cnn_error *err) {
    for (int i = 0; i < format->labels; i++) {
        if (record[i] >= format->classes[i])
            return cnn_fail(err, CNN_IO, "%s: record %lld has the label %d; labels there are 0 to %d", path,
                            (long long)number + 1, record[i], format->classes[i] - 1);
        label[i] = record[i] + 1; /* counted from 1, as everything that users see */
    }
    memcpy(image, record + format->labels, (size_t)cnn_shape_numel(&format->image));
    return CNN_OK;
}

static cnn_status records_read(const char *path, int64_t count, const cnn_records *format, unsigned char *buffer,
                               unsigned char *images, int64_t *labels, cnn_error *err) {
    const int64_t record = records_bytes(format), image = cnn_shape_numel(&format->image);
    const int64_t most = RECORDS_CHUNK / record > 0 ? RECORDS_CHUNK / record : 1;
    int fd = -1;
    int64_t bytes = 0;
    cnn_status status = cnn_file_open(path, &fd, &bytes, err);
    if (status != CNN_OK) return status;
    for (int64_t done = 0; status == CNN_OK && done < count;) {
        const int64_t part = count - done < most ? count - done : most;
        status = cnn_file_read_at(fd, path, done * record, buffer, (size_t)(part * record), err);
        for (int64_t i = 0; status == CNN_OK && i < part; i++, done++)
            status = records_split(buffer + i * record, format, images + done * image, labels + done * format->labels,
                                   path, done, err);
    }
    close(fd);
    return status;
}

static cnn_status records_make(int64_t rows, const cnn_records *format, cnn_tensor **images, cnn_tensor **labels,
                               cnn_error *err) {
    cnn_shape shape = {.ndim = format->image.ndim + 1, .size = {rows}};
    const cnn_shape label_shape = {.ndim = 2, .size = {rows, format->labels}};
    memcpy(shape.size + 1, format->image.size, (size_t)format->image.ndim * sizeof *shape.size);
    cnn_status status = cnn_shape_check(&shape, err);
    if (status == CNN_OK) status = cnn_tensor_empty(CNN_U8, &shape, images, err);
    if (status == CNN_OK) status = cnn_tensor_empty(CNN_I64, &label_shape, labels, err);
    return status;
}

cnn_status cnn_records_load(const char *const *paths, int count, const cnn_records *format, cnn_tensor **images,
                            cnn_tensor **labels, cnn_error *err) {
    const int64_t image = cnn_shape_numel(&format->image), record = records_bytes(format);
    cnn_tensor *image_rows = NULL, *label_rows = NULL;
    unsigned char *buffer = NULL;
    int64_t rows = 0, *counts = calloc((size_t)count + 1, sizeof *counts);
    cnn_status status = counts ? CNN_OK : cnn_fail(err, CNN_NO_MEMORY, "no memory left to read %d files", count);
    for (int i = 0; status == CNN_OK && i < count; i++) {
        status = records_count(paths[i], format, &counts[i], err);
        rows += counts[i];
    }
    if (status == CNN_OK) status = records_make(rows, format, &image_rows, &label_rows, err);
    if (status == CNN_OK) buffer = malloc((size_t)(record > RECORDS_CHUNK ? record : RECORDS_CHUNK));
    if (status == CNN_OK && !buffer) status = cnn_fail(err, CNN_NO_MEMORY, "no memory left to read %s", paths[0]);
    int64_t done = 0;
    for (int i = 0; status == CNN_OK && i < count; done += counts[i++])
        status = records_read(paths[i], counts[i], format, buffer,
                              (unsigned char *)cnn_tensor_data(image_rows) + done * image,
                              (int64_t *)cnn_tensor_data(label_rows) + done * format->labels, err);
    free(buffer);
    free(counts);
    if (status == CNN_OK) {
        *images = image_rows;
        *labels = label_rows;
        return CNN_OK;
    }
    cnn_tensor_release(&image_rows);
    cnn_tensor_release(&label_rows);
    return status;
}
