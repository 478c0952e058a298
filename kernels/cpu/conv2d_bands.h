/* SPDX-License-Identifier: MIT
 * How the fast convolutions walk an image: axes, bands and panels.
 *
 * An axis says, for one of the two directions, which source positions each result reads. Results are worked on in bands
 * (some rows by some columns) whose source fits the second-level cache. The source of a band is read where it lies when
 * no window leaves the image; otherwise it is copied, with its zeros, into a panel of the thread, so that the inner
 * loops never ask where the image ends. Everything here is exact for any stride, padding and dilation. */
#ifndef CNN_KERNELS_CPU_CONV2D_BANDS_H
#define CNN_KERNELS_CPU_CONV2D_BANDS_H

#include "kernels/conv2d.h"
#include "kernels/cpu/vector.h"

/* Result i of an axis reads source position i*stride + at + j*at_step for its taps j = 0 … taps-1, where tap j is
 * kernel position tap + j*tap_step. Result i lies at out + i*out_step of the destination. */
typedef struct conv2d_axis {
    int64_t taps, tap, tap_step;
    int64_t at, at_step; /* at_step >= 1: positions ascend */
    int64_t stride;
    int64_t count; /* results */
    int64_t out, out_step;
} conv2d_axis;

/* From begin up to, not including, end. */
typedef struct conv2d_range {
    int64_t begin, end;
} conv2d_range;

/* The source of results in bands. Offsets `first … last` are relative to result*stride. */
typedef struct conv2d_bands {
    int64_t h, w, c;              /* source image                                             */
    int64_t rows, cols;           /* results                                                  */
    int64_t stride_h, stride_w;   /* source positions from one result to the next             */
    int64_t first_h, last_h;      /* rows that a result reads, smallest and largest offset    */
    int64_t first_w, last_w;      /* columns                                                  */
    int64_t band_rows, band_cols; /* results in a band, the last ones may have fewer          */
    int64_t bands_h, bands_w;     /* number of bands                                          */
    int64_t pitch;                /* floats from one source pixel to the next                 */
    bool exact;                   /* who walks skips what lies outside the image: never a panel */
    bool direct;                  /* exact, or no window leaves the image: read it in place     */
    int64_t panel_floats;         /* size of a thread's panel, a multiple of 16; 0 if direct    */
} conv2d_bands;

/* One band, opened: where its source lies and which results it has. */
typedef struct conv2d_band {
    const float *x;    /* the image or the panel                                                           */
    int64_t origin;    /* floats from x to the source pixel at offset (first_h, first_w) of the first result */
    int64_t row_step;  /* floats from one source row to the next                                           */
    int64_t row, rows; /* first result row, number of rows                                                 */
    int64_t col, cols;
} conv2d_band;

static inline int64_t ceil_div(int64_t a, int64_t b) {
    return (a + b - 1) / b;
}

static inline int64_t round_up(int64_t a, int64_t b) {
    return ceil_div(a, b) * b;
}

static inline int64_t min_i64(int64_t a, int64_t b) {
    return a < b ? a : b;
}

static inline int64_t max_i64(int64_t a, int64_t b) {
    return a > b ? a : b;
}

static inline bool conv2d_stopped(const cnn_team *team) {
    return team->stop && *team->stop;
}

static inline conv2d_range intersect(conv2d_range a, conv2d_range b) {
    const conv2d_range both = {max_i64(a.begin, b.begin), min_i64(a.end, b.end)};
    return both.begin < both.end ? both : (conv2d_range){a.begin, a.begin};
}

/* The i for which 0 <= at + i*step < size, of those from 0 up to count. */
static inline conv2d_range conv2d_inside(int64_t at, int64_t step, int64_t size, int64_t count) {
    const int64_t begin = at >= 0 ? 0 : ceil_div(-at, step);
    const int64_t end = at >= size ? 0 : ceil_div(size - at, step);
    return intersect((conv2d_range){0, count}, (conv2d_range){begin, end});
}

