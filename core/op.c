/* SPDX-License-Identifier: MIT
 * The one way to run an op: infer → allocate or view → forward → record.
 *
 * Shapes are known, and every shape error raised, before a byte is allocated. What has been made is released on every
 * path that fails, and the caller's `out` is written last. */
#include "core/op.h"
#include "core/anomaly.h"
#include "core/autocast.h"
#include "core/autograd.h"
#include "core/hollow.h"
#include "core/narrow.h"
#include "core/profile.h"
#include "core/state.h"

#include <stdio.h>
#include <string.h>

const cnn_op *const cnn_ops[] = {
#define OP(name) &cnn_op_##name,
#include "core/ops.list"
#undef OP
    NULL,
};

/* ---- what infer functions call ---- */

void cnn_spec_dense(cnn_spec *spec, cnn_dtype dtype, const cnn_shape *shape) {
    spec->dtype = dtype;
    spec->shape = *shape;
    cnn_strides_dense(shape, spec->stride);
}

void cnn_spec_channels_last(cnn_spec *spec, cnn_dtype dtype, const cnn_shape *shape) {
    spec->dtype = dtype;
    spec->shape = *shape;
    cnn_strides_channels_last(shape, spec->stride);
}

void cnn_spec_like(cnn_spec *spec, cnn_dtype dtype, const cnn_shape *shape, const cnn_tensor *like) {
    cnn_spec_dense(spec, dtype, shape);
    if (like && cnn_shape_equal(shape, &like->shape) && cnn_strides_are_dense(&like->shape, like->stride))
        memcpy(spec->stride, like->stride, sizeof spec->stride);
}

/* ---- running ---- */

static void release_all(cnn_tensor **tensors, int count) {
    for (int i = 0; i < count; i++) cnn_tensor_release(&tensors[i]);
}

/* What a flattened tensor was, told by whoever finds that its size does not fit. Ops that keep the shape keep this too;
 * of several steps the one with the most dimensions counts. */
static void remember_shape(const cnn_tensor *in, const cnn_spec *spec, cnn_tensor *out) {
    if (!in) return;
    if (spec->reshaped)
        out->was = in->was.ndim > in->shape.ndim ? in->was : in->shape;
    else if (in->was.ndim > 0 && cnn_shape_equal(&in->shape, &out->shape))
        out->was = in->was;
}

static cnn_status make_results(const cnn_call *call, const cnn_spec *spec, bool hollow, cnn_tensor **out,
                               cnn_error *err) {
    for (int i = 0; i < call->op->outputs; i++) {
        cnn_status status = cnn_shape_check(&spec[i].shape, err);
        if (status == CNN_OK && spec[i].is_view) {
            cnn_tensor *base = call->in[0];
            status = cnn_tensor_over(base->storage, spec[i].dtype, &spec[i].shape, spec[i].stride,
                                     base->offset + spec[i].offset, &out[i], err);
            if (status == CNN_OK) out[i]->is_view = true;
            if (status == CNN_OK && base->is_view) out[i]->rewrites = base->rewrites;
        } else if (status == CNN_OK) {
            status = hollow ? cnn_tensor_hollow_strided(spec[i].dtype, &spec[i].shape, spec[i].stride, &out[i], err)
                            : cnn_tensor_empty_strided(spec[i].dtype, &spec[i].shape, spec[i].stride, &out[i], err);
        }
        if (status != CNN_OK) return status;
        remember_shape(call->in[0], &spec[i], out[i]);
    }
    return CNN_OK;
}

static cnn_status run_forward(const cnn_call *call, cnn_tensor *const *out, cnn_error *err) {
    const double begun = cnn_profile_begin();
    cnn_status status = cnn_forward(call, out, err);
    cnn_profile_end(call->op->name, begun);
    if (status == CNN_OK && cnn_interrupted()) status = cnn_fail(err, CNN_INTERRUPTED, "interrupted");
    return status;
}

static cnn_status run(const cnn_call *call, cnn_tensor **out, cnn_error *err) {
    cnn_spec spec[CNN_MAX_OUTPUTS];
    cnn_node *node = NULL;
    bool hollow = cnn_any_hollow(call->op, call->in);
    memset(spec, 0, (size_t)call->op->outputs * sizeof *spec);
    cnn_status status = call->op->infer(call, spec, err);
    if (status == CNN_OK) status = make_results(call, spec, hollow, out, err);
    if (status == CNN_OK && hollow) cnn_work_count(call, out);
    if (status == CNN_OK && !hollow && !spec[0].is_view) status = run_forward(call, out, err);
    if (status == CNN_OK && cnn_should_record(call->op, call->in))
        status = cnn_node_new(call->op, call->params, call->in, &node, err);
    if (node) status = cnn_node_finish(node, out, err);
    cnn_node_release(&node);
    return status;
}

static void name_op(cnn_error *err, const cnn_op *op) {
    if (!err->op[0]) snprintf(err->op, sizeof err->op, "%s", op->name);
}

cnn_status cnn_apply(const cnn_op *op, const void *params, cnn_tensor *const *in, cnn_tensor **out, cnn_error *err) {
    cnn_tensor *made[CNN_MAX_OUTPUTS] = {NULL}, *ready[CNN_MAX_INPUTS] = {NULL};
    const bool casts = cnn_autocast_applies(op);
    const cnn_call call = {op, params, casts ? ready : in, cnn_current_kernels(), cnn_current_team()};
    cnn_status status = casts ? cnn_autocast_inputs(op, in, ready, err) : CNN_OK;
    if (status == CNN_OK) status = run(&call, made, err);
    release_all(ready, casts ? op->inputs : 0);
    if (status != CNN_OK) {
        name_op(err, op);
        release_all(made, op->outputs);
        return status;
    }
    memcpy(out, made, (size_t)op->outputs * sizeof *out);
    return CNN_OK;
}

