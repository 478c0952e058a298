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

typedef struct cnn_conv2d_params {
    int64_t n, c, h, w;             /* input                              */
    int64_t k, r, s;                /* filters, kernel height and width   */
    int64_t p, q;                   /* output height and width            */
    int64_t stride_h, stride_w;     /* >= 1                               */
    int64_t pad_h, pad_w;           /* zeros on each side, >= 0           */
    int64_t dilation_h, dilation_w; /* >= 1                               */
    int64_t groups;                 /* divides c and k                    */
} cnn_conv2d_params;

typedef enum cnn_conv2d_pass {
    CNN_CONV2D_FORWARD,
    CNN_CONV2D_BACKWARD_INPUT,
    CNN_CONV2D_BACKWARD_WEIGHT
} cnn_conv2d_pass;

typedef struct cnn_conv2d_kernels {
    /* Bytes of scratch memory that a pass needs for these parameters and threads; 0 is fine.
     * The workspace is aligned to 64 bytes; its contents are not initialised. */
    size_t (*workspace_bytes)(const cnn_team *team, const cnn_conv2d_params *params, cnn_conv2d_pass pass);

    void (*forward)(const cnn_team *team, const cnn_conv2d_params *params, const void *input, const void *weight,
                    const void *bias, void *output, void *workspace);
    /* dinput [N, H, W, C] from doutput [N, P, Q, K] */
    void (*backward_input)(const cnn_team *team, const cnn_conv2d_params *params, const void *doutput,
                           const void *weight, void *dinput, void *workspace);
    /* dweight [K, C/groups, R, S] from input and doutput */
    void (*backward_weight)(const cnn_team *team, const cnn_conv2d_params *params, const void *input,
                            const void *doutput, void *dweight, void *workspace);
} cnn_conv2d_kernels;

#endif
