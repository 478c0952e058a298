/* SPDX-License-Identifier: MIT
 * Rows of tensors and of pictures for column.h. */
#include "core/column.h"

#include "core/picture.h"
#include "core/tensor.h"

#include <stdlib.h>
#include <string.h>

/* ---- making ---- */

/* The pipeline for samples of a type, and how large they become. */
static cnn_status rows_pipeline(cnn_rows *rows, const cnn_sample_type *type, cnn_error *err) {
    const cnn_status status =
        cnn_pipeline_make(&rows->pipeline, type, rows->step, rows->steps, rows->channels_last, err);
    if (status != CNN_OK) return status;
    const cnn_sample_type *out = &rows->pipeline.out;
    if (out->shape.ndim >= CNN_MAX_DIMS)
        return cnn_fail(err, CNN_BAD_SHAPE, "a batch has one more dimension than a sample: at most %d", CNN_MAX_DIMS);
    rows->out_bytes = (size_t)cnn_shape_numel(&out->shape) * cnn_dtype_bytes(out->dtype);
    return CNN_OK;
}

static cnn_status rows_of_tensor(cnn_rows *rows, cnn_tensor *source, cnn_error *err) {
    const cnn_shape *shape = cnn_tensor_shape(source);
    if (shape->ndim < 1)
        return cnn_fail(err, CNN_BAD_SHAPE, "a data set's tensor needs a row per sample; got a scalar");
    cnn_sample_type type = {cnn_tensor_dtype(source), {.ndim = shape->ndim - 1}};
    memcpy(type.shape.size, shape->size + 1, (size_t)type.shape.ndim * sizeof *shape->size);
    cnn_status status = rows_pipeline(rows, &type, err);
    if (status != CNN_OK) return status;
    rows->rows = shape->size[0];
    rows->row_bytes = (size_t)cnn_shape_numel(&type.shape) * cnn_dtype_bytes(type.dtype);
    status = cnn_dense(source, &rows->source, err);
    if (status == CNN_OK) rows->row = cnn_tensor_data(rows->source);
    return status;
}

static cnn_status rows_of_files(cnn_rows *rows, const cnn_column *from, cnn_error *err) {
    size_t bytes = 0;
    for (int64_t i = 0; i < from->paths; i++) bytes += sizeof *rows->path + strlen(from->path[i]) + 1;
    rows->path = malloc(bytes + 1);
    if (!rows->path)
        return cnn_fail(err, CNN_NO_MEMORY, "no memory left for the paths of %lld pictures", (long long)from->paths);
    char *text = (char *)(rows->path + from->paths);
    for (int64_t i = 0; i < from->paths; i++) {
        const size_t length = strlen(from->path[i]) + 1;
        rows->path[i] = memcpy(text, from->path[i], length);
        text += length;
    }
    rows->rows = from->paths;
    return CNN_OK;
}

cnn_status cnn_rows_make(cnn_rows *rows, const cnn_column *from, bool channels_last, cnn_error *err) {
    if (from->steps < 0 || from->steps > CNN_MAX_STEPS)
        return cnn_fail(err, CNN_BAD_VALUE, "a column takes up to %d steps; got %d", CNN_MAX_STEPS, from->steps);
    rows->steps = from->steps;
    rows->channels_last = channels_last;
    memcpy(rows->step, from->step, (size_t)from->steps * sizeof *from->step);
    return from->source ? rows_of_tensor(rows, from->source, err) : rows_of_files(rows, from, err);
}

static cnn_sample_type type_of(const cnn_picture *picture) {
    return (cnn_sample_type){CNN_U8, {3, {picture->channels, picture->height, picture->width}}};
}

cnn_status cnn_rows_look(cnn_rows *rows, int64_t first, cnn_error *err) {
    cnn_picture picture = {0};
    if (!rows->path) return CNN_OK;
    cnn_status status = cnn_picture_read(rows->path[first], CNN_PICTURE_RGB, &picture, err);
    if (status != CNN_OK) return status;
    free(picture.pixel);
    const cnn_sample_type type = type_of(&picture);
    return rows_pipeline(rows, &type, err);
}

void cnn_rows_free(cnn_rows *rows) {
    cnn_pipeline_free(&rows->pipeline);
    cnn_tensor_release(&rows->source);
    free(rows->path);
    rows->path = NULL;
}

/* ---- running ---- */

static cnn_status check_same(const cnn_rows *rows, const char *path, const cnn_sample_type *out, cnn_error *err) {
    char one[CNN_SHAPE_TEXT], other[CNN_SHAPE_TEXT];
    const cnn_sample_type *first = &rows->pipeline.out;
    if (out->dtype == first->dtype && cnn_shape_equal(&out->shape, &first->shape)) return CNN_OK;
    cnn_fail(err, CNN_BAD_SHAPE, "the pictures of a batch need one size; %.300s becomes %s, the first of the epoch %s",
             path, cnn_shape_print(&out->shape, one), cnn_shape_print(&first->shape, other));
    cnn_error_fix(err, "transforms.Resize { { height, width } } among the transforms, or a crop");
    return CNN_BAD_SHAPE;
}

/* A picture of another size than the first one: its steps are made ready for it alone. */
static cnn_status run_other(const cnn_rows *rows, const char *path, const cnn_picture *picture, void *out,
                            cnn_chance *chance, cnn_error *err) {
    const cnn_sample_type type = type_of(picture);
    char *scratch = NULL;
    cnn_pipeline *p = calloc(1, sizeof *p);
    if (!p) return cnn_fail(err, CNN_NO_MEMORY, "no memory left for a picture");
    cnn_status status = cnn_pipeline_make(p, &type, rows->step, rows->steps, rows->channels_last, err);
    if (status == CNN_OK) status = check_same(rows, path, &p->out, err);
    if (status == CNN_OK && !(scratch = cnn_pipeline_scratch(p->scratch_bytes)))
        status = cnn_fail(err, CNN_NO_MEMORY, "no memory left for a picture");
    if (status == CNN_OK) status = cnn_pipeline_run(p, picture->pixel, NULL, out, scratch, chance, err);
    free(scratch);
    cnn_pipeline_free(p);
    free(p);
    return status;
}

static cnn_status run_picture(const cnn_rows *rows, const char *path, void *out, char *scratch, cnn_chance *chance,
                              cnn_error *err) {
    cnn_picture picture = {0};
    cnn_status status = cnn_picture_read(path, CNN_PICTURE_RGB, &picture, err);
    if (status != CNN_OK) return status;
    const cnn_sample_type type = type_of(&picture);
    if (cnn_shape_equal(&type.shape, &rows->pipeline.in.shape))
        status = cnn_pipeline_run(&rows->pipeline, picture.pixel, NULL, out, scratch, chance, err);
    else
        status = run_other(rows, path, &picture, out, chance, err);
    free(picture.pixel);
    return status;
}

cnn_status cnn_rows_run(const cnn_rows *rows, int64_t row, int64_t next, void *out, char *scratch, cnn_chance *chance,
                        cnn_error *err) {
    if (rows->out_bytes == 0) return CNN_OK; /* samples without elements */
    if (rows->path) return run_picture(rows, rows->path[row], out, scratch, chance, err);
    return cnn_pipeline_run(&rows->pipeline, rows->row + (size_t)row * rows->row_bytes,
                            next < 0 ? NULL : rows->row + (size_t)next * rows->row_bytes, out, scratch, chance, err);
}
