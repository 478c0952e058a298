/* SPDX-License-Identifier: MIT
 * Both gradients of conv2d's operands in one op: doutput, input, weight, what forward kept -> dinput, dweight.
 *
 * A kernel that transforms doutput does it once for the two; where there is none such, the two passes run one after the
 * other. For the gradients e and f that come back to dinput and dweight: doutput gets conv2d(e, weight) + conv2d(input,
 * f), input gets backward_input(doutput, f), weight gets backward_weight(e, doutput). */
#include "core/functions.h"
#include "core/ops/conv2d.h"
#include "core/ops/support.h"

enum { DOUTPUT, INPUT, WEIGHT, KEPT, INPUTS };
enum { DINPUT, DWEIGHT };

static const cnn_field both_fields[] = {CONV2D_FIELDS(conv2d_params, ), {0}};

static cnn_status both_infer(const cnn_call *call, cnn_spec *out, cnn_error *err) {
    static const char *const names[] = {"doutput", "input", "weight"};
    const cnn_tensor *dout = call->in[DOUTPUT], *input = call->in[INPUT], *weight = call->in[WEIGHT];
    char want[CNN_SHAPE_TEXT], got[CNN_SHAPE_TEXT];
    cnn_conv2d_params s;
    cnn_status status = cnn_conv2d_sizes(call->op->name, call->params, input, weight, &s, err);
    if (status == CNN_OK) status = cnn_ops_need_real(call, 3, names, err);
    if (status != CNN_OK) return status;
    const cnn_shape needed = {4, {s.n, s.k, s.p, s.q}};
    if (!cnn_shape_equal(&needed, &dout->shape))
        return cnn_fail(err, CNN_BAD_SHAPE, "%s needs doutput %s, the convolution's own size; got %s", call->op->name,
                        cnn_shape_print(&needed, want), cnn_shape_print(&dout->shape, got));
    cnn_spec_channels_last(&out[DINPUT], input->dtype, &input->shape);
    cnn_spec_dense(&out[DWEIGHT], input->dtype, &weight->shape);
    return CNN_OK;
}

static void run_both(const cnn_call *call, const cnn_conv2d_kernels *kernels, const cnn_conv2d_params *s,
                     cnn_tensor *const *in, cnn_tensor *const *out, void *workspace) {
    const void *kept = cnn_conv2d_kept(call, s, in[KEPT]);
    const void *dout = cnn_tensor_data(in[DOUTPUT]), *weight = cnn_tensor_data(in[WEIGHT]);
    void *dinput = cnn_tensor_data(out[DINPUT]), *dweight = cnn_tensor_data(out[DWEIGHT]);
    const cnn_conv2d_pass pass = kernels->backward ? CNN_CONV2D_BACKWARD : CNN_CONV2D_BACKWARD_WEIGHT;
    const conv2d_input take = cnn_conv2d_take(call, kernels, s, pass, in[INPUT], NULL);
    cnn_conv2d_fusion fusion = take.fusion;
    fusion.staged = NULL, fusion.residual = NULL;
    if (kernels->backward) {
        fusion.relu = take.fusion.relu;
        kernels->backward(call->team, s, take.fused ? &fusion : NULL, take.data, kept, weight, dout, dinput, dweight,
                          workspace);
        return;
    }
    kernels->backward_input(call->team, s, NULL, NULL, dout, weight, dinput, workspace);
    kernels->backward_weight(call->team, s, take.fused ? &fusion : NULL, take.data, kept, dout, dweight, workspace);
}

/* Scratch memory for the one pass, or for the larger of the two. */
static cnn_status both_workspace(const cnn_call *call, const cnn_conv2d_kernels *kernels, const cnn_conv2d_params *s,
                                 cnn_storage **out, cnn_error *err) {
    if (kernels->backward) return cnn_conv2d_workspace(call, kernels, s, CNN_CONV2D_BACKWARD, out, err);
    const size_t input = kernels->workspace_bytes(call->team, s, CNN_CONV2D_BACKWARD_INPUT);
    const size_t weight = kernels->workspace_bytes(call->team, s, CNN_CONV2D_BACKWARD_WEIGHT);
    return cnn_scratch(input > weight ? input : weight, out, err);
}

