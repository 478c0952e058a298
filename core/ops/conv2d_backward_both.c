/* SPDX-License-Identifier: MIT
 * Both gradients of conv2d's operands in one op: doutput, input, weight, what forward kept -> dinput, dweight.
 *
 * A kernel that transforms doutput does it once for the two; where there is none such, the two passes run one after the
 * other. For the gradients e and f that come back to dinput and dweight: doutput gets conv2d(e, weight) + conv2d(input,
 * f), input gets backward_input(doutput, f), weight gets backward_weight(e, doutput). */
#include "core/functions.h"
#include "core/ops/conv2d.h"
#include "core/ops/support.h"

#include <stdlib.h>

enum { DOUTPUT, INPUT, WEIGHT, KEPT, INPUTS };
enum { DINPUT, DWEIGHT };

static const cnn_field both_fields[] = {
    CONV2D_FIELDS(conv2d_both_params, conv.), CNN_FIELD(conv2d_both_params, BOOL, gated), {0}};

static cnn_status both_infer(const cnn_call *call, cnn_spec *out, cnn_error *err) {
    static const char *const names[] = {"doutput", "input", "weight"};
    const cnn_tensor *dout = call->in[DOUTPUT], *input = call->in[INPUT], *weight = call->in[WEIGHT];
    char want[CNN_SHAPE_TEXT], got[CNN_SHAPE_TEXT];
    cnn_conv2d_params s;
    const conv2d_both_params *params = call->params;
    cnn_status status = cnn_conv2d_sizes(call->op->name, &params->conv, input, weight, &s, err);
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

/* Hangs the sums on dinput, for the batch norm whose ReLU was taken. */
static cnn_status keep_sums(cnn_storage **values, const cnn_waiting *norm, cnn_tensor *dinput, cnn_error *err) {
    cnn_norm_sums *sums = malloc(sizeof *sums);
    if (!sums) return cnn_fail(err, CNN_NO_MEMORY, "no memory for a gradient's sums");
    *sums = (cnn_norm_sums){.values = *values,
                            .input = cnn_storage_retain(norm->source[CNN_WAIT_X]->storage),
                            .factors = cnn_storage_retain(norm->factors)};
    *values = NULL;
    dinput->storage->sums = sums;
    return CNN_OK;
}

static cnn_status run_both(const cnn_call *call, const cnn_conv2d_kernels *kernels, const cnn_conv2d_params *s,
                           cnn_tensor *const *in, cnn_tensor *const *out, void *workspace, cnn_error *err) {
    const bool gated = ((const conv2d_both_params *)call->params)->gated;
    const void *kept = cnn_conv2d_kept(call, s, in[KEPT]);
    cnn_storage *sums = NULL;
    cnn_status status = CNN_OK;
    if (gated) status = cnn_storage_new((size_t)(2 * s->n * s->c) * sizeof(float), &sums, err);
    if (status != CNN_OK) return status;
    const conv2d_wishes wishes = {.pass = kernels->backward ? CNN_CONV2D_BACKWARD : CNN_CONV2D_BACKWARD_WEIGHT,
                                  .gated = gated,
                                  .sums = kernels->backward && sums ? sums->data : NULL};
    const conv2d_taken taken = cnn_conv2d_take(call, kernels, s, &wishes, in[INPUT], in[DOUTPUT]);
    const cnn_conv2d_fusion *fusion = taken.fused ? &taken.fusion : NULL;
    const void *weight = cnn_tensor_data(in[WEIGHT]);
    void *dinput = cnn_tensor_data(out[DINPUT]), *dweight = cnn_tensor_data(out[DWEIGHT]);
    if (kernels->backward) {
        kernels->backward(call->team, s, fusion, taken.input, kept, weight, taken.doutput, dinput, dweight, workspace);
        if (taken.fusion.sums) status = keep_sums(&sums, cnn_wait_of(in[INPUT]), out[DINPUT], err);
    } else {
        kernels->backward_weight(call->team, s, fusion, taken.input, kept, taken.doutput, dweight, workspace);
        kernels->backward_input(call->team, s, NULL, NULL, cnn_tensor_data(in[DOUTPUT]), weight, dinput, workspace);
    }
    cnn_storage_release(&sums);
    return status;
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
    cnn_tensor *in[INPUTS] = {NULL}, *results[2] = {out[DINPUT], NULL};
    cnn_storage *workspace = NULL;
    cnn_conv2d_params s;
    if (!kernels || !kernels->backward_input || !kernels->backward_weight)
        return cnn_ops_no_kernel(call, out[0]->dtype, err);
    const conv2d_both_params *params = call->params;
    cnn_status status = cnn_conv2d_sizes(call->op->name, &params->conv, call->in[INPUT], call->in[WEIGHT], &s, err);
    if (status == CNN_OK && s.n == 0) return cnn_ops_fill(call, out[DWEIGHT], 0, err); /* a sum over no images */
    if (status == CNN_OK) status = cnn_dense_channels_last(call->in[DOUTPUT], &in[DOUTPUT], err);
    if (status == CNN_OK) status = cnn_dense_channels_last(call->in[INPUT], &in[INPUT], err);
    if (status == CNN_OK) status = cnn_conv2d_weight(call, call->in[WEIGHT], &in[WEIGHT], err);
    if (status == CNN_OK) status = cnn_conv2d_dweight(out[DWEIGHT], &results[DWEIGHT], err);
    if (status == CNN_OK && call->in[KEPT]) in[KEPT] = cnn_tensor_retain(call->in[KEPT]);
    if (status == CNN_OK) status = both_workspace(call, kernels, &s, &workspace, err);
    if (status == CNN_OK) status = run_both(call, kernels, &s, in, results, workspace ? workspace->data : NULL, err);
    if (status == CNN_OK) status = cnn_conv2d_dweight_done(call, results[DWEIGHT], out[DWEIGHT], err);
    for (int i = 0; i < INPUTS; i++) cnn_tensor_release(&in[i]);
    cnn_tensor_release(&results[DWEIGHT]);
    cnn_storage_release(&workspace);
    return status;
}

/* ---- the gradient of the gradients ---- */

static cnn_status both_backward_doutput(const cnn_gradient *g, cnn_tensor **din, cnn_error *err) {
    const conv2d_params *conv = &((const conv2d_both_params *)g->params)->conv;
    cnn_tensor *through_input = NULL, *through_weight = NULL;
    cnn_status status = CNN_OK;
    if (g->dout[DINPUT]) status = cnn_conv2d(conv, g->dout[DINPUT], g->in[WEIGHT], NULL, &through_input, err);
    if (status == CNN_OK && g->dout[DWEIGHT])
        status = cnn_conv2d(conv, g->in[INPUT], g->dout[DWEIGHT], NULL, &through_weight, err);
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
    conv2d_backward_params params = {.conv = ((const conv2d_both_params *)g->params)->conv};
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
    .param_bytes = sizeof(conv2d_both_params),
    .fields = both_fields,
    .infer = both_infer,
    .forward = both_forward,
    .reads_bf16 = cnn_conv2d_reads_bf16,
    .backward = both_backward,
};
