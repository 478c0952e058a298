/* SPDX-License-Identifier: MIT
 * Sizes: checked arithmetic, broadcasting, strides, printing. No numbers of tensors are touched here.
 *
 * A shape that passed cnn_shape_check has a product that fits int64 even in bytes, so everything after it multiplies
 * without looking. */
#include "core/tensor.h"

#include <stdio.h>
#include <string.h>

const char *cnn_shape_print(const cnn_shape *shape, char *buffer) {
    size_t used = 0;
    buffer[used++] = '[';
    for (int i = 0; i < shape->ndim; i++)
        used +=
            (size_t)snprintf(buffer + used, CNN_SHAPE_TEXT - used, i ? ", %lld" : "%lld", (long long)shape->size[i]);
    snprintf(buffer + used, CNN_SHAPE_TEXT - used, "]");
    return buffer;
}

cnn_shape cnn_shape_make(int ndim, const int64_t *size) {
    cnn_shape shape = {.ndim = ndim};
    if (ndim > 0) memcpy(shape.size, size, (size_t)ndim * sizeof *size);
    return shape;
}

bool cnn_shape_equal(const cnn_shape *a, const cnn_shape *b) {
    if (a->ndim != b->ndim) return false;
    for (int i = 0; i < a->ndim; i++)
        if (a->size[i] != b->size[i]) return false;
    return true;
}

int64_t cnn_shape_numel(const cnn_shape *shape) {
    int64_t numel = 1;
    for (int i = 0; i < shape->ndim; i++) numel *= shape->size[i];
    return numel;
}

/* The product is taken over sizes of at least 1: [0, 2^40, 2^40] has no element, yet its strides would overflow. */
cnn_status cnn_shape_check(const cnn_shape *shape, cnn_error *err) {
    char text[CNN_SHAPE_TEXT];
    int64_t bytes = 8; /* of the widest type */
    if (shape->ndim < 0 || shape->ndim > CNN_MAX_DIMS)
        return cnn_fail(err, CNN_BAD_SHAPE, "a tensor has at most %d dimensions; got %d", CNN_MAX_DIMS, shape->ndim);
    for (int i = 0; i < shape->ndim; i++) {
        int64_t size = shape->size[i];
        if (size < 0)
            return cnn_fail(err, CNN_BAD_SHAPE, "sizes cannot be negative; got %s", cnn_shape_print(shape, text));
        if (__builtin_mul_overflow(bytes, size > 1 ? size : 1, &bytes))
            return cnn_fail(err, CNN_BAD_SHAPE, "%s has more elements than can be counted",
                            cnn_shape_print(shape, text));
    }
    return CNN_OK;
}

/* For two images [N, C, H, W] of one batch: the layer that brings one to the other's size, as shortcuts of residual
 * networks need it, or the padding that was forgotten. */
static void broadcast_fix(const cnn_shape *a, const cnn_shape *b, cnn_error *err) {
    if (a->ndim != 4 || b->ndim != 4 || a->size[0] != b->size[0]) return;
    const cnn_shape *from = a->size[2] > b->size[2] || (a->size[2] == b->size[2] && a->size[1] < b->size[1]) ? a : b;
    const cnn_shape *to = from == a ? b : a;
    long long channels = (long long)from->size[1], wanted = (long long)to->size[1];
    int64_t height = to->size[2], width = to->size[3], lost = from->size[2] - height;
    char text[CNN_SHAPE_TEXT];
    if (height < 1 || width < 1 || channels < 1 || wanted < 1) return;
    int64_t stride = from->size[2] / height;
    if (stride * height == from->size[2] && stride * width == from->size[3])
        cnn_error_fix(err, "nn.Conv2d{%lld, %lld, 1, stride=%lld} brings %s to the other's size", channels, wanted,
                      (long long)stride, cnn_shape_print(from, text));
    else if (lost > 0 && lost % 2 == 0 && lost <= 6 && from->size[3] - width == lost)
        cnn_error_fix(err, "padding=%lld in the convolution that makes %lld of %lld", (long long)lost / 2,
                      (long long)height, (long long)from->size[2]);
}

