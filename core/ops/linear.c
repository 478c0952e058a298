/* SPDX-License-Identifier: MIT
 * linear: output = input * weight' + bias over the last dimension.
 *
 *   input [.., in]   weight [out, in]   bias [out], may be absent   ->   output [.., out]
 *
 * The dimensions before the last are one list of rows for the matrix product. An image that was flattened for it is
 * read as it lies (linear_image.h). */
#include "core/ops/linear_image.h"
#include "core/ops/matmul.h"
#include "core/ops/support.h"

/* What mends it: flattening, with or without a layer of another size. */
static void linear_fix(const cnn_shape *s, long long in, long long out, cnn_error *err) {
    int64_t features = 1;
    for (int i = 1; i < s->ndim; i++) features *= s->size[i];
    bool lost_batch = s->ndim == 1 && in > 0 && s->size[0] > in && s->size[0] % in == 0; /* flatten(x, 1) */
    if (lost_batch)
        cnn_error_fix(err, "cnn.flatten(x, 2) keeps the batch");
    else if (s->ndim > 2 && features == in)
        cnn_error_fix(err, "cnn.flatten(x, 2) before it");
    else if (s->ndim == 4)
        cnn_error_fix(err, "cnn.flatten(x, 2) before it, and nn.Linear(%lld, %lld)", (long long)features, out);
    else if (s->ndim >= 1)
        cnn_error_fix(err, "nn.Linear(%lld, %lld)", (long long)s->size[s->ndim - 1], out);
}

static cnn_status linear_fail(const cnn_tensor *input, const cnn_tensor *weight, cnn_error *err) {
    char got[CNN_SHAPE_TEXT];
    long long in = (long long)weight->shape.size[1], out = (long long)weight->shape.size[0];
    cnn_fail(err, CNN_BAD_SHAPE, "Linear(%lld → %lld) needs [N, %lld]; got %s", in, out, in,
             cnn_shape_print(&input->shape, got));
    if (cnn_ops_tell_origin(input, err))
        cnn_error_fix(err, "cnn.flatten(x, 2), which keeps the batch");
    else
        linear_fix(&input->shape, in, out, err);
    return CNN_BAD_SHAPE;
}

static cnn_status linear_infer(const cnn_call *call, cnn_spec *out, cnn_error *err) {
    static const char *const names[] = {"input", "weight", "bias"};
    const cnn_tensor *input = call->in[0], *weight = call->in[1], *bias = call->in[2];
    char got[CNN_SHAPE_TEXT], from[CNN_SHAPE_TEXT];
    if (weight->shape.ndim != 2)
        return cnn_fail(err, CNN_BAD_SHAPE, "linear needs weight [out, in]; got %s",
                        cnn_shape_print(&weight->shape, got));
    int last = input->shape.ndim - 1;
    if (last < 0 || input->shape.size[last] != weight->shape.size[1]) return linear_fail(input, weight, err);
    if (bias && (bias->shape.ndim != 1 || bias->shape.size[0] != weight->shape.size[0]))
        return cnn_fail(err, CNN_BAD_SHAPE, "linear needs bias [%lld] (weight is %s); got %s",
                        (long long)weight->shape.size[0], cnn_shape_print(&weight->shape, from),
                        cnn_shape_print(&bias->shape, got));
    cnn_status status = cnn_ops_need_real(call, 3, names, err);
    if (status != CNN_OK) return status;
    cnn_shape shape = input->shape;
    shape.size[last] = weight->shape.size[0];
    cnn_spec_dense(out, input->dtype, &shape);
    return CNN_OK;
}

/* x as [rows, last size]; x is 2-d or contiguous. */
static cnn_status as_rows(cnn_tensor *x, cnn_tensor **out, cnn_error *err) {
    int last = x->shape.ndim - 1;
    if (x->shape.ndim == 2) {
        *out = cnn_tensor_retain(x);
        return CNN_OK;
    }
    int64_t columns = x->shape.size[last], rows = 1;
    for (int i = 0; i < last; i++) rows *= x->shape.size[i];
    cnn_shape shape = {2, {rows, columns}};
    int64_t stride[2] = {columns > 1 ? columns : 1, 1};
    return cnn_tensor_over(x->storage, x->dtype, &shape, stride, x->offset, out, err);
}

