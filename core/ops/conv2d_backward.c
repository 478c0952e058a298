/* SPDX-License-Identifier: MIT
 * The two gradients of conv2d as ops: of the input (a transposed convolution) and of the weight.
 *
 * Each is linear in both of its operands, so its own gradients are again convolutions: for d = backward_input(dout,
 * weight) and e = the gradient that comes back to d, dout gets conv2d(e, weight) and weight gets
 * backward_weight(e, dout); likewise the other. */
#include "core/ops/conv2d.h"
#include "core/ops/support.h"

static const cnn_field input_fields[] = {CONV2D_FIELDS(conv2d_backward_params, conv.),
                                         {"h", CNN_FIELD_INT, offsetof(conv2d_backward_params, size_h)},
                                         {"w", CNN_FIELD_INT, offsetof(conv2d_backward_params, size_w)},
                                         {0}};
static const cnn_field weight_fields[] = {CONV2D_FIELDS(conv2d_backward_params, conv.),
                                          {"r", CNN_FIELD_INT, offsetof(conv2d_backward_params, size_h)},
                                          {"s", CNN_FIELD_INT, offsetof(conv2d_backward_params, size_w)},
                                          {0}};

/* doutput must be what conv2d makes of these sizes. */
static cnn_status check_doutput(const char *op, const cnn_conv2d_params *s, const cnn_tensor *dout, cnn_error *err) {
    const cnn_shape needed = {4, {s->n, s->k, s->p, s->q}};
    char want[CNN_SHAPE_TEXT], got[CNN_SHAPE_TEXT];
    if (cnn_shape_equal(&needed, &dout->shape)) return CNN_OK;
    return cnn_fail(err, CNN_BAD_SHAPE, "%s needs doutput %s, the convolution's own size; got %s", op,
                    cnn_shape_print(&needed, want), cnn_shape_print(&dout->shape, got));
}

/* ---- gradient of the input: doutput, weight -> dinput ---- */

static cnn_status input_sizes(const cnn_call *call, cnn_conv2d_params *s, cnn_error *err) {
    const conv2d_backward_params *params = call->params;
    const cnn_tensor *dout = call->in[0], *weight = call->in[1];
    const char *op = call->op->name;
    cnn_status status = cnn_ops_need_image(op, dout, err);
    if (status == CNN_OK) status = cnn_ops_need_int(op, "h", params->size_h, 1, err);
    if (status == CNN_OK) status = cnn_ops_need_int(op, "w", params->size_w, 1, err);
    if (status == CNN_OK) status = cnn_ops_need_int(op, "groups", params->conv.groups, 1, err);
    if (status != CNN_OK) return status;
    int64_t channels = weight->shape.ndim == 4 ? weight->shape.size[1] : 0;
    if (__builtin_mul_overflow(channels, params->conv.groups, &channels)) channels = 0;
    cnn_shape input = {4, {dout->shape.size[0], channels, params->size_h, params->size_w}};
    status = cnn_conv2d_sizes_of(op, &params->conv, &input, &weight->shape, s, err);
    return status == CNN_OK ? check_doutput(op, s, dout, err) : status;
}

static cnn_status input_infer(const cnn_call *call, cnn_spec *out, cnn_error *err) {
    static const char *const names[] = {"doutput", "weight"};
    cnn_conv2d_params s;
    cnn_status status = input_sizes(call, &s, err);
    if (status == CNN_OK) status = cnn_ops_need_real(call, 2, names, err);
    if (status != CNN_OK) return status;
    cnn_shape shape = {4, {s.n, s.c, s.h, s.w}};
    cnn_spec_channels_last(out, call->in[0]->dtype, &shape);
    return CNN_OK;
}

