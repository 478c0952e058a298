/* SPDX-License-Identifier: MIT
 * CONTRACT conv2d: 2-d cross-correlation, as deep learning says "convolution", and its two gradients.
 *
 *   input   [N, H, W, C]         images, channels last, dense
 *   weight  [K, C/groups, R, S]  as users see it, dense row-major; kernels repack it in the workspace
 *   bias    [K]                  may be NULL
 *   output  [N, P, Q, K]         channels last, dense
 *
 *   output[n,p,q,k] = bias[k] + sum over c, r, s of
 *       input[n, p*stride_h - pad_h + r*dilation_h, q*stride_w - pad_w + s*dilation_w, c] * weight[k,c,r,s]
 *   with input = 0 outside the image. c runs over the channels of k's group.
 *
 * P = floor((H + 2*pad_h - dilation_h*(R-1) - 1) / stride_h) + 1, Q likewise: the caller has computed them and all
 * sizes are at least 1, except N, which may be 0. The gradients overwrite their result (`=`, not `+=`).
 * Source: Dumoulin & Visin 2016, arXiv:1603.07285 (sizes; the backward pass is their transposed convolution). */
#ifndef CNN_KERNELS_CONV2D_H
#define CNN_KERNELS_CONV2D_H

#include "base.h"

typedef enum cnn_conv2d_algorithm {
    CNN_CONV2D_AUTO,      /* the cheapest that suits the shape                                          */
    CNN_CONV2D_DIRECT,    /* sums over the window: every shape                                          */
    CNN_CONV2D_WINOGRAD,  /* F(4x4, 3x3): 3x3, stride 1, dilation 1, one group                          */
    CNN_CONV2D_FFT,       /* products of spectra: stride 1, dilation 1, one group                       */
    CNN_CONV2D_REFERENCE, /* the textbook loops                                                         */
    CNN_CONV2D_ALGORITHMS
} cnn_conv2d_algorithm;

static inline const char *cnn_conv2d_algorithm_name(cnn_conv2d_algorithm algorithm) {
    static const char *const names[CNN_CONV2D_ALGORITHMS] = {"auto", "direct", "winograd", "fft", "reference"};
    return names[algorithm];
}

typedef struct cnn_conv2d_params {
    int64_t n, c, h, w;             /* input                              */
    int64_t k, r, s;                /* filters, kernel height and width   */
    int64_t p, q;                   /* output height and width            */
    int64_t stride_h, stride_w;     /* >= 1                               */
    int64_t pad_h, pad_w;           /* zeros on each side, >= 0           */
    int64_t dilation_h, dilation_w; /* >= 1                               */
    int64_t groups;                 /* divides c and k                    */
    cnn_conv2d_algorithm algorithm; /* what the user forces; where it does not suit the shape, direct */
} cnn_conv2d_params;

typedef enum cnn_conv2d_pass {
    CNN_CONV2D_FORWARD,
    CNN_CONV2D_BACKWARD_INPUT,
    CNN_CONV2D_BACKWARD_WEIGHT,
    CNN_CONV2D_BACKWARD, /* both gradients, from one look at doutput */
    CNN_CONV2D_PASSES
} cnn_conv2d_pass;

/* In the table of bfloat16, images and what lies as they do are bfloat16: input, output, their gradients, residual and
 * staged. Weights, bias, dweight and vectors per channel stay float32, and so do the sums inside; a number is rounded
 * when it is written, or would be, were the steps of a fusion passes of their own. */

/* What is done on the way in and out, so that it takes no pass over memory of its own: a batch normalisation with what
 * surrounds it, of the input, and of the output. Pointers are NULL for what is not wanted; vectors are per channel,
 * arrays lie as input or output do. `fuses` says what a pass can do; a field that a pass does not name is ignored.
 *
 *   input'   = max(0, fma(input - mean, scale, shift) + residual)       (max only if relu; padding stays 0)
 *   doutput' = fma(d_scale, doutput, fma(d_slope, output - d_mean, d_shift))
 *
 * are what the passes then see in place of input and doutput. */
typedef struct cnn_conv2d_fusion {
    const float *mean, *scale, *shift; /* [C], all or none: every pass                                               */
    const void *residual;              /* forward only, with staged                                                  */
    void *staged;                      /* forward: receives input'                                                   */
    bool relu;                         /* every pass; backward: dinput is 0 where input' is                          */
    float *moments;                    /* forward: [N, 3, K], per image and filter: a number near the mean,
                                          sum(output - near) and sum((output - near)^2)                              */
    const void *output;                /* backward passes: what forward gave, for doutput'; with the next four       */
    const float *d_mean, *d_scale, *d_slope, *d_shift; /* [K]                                                        */
    float *sums; /* backward and backward_input, with mean: [N, 2, C], per image and channel:
                    sum(dinput), sum(dinput * (input - mean)), after relu's zeros              */
} cnn_conv2d_fusion;

typedef struct cnn_conv2d_kernels {
    /* Which algorithm a pass of these sizes runs; why is told in `why` (NULL, or room for CNN_CONV2D_WHY bytes). */
    cnn_conv2d_algorithm (*algorithm)(const cnn_team *team, const cnn_conv2d_params *params, cnn_conv2d_pass pass,
                                      char *why);
    /* Bytes of scratch memory that a pass needs for these parameters and threads; 0 is fine.
     * The workspace is aligned to 64 bytes; its contents are not initialised. */
    size_t (*workspace_bytes)(const cnn_team *team, const cnn_conv2d_params *params, cnn_conv2d_pass pass);
    /* Bytes that forward can keep of the input, transformed, for the weight's gradient; 0: nothing. */
    size_t (*kept_bytes)(const cnn_team *team, const cnn_conv2d_params *params);
    /* Whether this pass can do all of the fusion. NULL: it can do none. */
    bool (*fuses)(const cnn_team *team, const cnn_conv2d_params *params, cnn_conv2d_pass pass,
                  const cnn_conv2d_fusion *fusion);

    /* kept: NULL, or room for kept_bytes, aligned to 64, to be given to the backward passes.
     * fusion: NULL, or what `fuses` said yes to; its input side is the same in all passes. */
    void (*forward)(const cnn_team *team, const cnn_conv2d_params *params, const cnn_conv2d_fusion *fusion,
                    const void *input, const void *weight, const void *bias, void *output, void *kept, void *workspace);
    /* dinput [N, H, W, C] from doutput [N, P, Q, K]; input is read only for a fusion's relu and sums, else NULL */
    void (*backward_input)(const cnn_team *team, const cnn_conv2d_params *params, const cnn_conv2d_fusion *fusion,
                           const void *input, const void *doutput, const void *weight, void *dinput, void *workspace);
    /* dweight [K, C/groups, R, S] from input (or what was kept of it) and doutput */
    void (*backward_weight)(const cnn_team *team, const cnn_conv2d_params *params, const cnn_conv2d_fusion *fusion,
                            const void *input, const void *kept, const void *doutput, void *dweight, void *workspace);
    /* Both; dinput is the gradient of input', what the convolution saw. May be NULL: core runs the two. */
    void (*backward)(const cnn_team *team, const cnn_conv2d_params *params, const cnn_conv2d_fusion *fusion,
                     const void *input, const void *kept, const void *weight, const void *doutput, void *dinput,
                     void *dweight, void *workspace);
} cnn_conv2d_kernels;

#define CNN_CONV2D_WHY 160

#endif
