/* SPDX-License-Identifier: MIT
 * CONTRACT select: elements chosen by position along one dimension, and brought back there.
 *
 *   x      [outer, n, inner] dense
 *   y      [outer, m, inner] dense
 *   index  positions along n: 1 … n, or -1 … -n from the end (checked by the caller);
 *          [outer, m, inner] dense for gather and scatter, [m] for take and put, which move whole rows of `inner`
 *
 *   gather    y[o, j, i] = x[o, index[o, j, i], i]          take   y[o, j, :] = x[o, index[j], :]
 *   scatter   x[o, index[o, j, i], i]  = or +=  y[o, j, i]  put    x[o, index[j], :]  = or +=  y[o, j, :]
 *
 * Where positions repeat, j counts upwards: sums have that order, and what is written last stays, whatever the number
 * of threads. Adding is a logical or for bool, and wraps around for integers. x and y do not overlap. */
#ifndef CNN_KERNELS_SELECT_H
#define CNN_KERNELS_SELECT_H

#include "base.h"

typedef struct cnn_select_params {
    int64_t outer, n, m, inner;
    bool add; /* scatter and put: += instead of = */
} cnn_select_params;

typedef struct cnn_select_kernels {
    void (*gather)(const cnn_team *team, const cnn_select_params *params, const void *x, const int64_t *index, void *y);
    void (*scatter)(const cnn_team *team, const cnn_select_params *params, const int64_t *index, const void *y,
                    void *x);
    void (*take)(const cnn_team *team, const cnn_select_params *params, const void *x, const int64_t *index, void *y);
    void (*put)(const cnn_team *team, const cnn_select_params *params, const int64_t *index, const void *y, void *x);
    /* The positions, from 1, of the elements of x [n] that are not 0 (NaN is not), in order: `room` of them at most
     * are written. Returns how many there are; less when interrupted. */
    int64_t (*nonzero)(const cnn_team *team, int64_t n, const void *x, int64_t room, int64_t *positions);
} cnn_select_kernels;

#endif