static cnn_status input_forward(const cnn_call *call, cnn_tensor *const *out, cnn_error *err) {
    const cnn_conv2d_kernels *kernels = call->kernels->conv2d[out[0]->dtype];
    cnn_tensor *dout = NULL, *weight = NULL;
    cnn_storage *workspace = NULL;
    cnn_conv2d_params s;
    if (!kernels || !kernels->backward_input) return cnn_ops_no_kernel(call, out[0]->dtype, err);
    cnn_status status = input_sizes(call, &s, err);
    if (status == CNN_OK) status = cnn_dense_channels_last(call->in[0], &dout, err);
    if (status == CNN_OK) status = cnn_conv2d_weight(call, call->in[1], &weight, err);
    if (status == CNN_OK) status = cnn_conv2d_workspace(call, kernels, &s, CNN_CONV2D_BACKWARD_INPUT, &workspace, err);
    if (status == CNN_OK && s.n > 0)
        kernels->backward_input(call->team, &s, NULL, NULL, cnn_tensor_data(dout), cnn_tensor_data(weight),
                                cnn_tensor_data(out[0]), workspace ? workspace->data : NULL);
    cnn_tensor_release(&dout);
    cnn_tensor_release(&weight);
    cnn_storage_release(&workspace);
    return status;
}

static cnn_status input_backward(const cnn_gradient *g, cnn_tensor **din, cnn_error *err) {
    conv2d_backward_params params = *(const conv2d_backward_params *)g->params;
    cnn_status status = CNN_OK;
    if (g->wanted[0]) {
        status = cnn_conv2d(&params.conv, g->dout[0], g->in[1], NULL, &din[0], err);
    }
    if (status == CNN_OK && g->wanted[1]) {
        cnn_tensor *in[3] = {g->dout[0], g->in[0], NULL};
        params.size_h = g->in_spec[1].shape.size[2];
        params.size_w = g->in_spec[1].shape.size[3];
        status = cnn_apply(&cnn_op_conv2d_backward_weight, &params, in, &din[1], err);
    }
    return status;
}

/* ---- gradient of the weight: input, doutput, what forward kept of the input (optional) -> dweight ---- */

static cnn_status weight_sizes(const cnn_call *call, cnn_conv2d_params *s, cnn_error *err) {
    const conv2d_backward_params *params = call->params;
    const cnn_tensor *input = call->in[0], *dout = call->in[1];
    const char *op = call->op->name;
    cnn_status status = cnn_ops_need_image(op, input, err);
    if (status == CNN_OK) status = cnn_ops_need_image(op, dout, err);
    if (status == CNN_OK) status = cnn_ops_need_int(op, "r", params->size_h, 1, err);
    if (status == CNN_OK) status = cnn_ops_need_int(op, "s", params->size_w, 1, err);
    if (status == CNN_OK) status = cnn_ops_need_int(op, "groups", params->conv.groups, 1, err);
    if (status != CNN_OK) return status;
    if (input->shape.size[1] % params->conv.groups != 0)
        return cnn_fail(err, CNN_BAD_SHAPE, "%s: %lld channels do not make %lld groups", op,
                        (long long)input->shape.size[1], (long long)params->conv.groups);
    cnn_shape weight = {
        4, {dout->shape.size[1], input->shape.size[1] / params->conv.groups, params->size_h, params->size_w}};
    status = cnn_conv2d_sizes_of(op, &params->conv, &input->shape, &weight, s, err);
    return status == CNN_OK ? check_doutput(op, s, dout, err) : status;
}

static cnn_status weight_infer(const cnn_call *call, cnn_spec *out, cnn_error *err) {
    static const char *const names[] = {"input", "doutput"};
    cnn_conv2d_params s;
    cnn_status status = weight_sizes(call, &s, err);
    if (status == CNN_OK) status = cnn_ops_need_real(call, 2, names, err);
    if (status != CNN_OK) return status;
    cnn_shape shape = {4, {s.k, s.c / s.groups, s.r, s.s}};
    cnn_spec_dense(out, call->in[0]->dtype, &shape);
    return CNN_OK;
}

