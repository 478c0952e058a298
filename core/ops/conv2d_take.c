/* SPDX-License-Identifier: MIT
 * What the convolution's passes hand on to one another beside tensors: what the input waits for, and what forward kept
 * of it; and weights as bfloat16's kernels want them. */
#include "core/ops/conv2d.h"
#include "core/ops/support.h"

#include <string.h>

/* ---- what waits ---- */

enum { INPUT_SIDE = 1, DOUTPUT_SIDE = 2, NUMBERS = 4 }; /* the sides of a fusion; the last: moments or sums */

/* The batch norm that the input waits for, with its ReLU. A gradient of the input has zeros put where the ReLU gives 0,
 * so only where the caller says that it may. */
static const cnn_waiting *waiting_norm(const cnn_tensor *input, const conv2d_wishes *wishes) {
    const cnn_waiting *waiting = input ? cnn_wait_of(input) : NULL;
    const bool forward = wishes->pass == CNN_CONV2D_FORWARD, weight = wishes->pass == CNN_CONV2D_BACKWARD_WEIGHT;
    if (!waiting || !waiting->factors || waiting->linear || waiting->source[CNN_WAIT_GATE]) return NULL;
    if (!cnn_tensor_is_channels_last(input) || (!forward && waiting->source[CNN_WAIT_Y])) return NULL;
    return !waiting->relu || forward || weight || wishes->gated ? waiting : NULL;
}

/* The batch norm whose gradient doutput waits to be. */
static const cnn_waiting *waiting_gradient(const cnn_tensor *doutput) {
    const cnn_waiting *waiting = doutput ? cnn_wait_of(doutput) : NULL;
    return waiting && waiting->linear && cnn_tensor_is_channels_last(doutput) ? waiting : NULL;
}

static cnn_conv2d_fusion fusion_of(const cnn_waiting *norm, const cnn_waiting *gradient, const conv2d_wishes *wishes,
                                   const cnn_tensor *input, int sides) {
    cnn_conv2d_fusion f = {.moments = sides & NUMBERS ? wishes->moments : NULL,
                           .sums = sides & NUMBERS ? wishes->sums : NULL};
    if (sides & INPUT_SIDE) {
        const cnn_chain chain = cnn_wait_chain(norm);
        f.mean = chain.mean, f.scale = chain.scale, f.shift = chain.shift, f.relu = chain.relu;
        if (wishes->pass == CNN_CONV2D_FORWARD) f.residual = chain.y, f.staged = chain.y ? input->storage->data : NULL;
    }
    if (sides & DOUTPUT_SIDE) {
        const cnn_chain chain = cnn_wait_chain(gradient);
        f.output = chain.y;
        f.d_mean = chain.mean, f.d_scale = chain.scale, f.d_shift = chain.shift, f.d_slope = chain.slope;
    }
    return f;
}

conv2d_taken cnn_conv2d_take(const cnn_call *call, const cnn_conv2d_kernels *kernels, const cnn_conv2d_params *sizes,
                             const conv2d_wishes *wishes, const cnn_tensor *input, const cnn_tensor *doutput) {
    static const int tries[] = {INPUT_SIDE | DOUTPUT_SIDE | NUMBERS,
                                INPUT_SIDE | DOUTPUT_SIDE,
                                INPUT_SIDE | NUMBERS,
                                INPUT_SIDE,
                                DOUTPUT_SIDE,
                                NUMBERS};
    const cnn_waiting *norm = waiting_norm(input, wishes), *gradient = waiting_gradient(doutput);
    const bool numbers = wishes->moments || (wishes->sums && norm && norm->relu);
    const int offered = (norm ? INPUT_SIDE : 0) | (gradient ? DOUTPUT_SIDE : 0) | (numbers ? NUMBERS : 0);
    conv2d_taken taken = {.fused = false};
    int sides = 0;
    for (size_t i = 0; i < sizeof tries / sizeof *tries && kernels->fuses; i++) {
        if ((tries[i] & offered) != tries[i]) continue;
        const cnn_conv2d_fusion f = fusion_of(norm, gradient, wishes, input, tries[i]);
        if (!kernels->fuses(call->team, sizes, wishes->pass, &f)) continue;
        sides = tries[i];
        taken = (conv2d_taken){.fusion = f, .fused = true, .staged = f.staged != NULL};
        break;
    }
    if (input) taken.input = sides & INPUT_SIDE ? cnn_tensor_data(norm->source[CNN_WAIT_X]) : cnn_tensor_data(input);
    if (doutput)
        taken.doutput = sides & DOUTPUT_SIDE ? cnn_tensor_data(gradient->source[CNN_WAIT_X]) : cnn_tensor_data(doutput);
    return taken;
}