/* The operands as matrices: rows, and the weight whose columns are in their order. */
static cnn_status operands(const cnn_call *call, cnn_tensor **rows, cnn_tensor **weight, cnn_error *err) {
    cnn_tensor *input = NULL, *given = call->in[0], *image = cnn_linear_image(given, call->in[1]->shape.size[0]);
    cnn_status status = CNN_OK;
    if (image) {
        status = cnn_linear_image_rows(image, rows, err);
        return status == CNN_OK ? cnn_linear_image_weight(image, call->in[1], weight, err) : status;
    }
    if (given->shape.ndim == 2) {
        input = cnn_tensor_retain(given);
    } else {
        status = cnn_dense(given, &input, err);
    }
    if (status == CNN_OK) status = as_rows(input, rows, err);
    if (status == CNN_OK) *weight = cnn_tensor_retain(call->in[1]);
    cnn_tensor_release(&input);
    return status;
}

static cnn_status linear_forward(const cnn_call *call, cnn_tensor *const *out, cnn_error *err) {
    cnn_tensor *rows = NULL, *weight = NULL, *result = NULL;
    cnn_status status = operands(call, &rows, &weight, err);
    if (status == CNN_OK) status = as_rows(out[0], &result, err);
    if (status == CNN_OK && call->in[2]) status = cnn_ops_copy(call, call->in[2], result, err);
    if (status == CNN_OK) status = cnn_ops_gemm(call, false, rows, true, weight, call->in[2] != NULL, result, err);
    cnn_tensor_release(&rows);
    cnn_tensor_release(&weight);
    cnn_tensor_release(&result);
    return status;
}

/* x as [rows, last size], by the op. */
static cnn_status rows_of(cnn_tensor *x, cnn_tensor **out, cnn_error *err) {
    if (x->shape.ndim == 2) {
        *out = cnn_tensor_retain(x);
        return CNN_OK;
    }
    int64_t rows = 1;
    for (int i = 0; i < x->shape.ndim - 1; i++) rows *= x->shape.size[i];
    cnn_shape shape = {2, {rows, x->shape.size[x->shape.ndim - 1]}};
    return cnn_reshape(x, &shape, out, err);
}

/* The image that was flattened for the layer, where the gradient may do without the copy. */
static cnn_tensor *image_of(const cnn_gradient *g) {
    if (cnn_grad_enabled() || !g->in[0]) return NULL;
    return cnn_linear_image(g->in[0], g->in_spec[1].shape.size[0]);
}

static cnn_status linear_backward_input(const cnn_gradient *g, cnn_tensor *dout, cnn_tensor **din, cnn_error *err) {
    cnn_tensor *rows = NULL, *image = image_of(g);
    if (image) return cnn_linear_image_backward_input(image, dout, g->in[1], din, err);
    cnn_status status = cnn_matmul(dout, false, g->in[1], false, &rows, err);
    if (status == CNN_OK) status = cnn_reshape(rows, &g->in_spec[0].shape, din, err);
    cnn_tensor_release(&rows);
    return status;
}

static cnn_status linear_backward_weight(const cnn_gradient *g, cnn_tensor *dout, cnn_tensor **din, cnn_error *err) {
    cnn_tensor *rows = NULL, *image = image_of(g);
    if (image) return cnn_linear_image_backward_weight(image, dout, din, err);
    cnn_status status = rows_of(g->in[0], &rows, err);
    if (status == CNN_OK) status = cnn_matmul(dout, true, rows, false, din, err);
    cnn_tensor_release(&rows);
    return status;
}

static cnn_status linear_backward(const cnn_gradient *g, cnn_tensor **din, cnn_error *err) {
    static const cnn_shape over_rows = {1, {0}};
    cnn_tensor *dout = NULL;
    cnn_status status = rows_of(g->dout[0], &dout, err);
    if (status == CNN_OK && g->wanted[0]) status = linear_backward_input(g, dout, &din[0], err);
    if (status == CNN_OK && g->wanted[1]) status = linear_backward_weight(g, dout, &din[1], err);
    if (status == CNN_OK && g->wanted[2]) status = cnn_sum(dout, &over_rows, false, &din[2], err);
    cnn_tensor_release(&dout);
    return status;
}

static int64_t linear_multiply_adds(const cnn_call *call, const cnn_tensor *out) {
    return cnn_tensor_numel(out) * call->in[1]->shape.size[1];
}

const cnn_op cnn_op_linear = {
    .name = "linear",
    .inputs = 3,
    .outputs = 1,
    .optional = 4,
    .saves_in = 3,
    .saves_for = {2, 1, 0},
    .multiply_adds = linear_multiply_adds,
    .autocast = CNN_AUTOCAST_BF16,
    .infer = linear_infer,
    .forward = linear_forward,
    .backward = linear_backward,
};