static cnn_status weight_forward(const cnn_call *call, cnn_tensor *const *out, cnn_error *err) {
    const cnn_conv2d_kernels *kernels = call->kernels->conv2d[out[0]->dtype];
    cnn_tensor *input = NULL, *dout = NULL, *dweight = NULL;
    cnn_storage *workspace = NULL;
    cnn_conv2d_params s;
    if (!kernels || !kernels->backward_weight) return cnn_ops_no_kernel(call, out[0]->dtype, err);
    cnn_status status = weight_sizes(call, &s, err);
    if (status == CNN_OK && s.n == 0) return cnn_ops_fill(call, out[0], 0, err); /* a sum over no images */
    if (status == CNN_OK) status = cnn_dense_channels_last(call->in[0], &input, err);
    if (status == CNN_OK) status = cnn_dense_channels_last(call->in[1], &dout, err);
    if (status == CNN_OK) status = cnn_conv2d_workspace(call, kernels, &s, CNN_CONV2D_BACKWARD_WEIGHT, &workspace, err);
    if (status == CNN_OK) status = cnn_conv2d_dweight(out[0], &dweight, err);
    if (status == CNN_OK) {
        const conv2d_wishes wishes = {.pass = CNN_CONV2D_BACKWARD_WEIGHT};
        const conv2d_taken taken = cnn_conv2d_take(call, kernels, &s, &wishes, input, dout);
        kernels->backward_weight(call->team, &s, taken.fused ? &taken.fusion : NULL, taken.input,
                                 cnn_conv2d_kept(call, &s, call->in[2]), taken.doutput, cnn_tensor_data(dweight),
                                 workspace ? workspace->data : NULL);
        status = cnn_conv2d_dweight_done(call, dweight, out[0], err);
    }
    cnn_tensor_release(&input);
    cnn_tensor_release(&dout);
    cnn_tensor_release(&dweight);
    cnn_storage_release(&workspace);
    return status;
}

static cnn_status weight_backward(const cnn_gradient *g, cnn_tensor **din, cnn_error *err) {
    conv2d_backward_params params = *(const conv2d_backward_params *)g->params;
    cnn_status status = CNN_OK;
    if (g->wanted[0]) {
        cnn_tensor *in[2] = {g->in[1], g->dout[0]};
        params.size_h = g->in_spec[0].shape.size[2];
        params.size_w = g->in_spec[0].shape.size[3];
        status = cnn_apply(&cnn_op_conv2d_backward_input, &params, in, &din[0], err);
    }
    if (status == CNN_OK && g->wanted[1]) {
        status = cnn_conv2d(&params.conv, g->in[0], g->dout[0], NULL, &din[1], err);
    }
    return status;
}

/* Every number of doutput is multiplied with one filter: what a transposed convolution costs. */
static int64_t input_multiply_adds(const cnn_call *call, const cnn_tensor *out) {
    (void)out;
    const cnn_shape *weight = &call->in[1]->shape;
    return cnn_tensor_numel(call->in[0]) * weight->size[1] * weight->size[2] * weight->size[3];
}

const cnn_op cnn_op_conv2d_backward_input = {
    .name = "conv2d_backward_input",
    .inputs = 2,
    .outputs = 1,
    .saves_in = 3,
    .multiply_adds = input_multiply_adds,
    .param_bytes = sizeof(conv2d_backward_params),
    .fields = input_fields,
    .autocast = CNN_AUTOCAST_BF16, /* as transposed convolution: gradients are computed without */
    .infer = input_infer,
    .forward = input_forward,
    .reads_bf16 = cnn_conv2d_reads_bf16,
    .backward = input_backward,
};

const cnn_op cnn_op_conv2d_backward_weight = {
    .name = "conv2d_backward_weight",
    .inputs = 3,
    .outputs = 1,
    .optional = 4,
    .saves_in = 3,
    .param_bytes = sizeof(conv2d_backward_params),
    .fields = weight_fields,
    .infer = weight_infer,
    .forward = weight_forward,
    .reads_bf16 = cnn_conv2d_reads_bf16,
    .backward = weight_backward,
};
