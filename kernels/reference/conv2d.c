/* SPDX-License-Identifier: MIT
 * The textbook loops of the contract conv2d: the oracle of every faster one, and the kernels where no faster exist.
 *
 * Each result element is one sum, gathered in double by one thread, so bits do not depend on the number of threads.
 * The gradients are the derivatives of the contract's formula, written as sums over what each element touched:
 *   dinput[n,h,w,c]  = sum over k, r, s of doutput[n,p,q,k] * weight[k,c,r,s]   where p, q are the outputs whose
 *                      window puts (r, s) on (h, w): h = p*stride_h - pad_h + r*dilation_h, if p is whole and exists
 *   dweight[k,c,r,s] = sum over n, p, q of doutput[n,p,q,k] * input[n, h, w, c] at the same h, w. */
#include "kernels/conv2d.h"

static bool stopped(const cnn_team *team) {
    return team->stop && *team->stop;
}

static size_t conv2d_workspace_bytes(const cnn_team *team, const cnn_conv2d_params *params, cnn_conv2d_pass pass) {
    (void)team;
    (void)params;
    (void)pass;
    return 0;
}

/* The sum of the contract for output element (n, p, q, k), without the bias. */
static double window_sum(const cnn_conv2d_params *a, const REAL *input, const REAL *weight, int64_t n, int64_t p,
                         int64_t q, int64_t k) {
    const int64_t channels = a->c / a->groups;
    const int64_t first = k / (a->k / a->groups) * channels; /* the first channel of k's group */
    double sum = 0;
    for (int64_t r = 0; r < a->r; r++) {
        const int64_t h = p * a->stride_h - a->pad_h + r * a->dilation_h;
        if (h < 0 || h >= a->h) continue;
        for (int64_t s = 0; s < a->s; s++) {
            const int64_t w = q * a->stride_w - a->pad_w + s * a->dilation_w;
            if (w < 0 || w >= a->w) continue;
            const REAL *pixel = input + ((n * a->h + h) * a->w + w) * a->c + first;
            const REAL *tap = weight + (k * channels * a->r + r) * a->s + s;
            for (int64_t c = 0; c < channels; c++) sum += (double)pixel[c] * tap[c * a->r * a->s];
        }
    }
    return sum;
}

static void conv2d_forward(const cnn_team *team, const cnn_conv2d_params *params, const cnn_conv2d_fusion *fusion,
                           const void *input, const void *weight, const void *bias, void *output, void *kept,
                           void *workspace) {
    const cnn_conv2d_params *a = params;
    (void)fusion, (void)kept, (void)workspace;
#pragma omp parallel for collapse(2) num_threads(team->threads) if (team->threads > 1)
    for (int64_t n = 0; n < a->n; n++) {
        for (int64_t p = 0; p < a->p; p++) {
            REAL *row = (REAL *)output + (n * a->p + p) * a->q * a->k;
            for (int64_t q = 0; q < a->q && !stopped(team); q++) {
                for (int64_t k = 0; k < a->k; k++) {
                    const double start = bias ? ((const REAL *)bias)[k] : 0;
                    row[q * a->k + k] = (REAL)(start + window_sum(a, input, weight, n, p, q, k));
                }
            }
        }
    }
}

/* The output row or column whose window puts tap `tap` on input position `at`; -1 if there is none. */
static int64_t output_of(int64_t at, int64_t tap, int64_t pad, int64_t dilation, int64_t stride, int64_t count) {
    const int64_t scaled = at + pad - tap * dilation;
    if (scaled < 0 || scaled % stride != 0 || scaled / stride >= count) return -1;
    return scaled / stride;
}

