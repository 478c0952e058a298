/* SPDX-License-Identifier: MIT
 * Tensors: strided views of storages. Making them, letting go of them, looking at single elements. */
#include "core/tensor.h"
#include "core/autograd.h"
#include "core/functions.h"
#include "core/hollow.h"
#include "core/hook.h"
#include "core/waiting.h"
#include "kernels/bf16.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- making ---- */

cnn_status cnn_tensor_over(cnn_storage *storage, cnn_dtype dtype, const cnn_shape *shape, const int64_t *stride,
                           int64_t offset, cnn_tensor **out, cnn_error *err) {
    cnn_tensor *x = malloc(sizeof *x);
    if (!x) return cnn_fail(err, CNN_NO_MEMORY, "no memory for a tensor's bookkeeping");
    *x = (cnn_tensor){.refs = 1, .dtype = dtype, .shape = *shape, .offset = offset, .rewrites = storage->rewrites};
    x->storage = cnn_storage_retain(storage);
    if (shape->ndim > 0) memcpy(x->stride, stride, (size_t)shape->ndim * sizeof *stride);
    *out = x;
    return CNN_OK;
}

/* Puts the tensor that there is no room for before what the allocator says. */
static cnn_status name_tensor(cnn_status status, cnn_dtype dtype, const cnn_shape *shape, cnn_error *err) {
    char text[CNN_SHAPE_TEXT], rest[sizeof err->text];
    if (status != CNN_NO_MEMORY) return status;
    memcpy(rest, err->text, sizeof rest);
    snprintf(err->text, sizeof err->text, "for a tensor %s of %s: %.400s", cnn_shape_print(shape, text),
             cnn_dtype_name(dtype), rest);
    return status;
}

cnn_status cnn_tensor_empty_strided(cnn_dtype dtype, const cnn_shape *shape, const int64_t *stride, cnn_tensor **out,
                                    cnn_error *err) {
    cnn_storage *storage = NULL;
    cnn_status status = cnn_shape_check(shape, err);
    if (status == CNN_OK)
        status = name_tensor(cnn_storage_new((size_t)cnn_shape_numel(shape) * cnn_dtype_bytes(dtype), &storage, err),
                             dtype, shape, err);
    if (status == CNN_OK) status = cnn_tensor_over(storage, dtype, shape, stride, 0, out, err);
    cnn_storage_release(&storage);
    return status;
}

cnn_status cnn_tensor_empty(cnn_dtype dtype, const cnn_shape *shape, cnn_tensor **out, cnn_error *err) {
    int64_t stride[CNN_MAX_DIMS];
    cnn_status status = cnn_shape_check(shape, err);
    if (status != CNN_OK) return status;
    cnn_strides_dense(shape, stride);
    return cnn_tensor_empty_strided(dtype, shape, stride, out, err);
}

cnn_status cnn_tensor_full(cnn_dtype dtype, const cnn_shape *shape, double value, cnn_tensor **out, cnn_error *err) {
    cnn_tensor *x = NULL;
    cnn_status status = cnn_tensor_empty(dtype, shape, &x, err);
    if (status == CNN_OK) status = cnn_fill(x, value, err);
    if (status == CNN_OK)
        *out = x;
    else
        cnn_tensor_release(&x);
    return status;
}

cnn_status cnn_tensor_detach(cnn_tensor *x, cnn_tensor **out, cnn_error *err) {
    cnn_status status = cnn_tensor_over(x->storage, x->dtype, &x->shape, x->stride, x->offset, out, err);
    if (status != CNN_OK) return status;
    (*out)->is_view = true;
    (*out)->is_number = x->is_number;
    (*out)->was = x->was;
    (*out)->rewrites = UINT64_MAX;
    return CNN_OK;
}

cnn_tensor *cnn_tensor_retain(cnn_tensor *x) {
    x->refs++;
    return x;
}

void cnn_tensor_release(cnn_tensor **slot) {
    cnn_tensor *x = *slot;
    *slot = NULL;
    if (!x || --x->refs > 0) return;
    cnn_storage_release(&x->storage);
    cnn_tensor_release(&x->grad);
    cnn_hooks_release(&x->hooks);
    cnn_tensor_leave_node(x);
    free(x);
}

/* ---- looking ---- */