/* The results of an axis for which tap j lies inside the source. */
static inline conv2d_range conv2d_results_of_tap(const conv2d_axis *axis, int64_t j, int64_t size) {
    return conv2d_inside(axis->at + j * axis->at_step, axis->stride, size, axis->count);
}

/* The taps of an axis that lie inside the source for result i. */
static inline conv2d_range conv2d_taps_of_result(const conv2d_axis *axis, int64_t i, int64_t size) {
    return conv2d_inside(i * axis->stride + axis->at, axis->at_step, size, axis->taps);
}

static inline conv2d_axis conv2d_forward_axis(int64_t taps, int64_t pad, int64_t dilation, int64_t stride,
                                              int64_t count) {
    return (conv2d_axis){
        .taps = taps, .tap_step = 1, .at = -pad, .at_step = dilation, .stride = stride, .count = count, .out_step = 1};
}

static inline int64_t conv2d_gcd(int64_t a, int64_t b) {
    while (b) {
        const int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* The gradient of an axis, for the input positions `phase`, phase + stride, …: they meet every (stride/gcd)-th tap, and
 * the outputs they meet lie side by side, so each phase is a correlation of stride 1. Taps run backwards to make the
 * outputs ascend. Every tap belongs to exactly one phase. */
static inline conv2d_axis conv2d_gradient_axis(int64_t taps, int64_t pad, int64_t dilation, int64_t stride,
                                               int64_t size, int64_t phase) {
    const int64_t common = conv2d_gcd(dilation, stride), period = stride / common;
    conv2d_axis axis = {.tap_step = -period,
                        .at_step = dilation / common,
                        .stride = 1,
                        .count = phase < size ? ceil_div(size - phase, stride) : 0,
                        .out = phase,
                        .out_step = stride};
    int64_t first = 0;
    while (first < taps && first < period && (phase + pad - first * dilation) % stride != 0) first++;
    if (first >= taps || first >= period) return axis;
    axis.taps = (taps - 1 - first) / period + 1;
    axis.tap = first + (axis.taps - 1) * period;
    axis.at = (phase + pad - axis.tap * dilation) / stride;
    return axis;
}

/* Chooses bands for the walk whose first part is filled in. A band's panel stays below `budget` floats where one result
 * row of some columns allows it, and there are at least `units` bands if results suffice. A pitch other than c (never
 * smaller) forces a panel. */
static inline void conv2d_bands_plan(conv2d_bands *b, int64_t pitch, int64_t budget, int64_t units) {
    const int64_t reach_h = b->last_h - b->first_h + 1, reach_w = b->last_w - b->first_w + 1;
    b->pitch = pitch;
    b->direct =
        b->exact || (pitch == b->c && b->first_h >= 0 && b->first_w >= 0 &&
                     (b->rows - 1) * b->stride_h + b->last_h < b->h && (b->cols - 1) * b->stride_w + b->last_w < b->w);
    b->bands_h = min_i64(b->rows, max_i64(units, 1));
    b->bands_w = min_i64(ceil_div(b->cols, 16), ceil_div(max_i64(units, 1), b->bands_h));
    for (;;) {
        b->band_rows = ceil_div(b->rows, b->bands_h);
        b->band_cols = ceil_div(b->cols, b->bands_w);
        const int64_t high = (b->band_rows - 1) * b->stride_h + reach_h;
        const int64_t wide = (b->band_cols - 1) * b->stride_w + reach_w;
        b->panel_floats = b->direct ? 0 : round_up(high * wide * pitch, 16);
        if (high * wide * pitch <= budget) break;
        if (b->band_rows > 1)
            b->bands_h = min_i64(b->rows, 2 * b->bands_h);
        else if (b->band_cols > 16)
            b->bands_w = min_i64(b->cols, 2 * b->bands_w);
        else
            break;
    }
    b->bands_h = ceil_div(b->rows, b->band_rows); /* rounding may have left empty bands at the end */
    b->bands_w = ceil_div(b->cols, b->band_cols);
}

/* One source row of a panel: columns from, from+1, … (which may lie outside the image), `wide` of them. */
static inline void conv2d_copy_row(const conv2d_bands *b, const float *row, int64_t from, int64_t wide, float *panel) {
    const int64_t begin = min_i64(max_i64(-from, 0), wide);         /* columns before the image */
    const int64_t end = max_i64(min_i64(b->w - from, wide), begin); /* first column behind it   */
    memset(panel, 0, (size_t)(begin * b->pitch) * sizeof(float));
    if (b->pitch == b->c) {
        memcpy(panel + begin * b->c, row + (from + begin) * b->c, (size_t)((end - begin) * b->c) * sizeof(float));
    } else {
        for (int64_t i = begin; i < end; i++) {
            memcpy(panel + i * b->pitch, row + (from + i) * b->c, (size_t)b->c * sizeof(float));
            memset(panel + i * b->pitch + b->c, 0, (size_t)(b->pitch - b->c) * sizeof(float));
        }
    }
    memset(panel + end * b->pitch, 0, (size_t)((wide - end) * b->pitch) * sizeof(float));
}

/* Opens band `index` of an image [h, w, c], filling the thread's panel if one is needed. */
static inline conv2d_band conv2d_band_open(const conv2d_bands *b, const float *image, int64_t index, float *panel) {
    conv2d_band band = {.row = index / b->bands_w * b->band_rows, .col = index % b->bands_w * b->band_cols};
    band.rows = min_i64(b->band_rows, b->rows - band.row);
    band.cols = min_i64(b->band_cols, b->cols - band.col);
    const int64_t top = band.row * b->stride_h + b->first_h, left = band.col * b->stride_w + b->first_w;
    if (b->direct) {
        band.x = image;
        band.origin = (top * b->w + left) * b->c;
        band.row_step = b->w * b->c;
        return band;
    }
    const int64_t high = (band.rows - 1) * b->stride_h + b->last_h - b->first_h + 1;
    const int64_t wide = (band.cols - 1) * b->stride_w + b->last_w - b->first_w + 1;
    band.x = panel;
    band.row_step = wide * b->pitch;
    for (int64_t i = 0; i < high; i++) {
        const int64_t row = top + i;
        if (row < 0 || row >= b->h)
            memset(panel + i * band.row_step, 0, (size_t)band.row_step * sizeof(float));
        else
            conv2d_copy_row(b, image + row * b->w * b->c, left, wide, panel + i * band.row_step);
    }
    return band;
}

#define CONV2D_THREAD_WORK 131072.0 /* multiplications that are worth a thread's wake-up: about 4 us */

/* Threads worth their wake-up for `work` multiplications. */
static inline int conv2d_threads(const cnn_team *team, double work) {
    const double most = work / CONV2D_THREAD_WORK;
    return most < 1 ? 1 : most < team->threads ? (int)most : team->threads;
}

static inline double conv2d_work(const cnn_conv2d_params *a) {
    return (double)a->n * (double)a->p * (double)a->q * (double)a->k * (double)(a->c / a->groups) *
           (double)(a->r * a->s);
}

/* In front of a loop over accumulators: unrolled whole, or they would be memory. */
#if defined(__clang__)
#define CONV2D_UNROLL _Pragma("clang loop unroll(full)")
#else
#define CONV2D_UNROLL _Pragma("GCC unroll 32")
#endif

/* Channels (lanes) are worked on in blocks of two vectors; the last block of a group has one where that suffices. The
 * packed weights of a block follow those of the one before, so block i starts at lane i*CONV2D_BLOCK. */
#define CONV2D_BLOCK (2 * VF_WIDTH)

static inline int conv2d_block_vectors(int64_t lanes, int64_t block) {
    return lanes - block * CONV2D_BLOCK > VF_WIDTH ? 2 : 1;
}

#endif
