/* SPDX-License-Identifier: MIT
 * Small random tensors in every layout, for the tests of ops. What cannot fail in a test ends it with the message. */
#ifndef TESTS_C_TENSORS_H
#define TESTS_C_TENSORS_H

#include "core/functions.h"
#include "core/op.h"
#include "tests/c/check.h"

#include <stdlib.h>

/* Ends the test where something fails that must not. */
static inline void must(cnn_status status, const cnn_error *err) {
    if (status == CNN_OK) return;
    printf("FAIL %s in %s: %s\n", cnn_status_name(status), err->op, err->text);
    exit(1);
}

static uint64_t random_state = 88172645463325252u;

/* Uniform in [low, high). */
static inline double random_real(double low, double high) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return low + (high - low) * (double)(random_state >> 11) * 0x1p-53;
}

#define SHAPE(...) shape_of((int)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)), (int64_t[]){__VA_ARGS__})
static inline cnn_shape shape_of(int ndim, const int64_t *size) {
    return cnn_shape_make(ndim, size);
}

typedef enum layout {
    DENSE,         /* row-major                                          */
    BACKWARDS,     /* dense, with the first dimension innermost          */
    CHANNELS_LAST, /* dense as [N, H, W, C]; row-major if not 4-d        */
    GAPS,          /* row-major with every second place left out, at 3   */
    LAYOUTS
} layout;

static inline void layout_strides(const cnn_shape *shape, layout kind, int64_t *stride) {
    if (kind == CHANNELS_LAST && shape->ndim == 4) {
        cnn_strides_channels_last(shape, stride);
        return;
    }
    cnn_strides_dense(shape, stride);
    if (kind == BACKWARDS) {
        int64_t step = 1;
        for (int i = 0; i < shape->ndim; i++) {
            stride[i] = step;
            step *= shape->size[i];
        }
    }
    if (kind == GAPS)
        for (int i = 0; i < shape->ndim; i++) stride[i] *= 2;
}

/* The places of an element, by its row-major position. */
static inline int64_t place_of(const cnn_tensor *x, int64_t position) {
    int64_t at = 0;
    for (int i = x->shape.ndim - 1; i >= 0; i--) {
        at += position % x->shape.size[i] * x->stride[i];
        position /= x->shape.size[i];
    }
    return at;
}

static inline void put(cnn_tensor *x, int64_t position, double value) {
    void *data = cnn_tensor_data(x);
    int64_t at = place_of(x, position);
    if (x->dtype == CNN_F32) ((float *)data)[at] = (float)value;
    if (x->dtype == CNN_F64) ((double *)data)[at] = value;
    if (x->dtype == CNN_I64) ((int64_t *)data)[at] = (int64_t)value;
    if (x->dtype == CNN_U8 || x->dtype == CNN_BOOL) ((uint8_t *)data)[at] = (uint8_t)value;
}

static inline cnn_tensor *tensor(cnn_dtype dtype, cnn_shape shape, layout kind) {
    int64_t stride[CNN_MAX_DIMS];
    cnn_storage *storage = NULL;
    cnn_tensor *x = NULL;
    cnn_error err;
    layout_strides(&shape, kind, stride);
    must(cnn_storage_new((2 * (size_t)cnn_shape_numel(&shape) + 4) * cnn_dtype_bytes(dtype), &storage, &err), &err);
    memset(storage->data, 0, storage->bytes);
    must(cnn_tensor_over(storage, dtype, &shape, stride, kind == GAPS ? 3 : 0, &x, &err), &err);
    cnn_storage_release(&storage);
    return x;
}

static inline cnn_tensor *random_tensor(cnn_dtype dtype, cnn_shape shape, layout kind, double low, double high) {
    cnn_tensor *x = tensor(dtype, shape, kind);
    for (int64_t i = 0, n = cnn_tensor_numel(x); i < n; i++) put(x, i, random_real(low, high));
    return x;
}

static inline cnn_tensor *number(cnn_dtype dtype, double value) {
    cnn_tensor *x = tensor(dtype, (cnn_shape){0}, DENSE);
    put(x, 0, value);
    return x;
}

/* Runs an op that must work; its first result, the hidden ones are let go. */
static inline cnn_tensor *apply(const cnn_op *op, const void *params, cnn_tensor *const *in) {
    cnn_tensor *out[CNN_MAX_OUTPUTS] = {NULL};
    cnn_error err;
    must(cnn_apply(op, params, in, out, &err), &err);
    for (int i = 1; i < op->outputs; i++) cnn_tensor_release(&out[i]);
    return out[0];
}

static inline cnn_tensor *apply1(const cnn_op *op, const void *params, cnn_tensor *x) {
    return apply(op, params, &x);
}

static inline cnn_tensor *apply2(const cnn_op *op, cnn_tensor *a, cnn_tensor *b) {
    cnn_tensor *in[2] = {a, b};
    return apply(op, NULL, in);
}

/* Frees and returns, to end an expression with. */
static inline void drop(cnn_tensor *x) {
    cnn_tensor_release(&x);
}

#endif