cnn_dtype cnn_tensor_dtype(const cnn_tensor *x) {
    return x->dtype;
}

const cnn_shape *cnn_tensor_shape(const cnn_tensor *x) {
    return &x->shape;
}

int64_t cnn_tensor_numel(const cnn_tensor *x) {
    return cnn_shape_numel(&x->shape);
}

int64_t cnn_tensor_stride(const cnn_tensor *x, int dim) {
    return x->stride[dim];
}

/* Strides of dimensions of size 1 do not matter, nor do any when there is at most one element. */
static bool has_strides(const cnn_tensor *x, const int64_t *stride) {
    if (cnn_tensor_numel(x) <= 1) return true;
    for (int i = 0; i < x->shape.ndim; i++)
        if (x->shape.size[i] != 1 && x->stride[i] != stride[i]) return false;
    return true;
}

bool cnn_tensor_is_contiguous(const cnn_tensor *x) {
    int64_t stride[CNN_MAX_DIMS];
    cnn_strides_dense(&x->shape, stride);
    return has_strides(x, stride);
}

bool cnn_tensor_is_channels_last(const cnn_tensor *x) {
    int64_t stride[CNN_MAX_DIMS];
    if (x->shape.ndim != 4) return false;
    cnn_strides_channels_last(&x->shape, stride);
    return has_strides(x, stride);
}

void *cnn_tensor_data(const cnn_tensor *x) {
    if (x->storage->hollow) return NULL;
    if (x->storage->waiting) cnn_wait_run(x->storage);
    return (char *)x->storage->data + (size_t)x->offset * cnn_dtype_bytes(x->dtype);
}

void cnn_tensor_touch(cnn_tensor *x) {
    if (x->storage->readers) cnn_wait_over_readers(x->storage);
    if (x->storage->waiting && x->storage->waiting->flat) cnn_wait_before_write(x->storage);
    cnn_storage_release(&x->storage->moments);
    cnn_norm_sums_release(&x->storage->sums);
    x->storage->version++;
    x->storage->writer = NULL;
    free(x->storage->written_at);
    x->storage->written_at = NULL;
}

uint64_t cnn_tensor_version(const cnn_tensor *x) {
    return x->storage->version;
}

bool cnn_tensor_shares_storage(const cnn_tensor *a, const cnn_tensor *b) {
    return a->storage == b->storage;
}

const void *cnn_tensor_storage(const cnn_tensor *x, size_t *bytes) {
    *bytes = x->storage->hollow ? 0 : x->storage->bytes;
    return x->storage;
}

/* ---- single elements ---- */

static const void *element(const cnn_tensor *x, int64_t position) {
    int64_t at = 0;
    for (int i = x->shape.ndim - 1; i >= 0; i--) {
        at += position % x->shape.size[i] * x->stride[i];
        position /= x->shape.size[i];
    }
    return (const char *)cnn_tensor_data(x) + at * (int64_t)cnn_dtype_bytes(x->dtype);
}

double cnn_tensor_get(const cnn_tensor *x, int64_t position) {
    const void *at = element(x, position);
    switch (x->dtype) {
    case CNN_F32:
        return *(const float *)at;
    case CNN_F64:
        return *(const double *)at;
    case CNN_BF16:
        return cnn_bf16_widen(*(const uint16_t *)at);
    case CNN_I64:
        return (double)*(const int64_t *)at;
    default:
        return *(const uint8_t *)at;
    }
}

int64_t cnn_tensor_get_integer(const cnn_tensor *x, int64_t position) {
    return x->dtype == CNN_I64 ? *(const int64_t *)element(x, position) : (int64_t)cnn_tensor_get(x, position);
}

/* ---- gradients' bookkeeping ---- */

bool cnn_tensor_requires_grad(const cnn_tensor *x) {
    return x->requires_grad;
}

bool cnn_tensor_is_leaf(const cnn_tensor *x) {
    return x->node == NULL;
}

const char *cnn_tensor_grad_fn(const cnn_tensor *x) {
    return x->node ? cnn_node_name(x->node) : NULL;
}

