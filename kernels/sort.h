/* SPDX-License-Identifier: MIT
 * CONTRACT sort: the first k elements of each row in ascending or descending order, and where they stood.
 *
 *   x                  [rows, n] dense, n < 2^31
 *   values, positions  [rows, k] dense, 1 <= k <= n; positions are int64, from 1
 *
 * NaN counts as larger than every number, so it stands last ascending and first descending; -0 equals 0. Equal elements
 * keep their order, descending too: of the result there is only one. Values are copied bit by bit. */
#ifndef CNN_KERNELS_SORT_H
#define CNN_KERNELS_SORT_H

#include "base.h"

typedef struct cnn_sort_params {
    int64_t rows, n, k;
    bool descending;
} cnn_sort_params;

typedef struct cnn_sort_kernels {
    /* scratch bytes; the workspace is aligned to 64 bytes */
    size_t (*workspace_bytes)(const cnn_team *team, const cnn_sort_params *params);
    void (*sort)(const cnn_team *team, const cnn_sort_params *params, const void *x, void *values, int64_t *positions,
                 void *workspace);
} cnn_sort_kernels;

#endif