/* Which dimensions are in the way, counted from 1 in the longer shape: "dimension 2 is 16 in one and 32 in the other".
 */
static cnn_status broadcast_fail(const cnn_shape *a, const cnn_shape *b, cnn_error *err) {
    char ta[CNN_SHAPE_TEXT], tb[CNN_SHAPE_TEXT], where[CNN_SHAPE_TEXT] = "";
    int ndim = a->ndim > b->ndim ? a->ndim : b->ndim, found = 0;
    size_t used = 0;
    for (int i = ndim; i >= 1; i--) { /* i-th dimension from the end */
        if (i > a->ndim || i > b->ndim) continue;
        long long sa = (long long)a->size[a->ndim - i], sb = (long long)b->size[b->ndim - i];
        if (sa == sb || sa == 1 || sb == 1 || used >= sizeof where) continue;
        int added = snprintf(where + used, sizeof where - used,
                             found++ == 0 ? "dimension %d is %lld in one and %lld in the other"
                                          : ", dimension %d is %lld and %lld",
                             ndim - i + 1, sa, sb);
        used += (size_t)added;
    }
    cnn_fail(err, CNN_BAD_SHAPE, "%s and %s do not broadcast: %s (sizes must be equal, or one of them 1)",
             cnn_shape_print(a, ta), cnn_shape_print(b, tb), where);
    broadcast_fix(a, b, err);
    return CNN_BAD_SHAPE;
}

cnn_status cnn_shape_broadcast(const cnn_shape *a, const cnn_shape *b, cnn_shape *out, cnn_error *err) {
    cnn_shape result = {.ndim = a->ndim > b->ndim ? a->ndim : b->ndim};
    for (int i = 1; i <= result.ndim; i++) { /* i-th dimension from the end */
        int64_t sa = i <= a->ndim ? a->size[a->ndim - i] : 1;
        int64_t sb = i <= b->ndim ? b->size[b->ndim - i] : 1;
        if (sa != sb && sa != 1 && sb != 1) return broadcast_fail(a, b, err);
        result.size[result.ndim - i] = sa == 1 ? sb : sa;
    }
    *out = result;
    return cnn_shape_check(&result, err);
}

void cnn_strides_dense(const cnn_shape *shape, int64_t *stride) {
    int64_t step = 1;
    for (int i = shape->ndim - 1; i >= 0; i--) {
        stride[i] = step;
        step *= shape->size[i] > 1 ? shape->size[i] : 1;
    }
}

void cnn_strides_channels_last(const cnn_shape *shape, int64_t *stride) {
    static const int order[] = {1, 3, 2, 0}; /* innermost first: C, W, H, N */
    int64_t step = 1;
    for (int i = 0; i < 4; i++) {
        stride[order[i]] = step;
        step *= shape->size[order[i]] > 1 ? shape->size[order[i]] : 1;
    }
}

/* Dense in some order: sorted by stride, each stride is the product of the sizes below it. */
bool cnn_strides_are_dense(const cnn_shape *shape, const int64_t *stride) {
    bool used[CNN_MAX_DIMS] = {false};
    int64_t step = 1;
    int left = 0;
    if (cnn_shape_numel(shape) <= 1) return true;
    for (int i = 0; i < shape->ndim; i++) {
        used[i] = shape->size[i] == 1; /* its stride does not matter */
        left += !used[i];
    }
    while (left > 0) {
        int next = -1;
        for (int i = 0; i < shape->ndim && next < 0; i++)
            if (!used[i] && stride[i] == step) next = i;
        if (next < 0) return false;
        used[next] = true;
        step *= shape->size[next];
        left--;
    }
    return true;
}