cnn_status cnn_tensor_requires_grad_set(cnn_tensor *x, bool requires_grad, cnn_error *err) {
    if (requires_grad && !cnn_dtype_is_real(x->dtype)) {
        cnn_fail(err, CNN_BAD_TYPE, "only real tensors have gradients; this one is %s", cnn_dtype_name(x->dtype));
        cnn_error_fix(err, "x:float():requires_grad_()");
        return CNN_BAD_TYPE;
    }
    if (x->node && !requires_grad) {
        cnn_fail(err, CNN_BAD_VALUE, "only leaves can be switched off: this tensor was computed by %s",
                 cnn_node_name(x->node));
        cnn_error_fix(err, "x:detach() gives the numbers outside the graph");
        return CNN_BAD_VALUE;
    }
    x->requires_grad = requires_grad;
    return CNN_OK;
}

cnn_status cnn_tensor_detach_inplace(cnn_tensor *x, cnn_error *err) {
    if (x->is_view && x->node) {
        cnn_fail(err, CNN_BAD_VALUE, "a view cannot leave the graph in place: what it views stays there");
        cnn_error_fix(err, "x:detach() gives the numbers outside the graph");
        return CNN_BAD_VALUE;
    }
    cnn_tensor_leave_node(x);
    x->retains_grad = false;
    x->requires_grad = false;
    return CNN_OK;
}

cnn_tensor *cnn_tensor_grad(const cnn_tensor *x) {
    return x->grad;
}

cnn_status cnn_tensor_grad_set(cnn_tensor *x, cnn_tensor *grad, cnn_error *err) {
    char wanted[CNN_SHAPE_TEXT], got[CNN_SHAPE_TEXT];
    if (cnn_need_numbers(grad, err) != CNN_OK) return CNN_BAD_VALUE;
    if (grad && !cnn_shape_equal(&x->shape, &grad->shape))
        return cnn_fail(err, CNN_BAD_SHAPE, "a gradient has its tensor's shape, %s; got %s",
                        cnn_shape_print(&x->shape, wanted), cnn_shape_print(&grad->shape, got));
    if (grad && grad->dtype != x->dtype)
        return cnn_fail(err, CNN_BAD_TYPE, "a gradient has its tensor's type, %s; got %s", cnn_dtype_name(x->dtype),
                        cnn_dtype_name(grad->dtype));
    if (grad == x) return cnn_fail(err, CNN_BAD_VALUE, "a tensor cannot be its own gradient");
    cnn_tensor *own = NULL;
    if (grad && !cnn_strides_are_dense(&grad->shape, grad->stride)) { /* an expanded one could not be added to */
        if (cnn_apply(&cnn_op_contiguous, NULL, &grad, &own, err) != CNN_OK) return err->status;
    } else if (grad) {
        own = cnn_tensor_retain(grad);
    }
    cnn_tensor_release(&x->grad);
    x->grad = own;
    return CNN_OK;
}

/* Graphs that have saved x must notice: the version goes on from the old memory's. */
cnn_status cnn_tensor_adopt(cnn_tensor *x, const cnn_tensor *source, cnn_error *err) {
    char is[CNN_SHAPE_TEXT], got[CNN_SHAPE_TEXT];
    if (x->node) return cnn_fail(err, CNN_BAD_VALUE, "only a leaf can take over another tensor's numbers");
    if (!cnn_shape_equal(&x->shape, &source->shape))
        return cnn_fail(err, CNN_BAD_SHAPE, "a tensor %s cannot take over the numbers of one that is %s",
                        cnn_shape_print(&x->shape, is), cnn_shape_print(&source->shape, got));
    if (x->requires_grad && !cnn_dtype_is_real(source->dtype))
        return cnn_fail(err, CNN_BAD_TYPE, "only real tensors have gradients; this one would be %s",
                        cnn_dtype_name(source->dtype));
    cnn_storage *old = x->storage;
    x->storage = cnn_storage_retain(source->storage);
    x->dtype = source->dtype;
    x->offset = source->offset;
    memcpy(x->stride, source->stride, sizeof x->stride);
    if (x->storage->version <= old->version) x->storage->version = old->version + 1;
    x->is_view = false;
    cnn_storage_release(&old);
    return CNN_OK;
}

bool cnn_tensor_is_parameter(const cnn_tensor *x) {
    return x->is_parameter;
}

void cnn_tensor_parameter_set(cnn_tensor *x, bool is_parameter) {
    x->is_parameter = is_parameter;
}
