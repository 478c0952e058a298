/* SPDX-License-Identifier: MIT
 * Ops on bfloat16: see narrow.h.
 *
 * An op's infer function knows the type like any other; its forward function need not. Where reads_bf16 does not claim
 * a run, copies in float32 stand for all bfloat16 tensors, in and out, with their layouts; the results are rounded into
 * the real ones, and so is what the op changed among its inputs. */
#include "core/narrow.h"
#include "core/anomaly.h"
#include "core/ops/support.h"
#include "kernels/bf16.h"

static bool is_bf16(const cnn_tensor *x) {
    return x && x->dtype == CNN_BF16;
}

bool cnn_narrow_always(const cnn_call *call, cnn_tensor *const *out) {
    (void)call;
    (void)out;
    return true;
}

bool cnn_narrow_alike(const cnn_call *call, cnn_tensor *const *out) {
    if (!is_bf16(out[0])) return true;
    for (int i = 0; i < call->op->inputs; i++)
        if (call->in[i] && (call->in[i]->dtype == CNN_F32 || call->in[i]->dtype == CNN_F64)) return false;
    return true;
}

static bool meets_bf16(const cnn_call *call, cnn_tensor *const *out) {
    for (int i = 0; i < call->op->inputs; i++)
        if (is_bf16(call->in[i])) return true;
    for (int i = 0; i < call->op->outputs; i++)
        if (is_bf16(out[i])) return true;
    return false;
}

/* float32 copies of the bfloat16 inputs, one for each tensor; the others as they are. */
static cnn_status widen_inputs(const cnn_call *call, cnn_tensor **wide, cnn_error *err) {
    for (int i = 0; i < call->op->inputs; i++) {
        cnn_tensor *x = call->in[i];
        cnn_status status = CNN_OK;
        if (!x) continue;
        for (int j = 0; j < i && !wide[i]; j++)
            if (call->in[j] == x) wide[i] = cnn_tensor_retain(wide[j]);
        if (!wide[i]) status = cnn_ops_as(call, x, is_bf16(x) ? CNN_F32 : x->dtype, &wide[i], err);
        if (status != CNN_OK) return status;
    }
    return CNN_OK;
}

static cnn_status widen_results(const cnn_call *call, cnn_tensor *const *out, cnn_tensor **wide, cnn_error *err) {
    for (int i = 0; i < call->op->outputs; i++) {
        cnn_spec spec = {0};
        cnn_spec_like(&spec, CNN_F32, &out[i]->shape, out[i]);
        cnn_status status = CNN_OK;
        if (is_bf16(out[i])) {
            status = cnn_tensor_empty_strided(CNN_F32, &spec.shape, spec.stride, &wide[i], err);
        } else {
            wide[i] = cnn_tensor_retain(out[i]);
        }
        if (status != CNN_OK) return status;
    }
    return CNN_OK;
}

static cnn_status round_results(const cnn_call *call, cnn_tensor *const *wide_in, cnn_tensor *const *wide_out,
                                cnn_tensor *const *out, cnn_error *err) {
    const cnn_op *op = call->op;
    cnn_status status = CNN_OK;
    for (int i = 0; i < op->outputs && status == CNN_OK; i++)
        if (is_bf16(out[i])) status = cnn_ops_copy(call, wide_out[i], out[i], err);
    for (int i = 0; i < op->inputs && status == CNN_OK; i++) {
        if (!(op->writes_in >> i & 1) || !is_bf16(call->in[i])) continue;
        cnn_tensor_written(call->in[i], op->name);
        status = cnn_ops_copy(call, wide_in[i], call->in[i], err);
    }
    return status;
}

cnn_status cnn_forward(const cnn_call *call, cnn_tensor *const *out, cnn_error *err) {
    const cnn_op *op = call->op;
    if (!meets_bf16(call, out) || (op->reads_bf16 && op->reads_bf16(call, out))) return op->forward(call, out, err);
    cnn_tensor *in[CNN_MAX_INPUTS] = {NULL}, *results[CNN_MAX_OUTPUTS] = {NULL};
    cnn_call wide = *call;
    wide.in = in;
    cnn_status status = widen_inputs(call, in, err);
    if (status == CNN_OK) status = widen_results(call, out, results, err);
    if (status == CNN_OK) status = op->forward(&wide, results, err);
    if (status == CNN_OK) status = round_results(call, in, results, out, err);
    for (int i = 0; i < op->inputs; i++) cnn_tensor_release(&in[i]);
    for (int i = 0; i < op->outputs; i++) cnn_tensor_release(&results[i]);
    return status;
}

cnn_status cnn_tensor_number(cnn_dtype dtype, double value, cnn_tensor **out, cnn_error *err) {
    const cnn_shape scalar = {.ndim = 0};
    const float single = (float)value;
    const bool fits = dtype != CNN_BF16 || single != single || cnn_bf16_widen(cnn_bf16_round(single)) == single;
    cnn_status status = cnn_tensor_full(fits ? dtype : CNN_F32, &scalar, value, out, err);
    if (status == CNN_OK && !fits) (*out)->is_number = true;
    return status;
}
