/* SPDX-License-Identifier: MIT
 * CONTRACT pool2d: the largest or the mean value under a window that walks over each channel.
 *
 *   input, dinput    [N, H, W, C]  channels last, dense
 *   output, doutput  [N, P, Q, C]  channels last, dense
 *   indices          [N, P, Q, C]  int64: h*W + w of the largest value (the first of equals; a NaN counts as largest)
 *
 * Windows start at p*stride_h - pad_h and are r x s with the given dilation; places outside the image never win
 * and add nothing; a dilated window that lies wholly outside gives -inf, index -1 and no gradient. P and Q are given
 * (they may include the partly outside windows of ceil_mode); H*W is below 2^31, the caller has checked.
 * avg_pool2d divides by r*s when count_include_pad (windows clipped to the padded image), else by the number of places
 * inside the image; a nonzero divisor replaces both. max gradients add up where windows overlap; the gradients
 * overwrite dinput. Dilation is 1 for averages.
 * The gradients of bfloat16 kernels are for windows that lie side by side and cover the image: others add up, which
 * takes more than eight bits. */
#ifndef CNN_KERNELS_POOL2D_H
#define CNN_KERNELS_POOL2D_H

#include "base.h"

typedef struct cnn_pool2d_params {
    int64_t n, c, h, w;             /* input                          */
    int64_t r, s;                   /* window                         */
    int64_t p, q;                   /* output                         */
    int64_t stride_h, stride_w;     /* >= 1                           */
    int64_t pad_h, pad_w;           /* 0 … r/2, s/2                   */
    int64_t dilation_h, dilation_w; /* >= 1; max only                 */
    int64_t divisor;                /* averages: 0 = size of window   */
    bool count_include_pad;         /* averages                       */
} cnn_pool2d_params;

typedef struct cnn_pool2d_kernels {
    void (*max_forward)(const cnn_team *team, const cnn_pool2d_params *params, const void *input, void *output,
                        int64_t *indices);
    void (*max_backward)(const cnn_team *team, const cnn_pool2d_params *params, const void *doutput,
                         const int64_t *indices, void *dinput);
    void (*avg_forward)(const cnn_team *team, const cnn_pool2d_params *params, const void *input, void *output);
    void (*avg_backward)(const cnn_team *team, const cnn_pool2d_params *params, const void *doutput, void *dinput);
} cnn_pool2d_kernels;

#endif
