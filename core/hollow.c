/* SPDX-License-Identifier: MIT
 * Hollow tensors: a type, a shape and a layout, but no numbers (PyTorch's device "meta").
 *
 * An op that reads a hollow tensor infers its results' shapes, raises its shape errors, and makes hollow results; its
 * forward function never runs. So a network can be followed from shape to shape without time, memory, random numbers or
 * moved statistics. What would read or write numbers is refused with a sentence. Work that was spared is counted here:
 * what it would have cost is what people ask about a network. */
#include "core/hollow.h"

#include <stdlib.h>

static cnn_work spared;

cnn_work cnn_work_spared(void) {
    return spared;
}

void cnn_work_count(const cnn_call *call, cnn_tensor *const *out) {
    const cnn_op *op = call->op;
    if (op->multiply_adds) spared.multiply_adds += op->multiply_adds(call, out[0]);
    for (int i = 0; i < op->outputs; i++)
        if (!out[i]->is_view) spared.bytes += (int64_t)out[i]->storage->bytes;
}

bool cnn_tensor_is_hollow(const cnn_tensor *x) {
    return x->storage->hollow;
}

bool cnn_any_hollow(const cnn_op *op, cnn_tensor *const *in) {
    for (int i = 0; i < op->inputs; i++)
        if (in[i] && in[i]->storage->hollow) return true;
    return false;
}

cnn_status cnn_need_numbers(const cnn_tensor *x, cnn_error *err) {
    char shape[CNN_SHAPE_TEXT];
    if (!x || !x->storage->hollow) return CNN_OK;
    cnn_fail(err, CNN_BAD_VALUE, "this tensor %s has a shape but no numbers: only shapes are being followed",
             cnn_shape_print(&x->shape, shape));
    return CNN_BAD_VALUE;
}

cnn_status cnn_storage_hollow(size_t bytes, cnn_storage **out, cnn_error *err) {
    cnn_storage *storage = malloc(sizeof *storage);
    if (!storage) return cnn_fail(err, CNN_NO_MEMORY, "no memory for a tensor's bookkeeping");
    *storage = (cnn_storage){.refs = 1, .bytes = bytes, .hollow = true};
    *out = storage;
    return CNN_OK;
}

cnn_status cnn_tensor_hollow_strided(cnn_dtype dtype, const cnn_shape *shape, const int64_t *stride, cnn_tensor **out,
                                     cnn_error *err) {
    cnn_storage *storage = NULL;
    cnn_status status = cnn_shape_check(shape, err);
    if (status == CNN_OK)
        status = cnn_storage_hollow((size_t)cnn_shape_numel(shape) * cnn_dtype_bytes(dtype), &storage, err);
    if (status == CNN_OK) status = cnn_tensor_over(storage, dtype, shape, stride, 0, out, err);
    cnn_storage_release(&storage);
    return status;
}

cnn_status cnn_tensor_hollow(cnn_dtype dtype, const cnn_shape *shape, cnn_tensor **out, cnn_error *err) {
    int64_t stride[CNN_MAX_DIMS];
    cnn_status status = cnn_shape_check(shape, err);
    if (status != CNN_OK) return status;
    cnn_strides_dense(shape, stride);
    return cnn_tensor_hollow_strided(dtype, shape, stride, out, err);
}