/* Element (n, h, w, c) of the input's gradient. */
static double touched_sum(const cnn_conv2d_params *a, const REAL *doutput, const REAL *weight, int64_t n, int64_t h,
                          int64_t w, int64_t c) {
    const int64_t channels = a->c / a->groups, filters = a->k / a->groups;
    const int64_t group = c / channels;
    double sum = 0;
    for (int64_t r = 0; r < a->r; r++) {
        const int64_t p = output_of(h, r, a->pad_h, a->dilation_h, a->stride_h, a->p);
        if (p < 0) continue;
        for (int64_t s = 0; s < a->s; s++) {
            const int64_t q = output_of(w, s, a->pad_w, a->dilation_w, a->stride_w, a->q);
            if (q < 0) continue;
            const REAL *pixel = doutput + ((n * a->p + p) * a->q + q) * a->k;
            for (int64_t k = group * filters; k < (group + 1) * filters; k++) {
                sum += (double)pixel[k] * weight[((k * channels + c % channels) * a->r + r) * a->s + s];
            }
        }
    }
    return sum;
}

static void conv2d_backward_input(const cnn_team *team, const cnn_conv2d_params *params,
                                  const cnn_conv2d_fusion *fusion, const void *input, const void *doutput,
                                  const void *weight, void *dinput, void *workspace) {
    (void)fusion, (void)input;
    const cnn_conv2d_params *a = params;
    (void)workspace;
#pragma omp parallel for collapse(2) num_threads(team->threads) if (team->threads > 1)
    for (int64_t n = 0; n < a->n; n++) {
        for (int64_t h = 0; h < a->h; h++) {
            REAL *row = (REAL *)dinput + (n * a->h + h) * a->w * a->c;
            for (int64_t w = 0; w < a->w && !stopped(team); w++) {
                for (int64_t c = 0; c < a->c; c++) {
                    row[w * a->c + c] = (REAL)touched_sum(a, doutput, weight, n, h, w, c);
                }
            }
        }
    }
}

/* Element (k, c, r, s) of the weight's gradient; c counts inside k's group. */
static double image_sum(const cnn_team *team, const cnn_conv2d_params *a, const REAL *input, const REAL *doutput,
                        int64_t k, int64_t c, int64_t r, int64_t s) {
    const int64_t channel = k / (a->k / a->groups) * (a->c / a->groups) + c;
    double sum = 0;
    for (int64_t n = 0; n < a->n && !stopped(team); n++) {
        for (int64_t p = 0; p < a->p; p++) {
            const int64_t h = p * a->stride_h - a->pad_h + r * a->dilation_h;
            if (h < 0 || h >= a->h) continue;
            for (int64_t q = 0; q < a->q; q++) {
                const int64_t w = q * a->stride_w - a->pad_w + s * a->dilation_w;
                if (w < 0 || w >= a->w) continue;
                sum += (double)input[((n * a->h + h) * a->w + w) * a->c + channel] *
                       doutput[((n * a->p + p) * a->q + q) * a->k + k];
            }
        }
    }
    return sum;
}

static void conv2d_backward_weight(const cnn_team *team, const cnn_conv2d_params *params,
                                   const cnn_conv2d_fusion *fusion, const void *input, const void *kept,
                                   const void *doutput, void *dweight, void *workspace) {
    const cnn_conv2d_params *a = params;
    const int64_t channels = a->c / a->groups;
    (void)fusion, (void)kept, (void)workspace;
#pragma omp parallel for collapse(2) num_threads(team->threads) if (team->threads > 1)
    for (int64_t k = 0; k < a->k; k++) {
        for (int64_t c = 0; c < channels; c++) {
            REAL *filter = (REAL *)dweight + (k * channels + c) * a->r * a->s;
            for (int64_t r = 0; r < a->r; r++) {
                for (int64_t s = 0; s < a->s; s++) {
                    filter[r * a->s + s] = (REAL)image_sum(team, a, input, doutput, k, c, r, s);
                }
            }
        }
    }
}

/* cnn_conv2d_reference_f32, cnn_conv2d_reference_f64 */
const cnn_conv2d_kernels CNN_VARIANT(cnn_conv2d) = {
    .workspace_bytes = conv2d_workspace_bytes,
    .forward = conv2d_forward,
    .backward_input = conv2d_backward_input,
    .backward_weight = conv2d_backward_weight,
};
