/* SPDX-License-Identifier: MIT
 * What the convolution's passes hand on to one another beside tensors: what the input waits for, and what forward kept
 * of it. */
#include "core/ops/conv2d.h"
#include "core/ops/support.h"

#include <string.h>

conv2d_input cnn_conv2d_take(const cnn_call *call, const cnn_conv2d_kernels *kernels, const cnn_conv2d_params *sizes,
                             cnn_conv2d_pass pass, const cnn_tensor *input, float *moments) {
    const cnn_waiting *waiting = cnn_wait_of(input);
    conv2d_input take = {.fusion = {.moments = moments}};
    if (waiting && waiting->factors && !waiting->source[CNN_WAIT_GATE] && cnn_tensor_is_channels_last(input)) {
        const cnn_chain chain = cnn_wait_chain(waiting);
        take.fusion = (cnn_conv2d_fusion){.mean = chain.mean,
                                          .scale = chain.scale,
                                          .shift = chain.shift,
                                          .residual = chain.y,
                                          .staged = chain.y ? input->storage->data : NULL,
                                          .relu = chain.relu,
                                          .moments = moments};
        take.fused = kernels->fuses && kernels->fuses(call->team, sizes, pass, &take.fusion);
        take.staged = take.fused && chain.y;
        take.data = chain.x;
    }
    if (take.fused) return take;
    take.fusion = (cnn_conv2d_fusion){.moments = moments};
    if (moments && !(kernels->fuses && kernels->fuses(call->team, sizes, pass, &take.fusion)))
        take.fusion.moments = NULL;
    take.data = cnn_tensor_data(input);
    return take;
}

/* ---- what forward kept ---- */

typedef struct stamp {
    const cnn_conv2d_kernels *kernels;
    cnn_conv2d_algorithm algorithm;
} stamp;

enum { STAMP_FLOATS = sizeof(stamp) / sizeof(float) };

static stamp stamp_of(const cnn_call *call, const cnn_conv2d_params *sizes) {
    stamp now;
    memset(&now, 0, sizeof now); /* the padding, too, is compared */
    now.kernels = call->kernels->conv2d[CNN_F32];
    now.algorithm = sizes->algorithm;
    return now;
}

int64_t cnn_conv2d_kept_floats(const cnn_call *call, const cnn_conv2d_params *sizes) {
    const cnn_conv2d_kernels *kernels = call->kernels->conv2d[call->in[0]->dtype];
    if (!kernels || !kernels->kept_bytes || call->in[0]->dtype != CNN_F32 || sizes->n == 0) return 0;
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
    return memcmp(place_of_stamp(kept), &now, sizeof now) == 0 ? cnn_tensor_data(kept) : NULL;
}
