/* SPDX-License-Identifier: MIT
 * Direct convolution on vectors of channels, float32; compiled once per instruction-set level.
 *
 * No matrix of windows is ever built: registers hold tiles of results while packed weights and windows stream by from
 * the caches (conv2d_tile.h); images are cut into bands that fit them (conv2d_bands.h). Forward and input gradient are
 * one algorithm (conv2d_plan.h, conv2d_correlate.h), the weight gradient is its mirror (conv2d_gradient.h).
 * Ladder, forward GFLOP/s on one AVX-512 core, 64 channels, 3x3: textbook loops 2 -> sums that the compiler leaves in
 * memory 38 -> in registers 202 -> padded rows skipped 219 (this). The core's limit, fma alone, is about 245. */
#include "kernels/cpu/conv2d_gradient.h"

/* A 1x1 convolution sees pixels only: one long row of them makes full tiles whatever the image's width. */
static cnn_conv2d_params simplified(const cnn_conv2d_params *params) {
    cnn_conv2d_params a = *params;
    if (a.r == 1 && a.s == 1 && a.stride_h == 1 && a.stride_w == 1 && a.pad_h == 0 && a.pad_w == 0 && a.n > 0) {
        a.w *= a.n * a.h;
        a.q = a.w;
        a.n = a.h = a.p = 1;
    }
    return a;
}

static size_t direct_workspace_bytes(const cnn_team *team, const cnn_conv2d_params *params, cnn_conv2d_pass pass) {
    const cnn_conv2d_params a = simplified(params);
    if (a.n == 0) return 0;
    if (pass == CNN_CONV2D_BACKWARD_WEIGHT) {
        const conv2d_gradient g = gradient_plan(team, &a);
        return gradient_bytes(&g);
    }
    const conv2d_correlation c = correlation_plan(team, &a, pass == CNN_CONV2D_BACKWARD_INPUT);
    return correlation_bytes(&c);
}

static void direct_forward(const cnn_team *team, const cnn_conv2d_params *params, const cnn_conv2d_fusion *fusion,
                           const void *input, const void *weight, const void *bias, void *output, void *kept,
                           void *workspace) {
    (void)fusion, (void)kept;
    const cnn_conv2d_params a = simplified(params);
    if (a.n == 0) return;
    conv2d_correlation c = correlation_plan(team, &a, false);
    correlate(team, &c, input, weight, bias, output, workspace);
}

static void direct_backward_input(const cnn_team *team, const cnn_conv2d_params *params,
                                  const cnn_conv2d_fusion *fusion, const void *input, const void *doutput,
                                  const void *weight, void *dinput, void *workspace) {
    (void)fusion, (void)input;
    const cnn_conv2d_params a = simplified(params);
    if (a.n == 0) return;
    conv2d_correlation c = correlation_plan(team, &a, true);
    correlate(team, &c, doutput, weight, NULL, dinput, workspace);
}

static void direct_backward_weight(const cnn_team *team, const cnn_conv2d_params *params,
                                   const cnn_conv2d_fusion *fusion, const void *input, const void *kept,
                                   const void *doutput, void *dweight, void *workspace) {
    (void)fusion, (void)kept;
    const cnn_conv2d_params a = simplified(params);
    if (a.n == 0) {
        memset(dweight, 0, (size_t)(a.k * (a.c / a.groups) * a.r * a.s) * sizeof(float));
        return;
    }
    const conv2d_gradient g = gradient_plan(team, &a);
    weight_gradient(team, &g, input, doutput, dweight, workspace);
}

const cnn_conv2d_kernels CNN_VARIANT(cnn_conv2d_direct) = {
    .workspace_bytes = direct_workspace_bytes,
    .forward = direct_forward,
    .backward_input = direct_backward_input,
    .backward_weight = direct_backward_weight,
};