/* ---- what forward kept ---- */

typedef struct stamp {
    const cnn_conv2d_kernels *kernels;
    cnn_conv2d_algorithm algorithm;
} stamp;

enum { STAMP_FLOATS = sizeof(stamp) / sizeof(float) };

static stamp stamp_of(const cnn_call *call, const cnn_conv2d_params *sizes) {
    return (stamp){call->kernels->conv2d[call->in[0]->dtype], sizes->algorithm};
}

int64_t cnn_conv2d_kept_floats(const cnn_call *call, const cnn_conv2d_params *sizes) {
    const cnn_conv2d_kernels *kernels = call->kernels->conv2d[call->in[0]->dtype];
    if (!kernels || !kernels->kept_bytes || sizes->n == 0) return 0;
    const size_t bytes = kernels->kept_bytes(call->team, sizes);
    return bytes ? (int64_t)(bytes / sizeof(float)) + STAMP_FLOATS : 0;
}

static char *place_of_stamp(const cnn_tensor *kept) {
    return (char *)cnn_tensor_data(kept) + (cnn_tensor_numel(kept) - STAMP_FLOATS) * (int64_t)sizeof(float);
}

void cnn_conv2d_stamp(const cnn_call *call, const cnn_conv2d_params *sizes, cnn_tensor *kept) {
    const stamp now = stamp_of(call, sizes);
    if (cnn_tensor_numel(kept) > 0) memcpy(place_of_stamp(kept), &now, sizeof now);
}

const void *cnn_conv2d_kept(const cnn_call *call, const cnn_conv2d_params *sizes, const cnn_tensor *kept) {
    const stamp now = stamp_of(call, sizes);
    if (!kept || kept->dtype != CNN_F32 || !cnn_tensor_is_contiguous(kept) || cnn_tensor_numel(kept) == 0) return NULL;
    if (cnn_tensor_numel(kept) != cnn_conv2d_kept_floats(call, sizes)) return NULL;
    stamp then;
    memcpy(&then, place_of_stamp(kept), sizeof then);
    return then.kernels == now.kernels && then.algorithm == now.algorithm ? cnn_tensor_data(kept) : NULL;
}

/* ---- bfloat16 ---- */

bool cnn_conv2d_reads_bf16(const cnn_call *call, cnn_tensor *const *out) {
    (void)out;
    return call->kernels->conv2d[CNN_BF16] != NULL;
}

cnn_status cnn_conv2d_weight(const cnn_call *call, cnn_tensor *weight, cnn_tensor **out, cnn_error *err) {
    cnn_tensor *wide = NULL;
    cnn_status status = cnn_ops_as(call, weight, weight->dtype == CNN_BF16 ? CNN_F32 : weight->dtype, &wide, err);
    if (status == CNN_OK) status = cnn_dense(wide, out, err);
    cnn_tensor_release(&wide);
    return status;
}

cnn_status cnn_conv2d_dweight(cnn_tensor *out, cnn_tensor **dweight, cnn_error *err) {
    if (out->dtype == CNN_BF16) return cnn_tensor_empty(CNN_F32, &out->shape, dweight, err);
    *dweight = cnn_tensor_retain(out);
    return CNN_OK;
}

cnn_status cnn_conv2d_dweight_done(const cnn_call *call, cnn_tensor *dweight, cnn_tensor *out, cnn_error *err) {
    return out->dtype == CNN_BF16 ? cnn_ops_copy(call, dweight, out, err) : CNN_OK;
}
