/* SPDX-License-Identifier: MIT
 * Other shapes for the same elements, in row-major order: view never copies, reshape copies where it must.
 *
 * One size may be -1: it is what is left over. Whether strides can describe the new shape: the old dimensions are
 * cut into runs that lie in memory like one dimension; each run must be made of whole new dimensions. */
#include "core/narrow.h"
#include "core/ops/params.h"
#include "core/ops/support.h"
#include "core/waiting.h"

static const cnn_field view_fields[] = {CNN_FIELD(size_params, SIZES, size), {0}};

/* Replaces -1 and checks the number of elements. */
static cnn_status resolve(const cnn_tensor *x, const cnn_shape *size, cnn_shape *out, cnn_error *err) {
    char from[CNN_SHAPE_TEXT], to[CNN_SHAPE_TEXT];
    int64_t numel = cnn_tensor_numel(x), known = 1;
    int open = -1;
    *out = *size;
    for (int i = 0; i < size->ndim; i++) {
        if (size->size[i] == -1 && open < 0) {
            open = i;
            out->size[i] = 1;
        } else if (size->size[i] < 0) {
            return cnn_fail(err, CNN_BAD_SHAPE, "sizes are 0 or more, and one of them may be -1; got %s",
                            cnn_shape_print(size, to));
        }
    }
    cnn_status status = cnn_shape_check(out, err);
    if (status != CNN_OK) return status;
    known = cnn_shape_numel(out);
    if (open >= 0 && (known == 0 || numel % known != 0))
        return cnn_fail(err, CNN_BAD_SHAPE, "%s has %lld elements; %s needs a multiple of %lld",
                        cnn_shape_print(&x->shape, from), (long long)numel, cnn_shape_print(size, to),
                        (long long)known);
    if (open >= 0) out->size[open] = numel / known;
    if (open < 0 && known != numel)
        return cnn_fail(err, CNN_BAD_SHAPE, "%s has %lld elements; %s needs %lld", cnn_shape_print(&x->shape, from),
                        (long long)numel, cnn_shape_print(size, to), (long long)known);
    return CNN_OK;
}

/* Strides of `shape` over x's memory, or false. Runs are taken from the last dimension to the first. */
static bool view_strides(const cnn_tensor *x, const cnn_shape *shape, int64_t *stride) {
    int to = shape->ndim - 1, from = x->shape.ndim - 1;
    if (cnn_tensor_numel(x) == 0) {
        cnn_strides_dense(shape, stride);
        return true;
    }
    while (from >= 0) {
        int64_t run = x->shape.size[from], step = x->stride[from], made = 1;
        for (from--; from >= 0; from--) { /* as far as this dimension continues in memory */
            if (x->shape.size[from] == 1) continue;
            if (run == 1)
                step = x->stride[from];
            else if (x->stride[from] != run * step)
                break;
            run *= x->shape.size[from];
        }
        for (; to >= 0 && made * shape->size[to] <= run; to--) {
            stride[to] = made * step;
            made *= shape->size[to];
        }
        if (made != run) return false;
    }
    for (; to >= 0; to--) stride[to] = 1; /* sizes of 1 before everything */
    return true;
}

static cnn_status reshape_infer(const cnn_call *call, cnn_spec *out, cnn_error *err) {
    const size_params *params = call->params;
    const cnn_tensor *x = call->in[0];
    cnn_shape shape;
    cnn_status status = resolve(x, &params->size, &shape, err);
    if (status != CNN_OK) return status;
    cnn_spec_dense(out, x->dtype, &shape);
    out->is_view = view_strides(x, &shape, out->stride);
    if (!out->is_view) cnn_spec_dense(out, x->dtype, &shape);
    out->reshaped = true;
    return CNN_OK;
}

static cnn_status view_infer(const cnn_call *call, cnn_spec *out, cnn_error *err) {
    char from[CNN_SHAPE_TEXT], to[CNN_SHAPE_TEXT];
    cnn_status status = reshape_infer(call, out, err);
    if (status != CNN_OK || out->is_view) return status;
    cnn_fail(err, CNN_BAD_SHAPE, "the elements of this %s do not lie in memory so that a view can be %s",
             cnn_shape_print(&call->in[0]->shape, from), cnn_shape_print(&out->shape, to));
    cnn_error_fix(err, "x:reshape(…), which copies where it must");
    return CNN_BAD_SHAPE;
}

/* Is it an image made into the features of a layer, which may wait? */
static bool flattens(const cnn_tensor *x, const cnn_tensor *out) {
    return x->offset == 0 && cnn_tensor_is_channels_last(x) && out->shape.ndim == 2 &&
           out->shape.size[0] == x->shape.size[0] && cnn_wait_pays(out);
}

/* Copies x in row-major order: the result is seen as having x's shape. */
static cnn_status reshape_forward(const cnn_call *call, cnn_tensor *const *out, cnn_error *err) {
    cnn_tensor *x = call->in[0], *as_x = NULL;
    int64_t stride[CNN_MAX_DIMS];
    if (flattens(x, out[0])) {
        cnn_wait_flat(out[0], x);
        return CNN_OK;
    }
    cnn_strides_dense(&x->shape, stride);
    cnn_status status = cnn_tensor_over(out[0]->storage, x->dtype, &x->shape, stride, out[0]->offset, &as_x, err);
    if (status == CNN_OK) status = cnn_ops_copy(call, x, as_x, err);
    cnn_tensor_release(&as_x);
    return status;
}

/* The gradient of a flattened image may be one itself, still as it lay. */
static cnn_status view_backward(const cnn_gradient *g, cnn_tensor **din, cnn_error *err) {
    cnn_tensor *image = cnn_grad_enabled() ? NULL : cnn_wait_flat_source(g->dout[0]);
    if (image && cnn_shape_equal(&image->shape, &g->in_spec[0].shape)) return cnn_tensor_detach(image, &din[0], err);
    return cnn_reshape(g->dout[0], &g->in_spec[0].shape, &din[0], err);
}

const cnn_op cnn_op_view = {
    .name = "view",
    .inputs = 1,
    .outputs = 1,
    .param_bytes = sizeof(size_params),
    .fields = view_fields,
    .infer = view_infer,
    .forward = reshape_forward,
    .reads_bf16 = cnn_narrow_always,
    .backward = view_backward,
};

const cnn_op cnn_op_reshape = {
    .name = "reshape",
    .inputs = 1,
    .outputs = 1,
    .param_bytes = sizeof(size_params),
    .fields = view_fields,
    .infer = reshape_infer,
    .forward = reshape_forward,
    .reads_bf16 = cnn_narrow_always,
    .backward = view_backward,
};
