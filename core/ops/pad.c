/* SPDX-License-Identifier: MIT
 * pad: a frame of one value around the last dimensions; a negative width cuts off instead.
 *
 * The frame is filled with the value and the part of x that is inside is copied; images that lie channels-last stay so.
 * Padding and cutting are each other's gradients: the widths with the opposite sign, and zeros. */
#include "core/narrow.h"
#include "core/ops/params.h"
#include "core/ops/support.h"

static const cnn_field pad_fields[] = {CNN_FIELD(pad_params, SIZES, pad), CNN_FIELD(pad_params, REAL, value), {0}};

/* Width before (after) dimension `dim`; 0 where the list does not reach. */
static int64_t pad_before(const pad_params *params, int ndim, int dim) {
    int at = 2 * (ndim - 1 - dim);
    return at < params->pad.ndim ? params->pad.size[at] : 0;
}

static int64_t pad_after(const pad_params *params, int ndim, int dim) {
    int at = 2 * (ndim - 1 - dim) + 1;
    return at < params->pad.ndim ? params->pad.size[at] : 0;
}

static cnn_status pad_shape(const cnn_tensor *x, const pad_params *params, cnn_shape *shape, cnn_error *err) {
    char got[CNN_SHAPE_TEXT], list[CNN_SHAPE_TEXT];
    int ndim = x->shape.ndim;
    *shape = x->shape;
    for (int i = 0; i < ndim; i++) {
        int64_t before = pad_before(params, ndim, i), after = pad_after(params, ndim, i);
        bool overflow = __builtin_add_overflow(shape->size[i], before, &shape->size[i]) ||
                        __builtin_add_overflow(shape->size[i], after, &shape->size[i]);
        bool cuts_all = before < -x->shape.size[i] || after < -x->shape.size[i];
        if (!overflow && !cuts_all && shape->size[i] >= 0) continue;
        return cnn_fail(err, CNN_BAD_SHAPE, "padding %s leaves nothing of dimension %d of %s",
                        cnn_shape_print(&params->pad, list), i + 1, cnn_shape_print(&x->shape, got));
    }
    return cnn_shape_check(shape, err);
}

static cnn_status pad_infer(const cnn_call *call, cnn_spec *out, cnn_error *err) {
    const pad_params *params = call->params;
    const cnn_tensor *x = call->in[0];
    cnn_shape shape;
    char got[CNN_SHAPE_TEXT], list[CNN_SHAPE_TEXT];
    if (params->pad.ndim % 2 != 0 || params->pad.ndim > 2 * x->shape.ndim) {
        cnn_fail(
            err, CNN_BAD_VALUE,
            "pad needs pairs (before, after), the last dimension first, for at most the %d dimension%s of %s; got %s",
            x->shape.ndim, x->shape.ndim == 1 ? "" : "s", cnn_shape_print(&x->shape, got),
            cnn_shape_print(&params->pad, list));
        cnn_error_fix(err, "F.pad(x, {left, right, top, bottom})");
        return CNN_BAD_VALUE;
    }
    cnn_status status = pad_shape(x, params, &shape, err);
    if (status != CNN_OK) return status;
    if (cnn_tensor_is_channels_last(x) && !cnn_tensor_is_contiguous(x)) {
        cnn_spec_channels_last(out, x->dtype, &shape);
    } else {
        cnn_spec_dense(out, x->dtype, &shape);
    }
    return CNN_OK;
}

/* The part of x and the part of out that hold the same elements. */
static cnn_status pad_parts(const pad_params *params, cnn_tensor *x, cnn_tensor *out, cnn_tensor **from,
                            cnn_tensor **to, cnn_error *err) {
    cnn_shape shape = x->shape;
    int64_t from_offset = x->offset, to_offset = out->offset;
    for (int i = 0; i < shape.ndim; i++) {
        int64_t before = pad_before(params, shape.ndim, i), after = pad_after(params, shape.ndim, i);
        if (before < 0) from_offset -= before * x->stride[i];
        if (before > 0) to_offset += before * out->stride[i];
        shape.size[i] += (before < 0 ? before : 0) + (after < 0 ? after : 0);
    }
    cnn_status status = cnn_tensor_over(x->storage, x->dtype, &shape, x->stride, from_offset, from, err);
    if (status == CNN_OK) status = cnn_tensor_over(out->storage, out->dtype, &shape, out->stride, to_offset, to, err);
    return status;
}

static cnn_status fill_part(const cnn_call *call, const cnn_tensor *out, const cnn_shape *shape, int64_t offset,
                            double value, cnn_error *err) {
    cnn_tensor *part = NULL;
    for (int i = 0; i < shape->ndim; i++)
        if (shape->size[i] == 0) return CNN_OK;
    cnn_status status = cnn_tensor_over(out->storage, out->dtype, shape, out->stride, offset, &part, err);
    if (status == CNN_OK) status = cnn_ops_fill(call, part, value, err);
    cnn_tensor_release(&part);
    return status;
}

/* Fills what is before and behind the part that is copied, dimension by dimension: every element once. */
static cnn_status fill_frame(const cnn_call *call, const pad_params *params, const cnn_tensor *out, cnn_error *err) {
    cnn_shape inside = out->shape, slab;
    int64_t offset = out->offset;
    for (int i = 0; i < inside.ndim; i++) {
        int64_t before = pad_before(params, inside.ndim, i), after = pad_after(params, inside.ndim, i);
        slab = inside;
        if (before < 0) before = 0;
        if (after < 0) after = 0;
        slab.size[i] = before;
        cnn_status status = fill_part(call, out, &slab, offset, params->value, err);
        slab.size[i] = after;
        if (status == CNN_OK)
            status =
                fill_part(call, out, &slab, offset + (inside.size[i] - after) * out->stride[i], params->value, err);
        if (status != CNN_OK) return status;
        inside.size[i] -= before + after;
        offset += before * out->stride[i];
    }
    return CNN_OK;
}

static cnn_status pad_forward(const cnn_call *call, cnn_tensor *const *out, cnn_error *err) {
    const pad_params *params = call->params;
    cnn_tensor *from = NULL, *to = NULL;
    cnn_status status = fill_frame(call, params, out[0], err);
    if (status == CNN_OK) status = pad_parts(params, call->in[0], out[0], &from, &to, err);
    if (status == CNN_OK && cnn_tensor_numel(to) > 0) status = cnn_ops_copy(call, from, to, err);
    cnn_tensor_release(&from);
    cnn_tensor_release(&to);
    return status;
}

static cnn_status pad_backward(const cnn_gradient *g, cnn_tensor **din, cnn_error *err) {
    pad_params params = *(const pad_params *)g->params;
    for (int i = 0; i < params.pad.ndim; i++) params.pad.size[i] = -params.pad.size[i];
    params.value = 0;
    return cnn_apply(&cnn_op_pad, &params, &g->dout[0], &din[0], err);
}

const cnn_op cnn_op_pad = {
    .name = "pad",
    .inputs = 1,
    .outputs = 1,
    .param_bytes = sizeof(pad_params),
    .fields = pad_fields,
    .infer = pad_infer,
    .forward = pad_forward,
    .reads_bf16 = cnn_narrow_always,
    .backward = pad_backward,
};