static cnn_status both_forward(const cnn_call *call, cnn_tensor *const *out, cnn_error *err) {
    const cnn_conv2d_kernels *kernels = call->kernels->conv2d[out[0]->dtype];
    cnn_tensor *in[INPUTS] = {NULL};
    cnn_storage *workspace = NULL;
    cnn_conv2d_params s;
    if (!kernels || !kernels->backward_input || !kernels->backward_weight)
        return cnn_ops_no_kernel(call, out[0]->dtype, err);
    cnn_status status = cnn_conv2d_sizes(call->op->name, call->params, call->in[INPUT], call->in[WEIGHT], &s, err);
    if (status == CNN_OK && s.n == 0) return cnn_ops_fill(call, out[DWEIGHT], 0, err); /* a sum over no images */
    if (status == CNN_OK) status = cnn_dense_channels_last(call->in[DOUTPUT], &in[DOUTPUT], err);
    if (status == CNN_OK) status = cnn_dense_channels_last(call->in[INPUT], &in[INPUT], err);
    if (status == CNN_OK) status = cnn_dense(call->in[WEIGHT], &in[WEIGHT], err);
    if (status == CNN_OK && call->in[KEPT]) in[KEPT] = cnn_tensor_retain(call->in[KEPT]);
    if (status == CNN_OK) status = both_workspace(call, kernels, &s, &workspace, err);
    if (status == CNN_OK) run_both(call, kernels, &s, in, out, workspace ? workspace->data : NULL);
    for (int i = 0; i < INPUTS; i++) cnn_tensor_release(&in[i]);
    cnn_storage_release(&workspace);
    return status;
}

/* ---- the gradient of the gradients ---- */

static cnn_status both_backward_doutput(const cnn_gradient *g, cnn_tensor **din, cnn_error *err) {
    cnn_tensor *through_input = NULL, *through_weight = NULL;
    cnn_status status = CNN_OK;
    if (g->dout[DINPUT]) status = cnn_conv2d(g->params, g->dout[DINPUT], g->in[WEIGHT], NULL, &through_input, err);
    if (status == CNN_OK && g->dout[DWEIGHT])
        status = cnn_conv2d(g->params, g->in[INPUT], g->dout[DWEIGHT], NULL, &through_weight, err);
    if (status == CNN_OK && through_input && through_weight) {
        status = cnn_add(through_input, through_weight, din, err);
    } else if (status == CNN_OK) {
        *din = cnn_tensor_retain(through_input ? through_input : through_weight);
    }
    cnn_tensor_release(&through_input);
    cnn_tensor_release(&through_weight);
    return status;
}

static cnn_status both_backward(const cnn_gradient *g, cnn_tensor **din, cnn_error *err) {
    conv2d_backward_params params = {.conv = *(const conv2d_params *)g->params};
    cnn_status status = g->wanted[DOUTPUT] ? both_backward_doutput(g, &din[DOUTPUT], err) : CNN_OK;
    if (status == CNN_OK && g->wanted[INPUT] && g->dout[DWEIGHT]) {
        cnn_tensor *in[2] = {g->in[DOUTPUT], g->dout[DWEIGHT]};
        params.size_h = g->in_spec[INPUT].shape.size[2];
        params.size_w = g->in_spec[INPUT].shape.size[3];
        status = cnn_apply(&cnn_op_conv2d_backward_input, &params, in, &din[INPUT], err);
    }
    if (status == CNN_OK && g->wanted[WEIGHT] && g->dout[DINPUT]) {
        cnn_tensor *in[3] = {g->dout[DINPUT], g->in[DOUTPUT], NULL};
        params.size_h = g->in_spec[WEIGHT].shape.size[2];
        params.size_w = g->in_spec[WEIGHT].shape.size[3];
        status = cnn_apply(&cnn_op_conv2d_backward_weight, &params, in, &din[WEIGHT], err);
    }
    return status;
}

const cnn_op cnn_op_conv2d_backward = {
    .name = "conv2d_backward",
    .inputs = INPUTS,
    .outputs = 2,
    .optional = 1u << KEPT,
    .saves_in = 1u << DOUTPUT | 1u << INPUT | 1u << WEIGHT,
    .param_bytes = sizeof(conv2d_params),
    .fields = both_fields,
    .infer = both_infer,
    .forward = both_forward,
    .backward = both_backward,
};