/* ---- in place ---- */

static cnn_status check_inplace(const cnn_op *op, cnn_tensor *const *in, cnn_error *err) {
    cnn_tensor *x = in[0];
    for (int i = 1; i < op->inputs && !x->storage->hollow; i++) /* numbers cannot come from where there are none */
        if (cnn_need_numbers(in[i], err) != CNN_OK) return CNN_BAD_VALUE;
    if (!op->elementwise || op->outputs != 1) return cnn_fail(err, CNN_BAD_VALUE, "%s has no in-place form", op->name);
    for (int i = 0; i < x->shape.ndim; i++)
        if (x->stride[i] == 0 && x->shape.size[i] > 1) {
            cnn_fail(err, CNN_BAD_VALUE,
                     "an expanded tensor cannot be changed in place: several elements share one place");
            cnn_error_fix(err, "x:clone() first");
            return CNN_BAD_VALUE;
        }
    if (!cnn_should_record(op, in)) return CNN_OK;
    if (x->requires_grad && !x->node) {
        cnn_fail(err, CNN_BAD_VALUE,
                 "a leaf that requires a gradient cannot be changed in place while gradients are recorded");
        cnn_error_fix(err, "cnn.no_grad(function() … end), or the form without the underscore");
        return CNN_BAD_VALUE;
    }
    if (x->is_view) {
        cnn_fail(err, CNN_BAD_VALUE, "a view cannot be changed in place while gradients are recorded");
        cnn_error_fix(err, "the form without the underscore, or x:clone() first");
        return CNN_BAD_VALUE;
    }
    return CNN_OK;
}

static cnn_status check_inplace_result(const cnn_tensor *x, const cnn_spec *spec, cnn_error *err) {
    char got[CNN_SHAPE_TEXT], is[CNN_SHAPE_TEXT];
    if (!cnn_shape_equal(&x->shape, &spec->shape))
        return cnn_fail(err, CNN_BAD_SHAPE, "the result is %s and does not fit in place into %s",
                        cnn_shape_print(&spec->shape, got), cnn_shape_print(&x->shape, is));
    const bool rounds = x->dtype == CNN_BF16 && cnn_dtype_is_real(spec->dtype); /* to what x can hold */
    if (x->dtype != spec->dtype && !rounds)
        return cnn_fail(err, CNN_BAD_TYPE, "the result is %s and cannot be written in place into %s",
                        cnn_dtype_name(spec->dtype), cnn_dtype_name(x->dtype));
    return CNN_OK;
}

/* Another operand that lies in x's memory, but elsewhere or in other order, would be overwritten while it is read. */
static cnn_status separate_operands(const cnn_op *op, cnn_tensor *const *in, cnn_tensor **separate, cnn_error *err) {
    for (int i = 0; i < op->inputs; i++) {
        const cnn_tensor *x = in[0];
        cnn_status status = CNN_OK;
        bool same = in[i] && in[i]->offset == x->offset && cnn_shape_equal(&in[i]->shape, &x->shape) &&
                    memcmp(in[i]->stride, x->stride, (size_t)x->shape.ndim * sizeof *x->stride) == 0;
        if (!in[i]) continue;
        if (i > 0 && in[i]->storage == x->storage && !same && !x->storage->hollow) {
            cnn_tensor *view = NULL; /* contiguous or not, it must move: copy through a fresh storage */
            status = cnn_tensor_empty(in[i]->dtype, &in[i]->shape, &view, err);
            if (status == CNN_OK) {
                cnn_walk walk;
                cnn_walk_make(view, 1, (const cnn_tensor *const *)&in[i], &walk);
                cnn_current_kernels()->pointwise[view->dtype]->cast[view->dtype](
                    cnn_current_team(), &walk, cnn_tensor_data(in[i]), cnn_tensor_data(view));
                separate[i] = view;
            }
        } else {
            separate[i] = cnn_tensor_retain(in[i]);
        }
        if (status != CNN_OK) return status;
    }
    return CNN_OK;
}

static cnn_status run_inplace(const cnn_call *call, cnn_tensor *const *in, cnn_error *err) {
    cnn_spec spec = {0};
    cnn_node *node = NULL;
    cnn_tensor *x = in[0];
    cnn_status status = call->op->infer(call, &spec, err);
    if (status == CNN_OK) status = check_inplace_result(x, &spec, err);
    if (status == CNN_OK && cnn_should_record(call->op, in))
        status = cnn_node_new(call->op, call->params, in, &node, err);
    if (status == CNN_OK && !cnn_any_hollow(call->op, in)) {
        cnn_tensor_written(x, call->op->name);
        status = run_forward(call, &x, err);
    }
    if (node) x->storage->rewrites++;
    if (status == CNN_OK && node) status = cnn_node_finish(node, &x, err);
    cnn_node_release(&node);
    return status;
}

cnn_status cnn_apply_inplace(const cnn_op *op, const void *params, cnn_tensor *const *in, cnn_error *err) {
    cnn_tensor *separate[CNN_MAX_INPUTS] = {NULL};
    const cnn_call call = {op, params, separate, cnn_current_kernels(), cnn_current_team()};
    cnn_status status = check_inplace(op, in, err);
    if (status == CNN_OK) status = separate_operands(op, in, separate, err);
    if (status == CNN_OK) status = run_inplace(&call, in, err);
    if (status != CNN_OK) name_op(err, op);
    release_all(separate, op->inputs);
    return status;
}
