/* SPDX-License-Identifier: MIT
 * CONTRACT scan: running sums, products and recurrences along the middle of [outer, n, inner], dense.
 *
 *   sum      y[k] = x[0] + … + x[k]
 *   product  y[k] = x[0] * … * x[k]
 *   linear   y[k] = a[k] * y[k - 1] + x[k], with y[-1] = 0; real types only
 *
 * `reverse` runs from the end: y[k] = x[k] + … + x[n - 1], and y[k + 1] in place of y[k - 1]. Terms are taken one after
 * the other, in float64 for real types (wrapping around for integers), and rounded where they are written: the same
 * bits for any number of threads. Results: real types keep theirs, the others give int64. */
#ifndef CNN_KERNELS_SCAN_H
#define CNN_KERNELS_SCAN_H

#include "base.h"

typedef struct cnn_scan_params {
    int64_t outer, n, inner;
    bool reverse;
} cnn_scan_params;

typedef struct cnn_scan_kernels {
    void (*sum)(const cnn_team *team, const cnn_scan_params *params, const void *x, void *y);
    void (*product)(const cnn_team *team, const cnn_scan_params *params, const void *x, void *y);
    void (*linear)(const cnn_team *team, const cnn_scan_params *params, const void *a, const void *x, void *y);
} cnn_scan_kernels;

#endif
