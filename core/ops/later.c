/* SPDX-License-Identifier: MIT
 * Which steps may wait, and how one is added to what waits already: see later.h. */
#include "core/ops/later.h"

#include <string.h>

/* Do both lie dense in the same order, and fill their storages from the start? */
static bool lie_alike(const cnn_tensor *a, const cnn_tensor *b) {
    if (a->dtype != b->dtype || a->offset != 0 || b->offset != 0 || !cnn_shape_equal(&a->shape, &b->shape))
        return false;
    for (int i = 0; i < a->shape.ndim; i++)
        if (a->shape.size[i] > 1 && a->stride[i] != b->stride[i]) return false;
    return !a->storage->hollow && !b->storage->hollow && cnn_strides_are_dense(&a->shape, a->stride);
}

/* What x waits for, if a step may be added to it. */
static const cnn_waiting *open_chain(const cnn_tensor *x) {
    const cnn_waiting *waiting = cnn_wait_of(x);
    return waiting && !waiting->relu && !waiting->linear && !waiting->source[CNN_WAIT_GATE] ? waiting : NULL;
}

/* A chain that begins with x's numbers. Without factors any width of rows will do. */
static cnn_waiting begin(cnn_tensor *x) {
    const int64_t numel = cnn_tensor_numel(x), width = numel % 16 == 0 ? 16 : 1;
    return (cnn_waiting){.source = {x}, .rows = numel / width, .channels = width};
}

/* Puts the plan in place of what `out` waited for: an in-place step, or a fresh result. Whoever waits to read `out` has
 * been served: in-place forms say that they write before they run. */
static bool wait_anew(cnn_tensor *out, const cnn_waiting *plan) {
    cnn_waiting kept = *plan;
    for (int i = 0; i < CNN_WAIT_SOURCES; i++)
        if (kept.source[i]) kept.source[i] = cnn_tensor_retain(kept.source[i]);
    if (kept.factors) cnn_storage_retain(kept.factors);
    if (kept.gate_factors) cnn_storage_retain(kept.gate_factors);
    cnn_wait_done(out->storage);
    cnn_wait(out, &kept);
    for (int i = 0; i < CNN_WAIT_SOURCES; i++) cnn_tensor_release(&kept.source[i]);
    cnn_storage_release(&kept.factors);
    cnn_storage_release(&kept.gate_factors);
    return true;
}

/* ---- the steps ---- */

cnn_status cnn_norm_factors(const cnn_tensor *mean, const cnn_tensor *invstd, const cnn_tensor *weight,
                            const cnn_tensor *bias, cnn_storage **out, cnn_error *err) {
    const int64_t channels = cnn_tensor_numel(mean);
    const size_t bytes = (size_t)channels * cnn_dtype_bytes(mean->dtype);
    cnn_status status = cnn_storage_new(3 * bytes, out, err);
    if (status != CNN_OK) return status;
    memcpy((*out)->data, cnn_tensor_data(mean), bytes);
    for (int64_t c = 0; c < channels; c++) {
        if (mean->dtype == CNN_F32) {
            float *factor = (*out)->data;
            const float *s = cnn_tensor_data(invstd), *w = weight ? cnn_tensor_data(weight) : NULL;
            factor[channels + c] = w ? s[c] * w[c] : s[c];
            factor[2 * channels + c] = bias ? ((const float *)cnn_tensor_data(bias))[c] : 0;
        } else {
            double *factor = (*out)->data;
            const double *s = cnn_tensor_data(invstd), *w = weight ? cnn_tensor_data(weight) : NULL;
            factor[channels + c] = w ? s[c] * w[c] : s[c];
            factor[2 * channels + c] = bias ? ((const double *)cnn_tensor_data(bias))[c] : 0;
        }
    }
    return CNN_OK;
}

bool cnn_later_relu(cnn_tensor *x, cnn_tensor *out) {
    const cnn_waiting *waiting = open_chain(x);
    if (!waiting || !lie_alike(x, out)) return false;
    cnn_waiting plan = *waiting;
    plan.relu = true;
    return wait_anew(out, &plan);
}

bool cnn_later_add(cnn_tensor *a, cnn_tensor *b, cnn_tensor *out) {
    if (!cnn_wait_pays(out) || !lie_alike(a, out) || !lie_alike(b, out)) return false;
    for (int i = 0; i < 2; i++) {
        const cnn_waiting *waiting = open_chain(i ? b : a);
        cnn_tensor *other = i ? a : b;
        if (!waiting || !waiting->factors || waiting->source[CNN_WAIT_Y] || other->storage == out->storage) continue;
        cnn_waiting plan = *waiting;
        plan.source[CNN_WAIT_Y] = other;
        return wait_anew(out, &plan);
    }
    return false;
}

bool cnn_later_sum(cnn_tensor *a, cnn_tensor *b, cnn_tensor *out) {
    if (!cnn_wait_pays(out) || !lie_alike(a, out) || !lie_alike(b, out)) return false;
    cnn_waiting plan = begin(a);
    plan.source[CNN_WAIT_Y] = b;
    return wait_anew(out, &plan);
}

/* Lets the gate be y; or, where y is a batch norm and a ReLU that nobody has needed the numbers of, what y is made of:
 * ReLU's result is positive where the batch norm's is. */
static void gate_by(cnn_waiting *plan, cnn_tensor *y) {
    const cnn_waiting *made = cnn_wait_of(y);
    plan->source[CNN_WAIT_GATE] = y;
    if (!made || !made->factors || made->linear || made->source[CNN_WAIT_Y] || made->source[CNN_WAIT_GATE]) return;
    plan->source[CNN_WAIT_GATE] = made->source[CNN_WAIT_X];
    plan->gate_factors = made->factors;
    plan->rows = made->rows;
    plan->channels = made->channels;
}

bool cnn_later_gate(cnn_tensor *dout, cnn_tensor *y, cnn_tensor *out) {
    if (!cnn_wait_pays(out) || !lie_alike(dout, out) || !lie_alike(y, out)) return false;
    const cnn_waiting *waiting = open_chain(dout);
    cnn_waiting plan = waiting && !waiting->factors ? *waiting : begin(dout);
    gate_by(&plan, y);
    return wait_anew(out, &plan);
}

bool cnn_later_norm(cnn_tensor *rows, const cnn_tensor *mean, const cnn_tensor *invstd, const cnn_tensor *weight,
                    const cnn_tensor *bias, cnn_tensor *out) {
    cnn_error err;
    cnn_waiting plan = {.source = {rows}, .channels = cnn_tensor_numel(mean)};
    if (!cnn_wait_pays(out) || !lie_alike(rows, out)) return false;
    if (cnn_norm_factors(mean, invstd, weight, bias, &plan.factors, &err) != CNN_OK) return false;
    plan.rows = cnn_tensor_numel(out) / plan.channels;
    wait_anew(out, &plan);
    cnn_storage_release(&plan.factors);
    return true;
}

bool cnn_later_linear(cnn_tensor *doutput, cnn_tensor *input, cnn_storage *factors, cnn_tensor *out) {
    if (!cnn_wait_pays(out) || !lie_alike(doutput, out) || !lie_alike(input, out)) return false;
    const int64_t channels = (int64_t)(factors->bytes / (5 * sizeof(float)));
    const cnn_waiting plan = {.source = {doutput, input},
                              .factors = factors,
                              .linear = true,
                              .rows = cnn_tensor_numel(out) / channels,
                              .channels = channels};
    return wait_anew(out, &plan);
}
