/* SPDX-License-Identifier: MIT
 * Tiles of images to and from the points of the transform, a row of tiles at a time.
 *
 * Tiles of 4x4 results read 6x6 of the source, so neighbours share two columns: a row of tiles first transforms every
 * column of its six source rows once, into a buffer that stays in the first-level cache, and then six of them per tile
 * along the rows. Nothing is staged: borders are zeros made on the way, and what fusion does to the input happens in
 * the load. A vector holds channels of one pixel; lanes beyond the last channel are zeros. Not a number anywhere in a
 * tile's source makes the whole tile so, which is a wider neighbourhood than the 3x3 window. */
#ifndef CNN_KERNELS_CPU_CONV2D_WINOGRAD_TILES_H
#define CNN_KERNELS_CPU_CONV2D_WINOGRAD_TILES_H

#include "kernels/cpu/conv2d_winograd_products.h"

/* How tensors hold their numbers; everything between is float. */
typedef float winograd_stored;

static ALWAYS_INLINE VF winograd_load(const winograd_stored *p) {
    return vf_load(p);
}

static ALWAYS_INLINE VF winograd_load_tail(const winograd_stored *p, int64_t lanes) {
    return vf_load_tail(p, lanes);
}

static ALWAYS_INLINE void winograd_store(winograd_stored *p, VF v) {
    vf_store(p, v);
}

static ALWAYS_INLINE void winograd_store_tail(winograd_stored *p, VF v, int64_t lanes) {
    vf_store_tail(p, v, lanes);
}

/* A row of `tiles` tiles in one image. */
typedef struct winograd_strip {
    int64_t h, w, c;   /* the image                                           */
    int64_t top, left; /* its first pixel: may lie outside the image          */
    int64_t tiles;
    int64_t point;  /* floats from one point to the next                   */
    int64_t padded; /* and from one tile to the next: c in whole vectors   */
} winograd_strip;

/* ---- source to points ---- */

/* Columns `begin … end - 1` of the strip to column transforms [column][6]; `edge`: rows or lanes may be missing. */
static ALWAYS_INLINE void winograd_columns(const winograd_strip *s, const winograd_stored *image, int64_t lane,
                                           int64_t begin, int64_t end, const bool edge, float *columns) {
    const int64_t row_step = s->w * s->c, lanes = s->c - lane;
    const VF zero = {0};
    for (int64_t x = begin; x < end; x++) {
        const winograd_stored *at = image + s->top * row_step + (s->left + x) * s->c + lane;
        VF d[WINOGRAD_WIDE];
        CONV2D_UNROLL for (int i = 0; i < WINOGRAD_WIDE; i++) {
            const winograd_stored *p = at + i * row_step;
            if (edge && (s->top + i < 0 || s->top + i >= s->h))
                d[i] = zero;
            else
                d[i] = edge && lanes < VF_WIDTH ? winograd_load_tail(p, lanes) : winograd_load(p);
        }
        winograd_source(d);
        CONV2D_UNROLL for (int i = 0; i < WINOGRAD_WIDE; i++)
            vf_store(columns + (x * WINOGRAD_WIDE + i) * VF_WIDTH, d[i]);
    }
}

/* Column transforms of a strip to the points of its tiles, for one vector of channels. */
static ALWAYS_INLINE void winograd_rows_of_tiles(const winograd_strip *s, const float *columns, float *points) {
    for (int64_t t = 0; t < s->tiles; t++) {
        const float *from = columns + t * WINOGRAD_TILE * WINOGRAD_WIDE * VF_WIDTH;
        float *to = points + t * s->padded;
        CONV2D_UNROLL for (int i = 0; i < WINOGRAD_WIDE; i++) {
            VF d[WINOGRAD_WIDE];
            CONV2D_UNROLL for (int j = 0; j < WINOGRAD_WIDE; j++) d[j] =
                vf_load(from + (j * WINOGRAD_WIDE + i) * VF_WIDTH);
            winograd_source(d);
            CONV2D_UNROLL for (int j = 0; j < WINOGRAD_WIDE; j++)
                vf_store(to + (i * WINOGRAD_WIDE + j) * s->point, d[j]);
        }
    }
}

/* columns: room for winograd_columns_floats(tiles) */
static inline int64_t winograd_columns_floats(int64_t tiles) {
    return (tiles * WINOGRAD_TILE + 2) * WINOGRAD_WIDE * VF_WIDTH;
}

static __attribute__((noinline)) void winograd_strip_source(const winograd_strip *s, const winograd_stored *image,
                                                            float *columns, float *points) {
    const int64_t wide = s->tiles * WINOGRAD_TILE + 2, column = WINOGRAD_WIDE * VF_WIDTH;
    const int64_t begin = min_i64(max_i64(-s->left, 0), wide), end = max_i64(min_i64(s->w - s->left, wide), begin);
    const bool rows_inside = s->top >= 0 && s->top + WINOGRAD_WIDE <= s->h;
    memset(columns, 0, (size_t)(begin * column) * sizeof(float));
    memset(columns + end * column, 0, (size_t)((wide - end) * column) * sizeof(float));
    for (int64_t lane = 0; lane < s->c; lane += VF_WIDTH) {
        if (rows_inside && lane + VF_WIDTH <= s->c)
            winograd_columns(s, image, lane, begin, end, false, columns);
        else
            winograd_columns(s, image, lane, begin, end, true, columns);
        winograd_rows_of_tiles(s, columns, points + lane);
    }
}

/* ---- points to results ---- */

/* The results of one tile and vector. */
static ALWAYS_INLINE void winograd_tile_result(const float *points, int64_t point, VF y[WINOGRAD_TILE][WINOGRAD_TILE]) {
    VF half[WINOGRAD_TILE][WINOGRAD_WIDE];
    CONV2D_UNROLL for (int j = 0; j < WINOGRAD_WIDE; j++) {
        VF m[WINOGRAD_WIDE], column[WINOGRAD_TILE];
        CONV2D_UNROLL for (int i = 0; i < WINOGRAD_WIDE; i++) m[i] = vf_load(points + (i * WINOGRAD_WIDE + j) * point);
        winograd_result(m, column);
        CONV2D_UNROLL for (int i = 0; i < WINOGRAD_TILE; i++) half[i][j] = column[i];
    }
    CONV2D_UNROLL for (int i = 0; i < WINOGRAD_TILE; i++) winograd_result(half[i], y[i]);
}

static ALWAYS_INLINE void winograd_results(const winograd_strip *s, const float *points, const VF bias, int64_t lane,
                                           const bool edge, winograd_stored *image) {
    const int64_t rows = edge ? min_i64(s->h - s->top, WINOGRAD_TILE) : WINOGRAD_TILE, lanes = s->c - lane;
    for (int64_t t = 0; t < s->tiles; t++) {
        const int64_t left = s->left + t * WINOGRAD_TILE;
        const int64_t cols = edge ? min_i64(s->w - left, WINOGRAD_TILE) : WINOGRAD_TILE;
        winograd_stored *to = image + (s->top * s->w + left) * s->c + lane;
        VF y[WINOGRAD_TILE][WINOGRAD_TILE];
        winograd_tile_result(points + t * s->padded, s->point, y);
        CONV2D_UNROLL for (int i = 0; i < WINOGRAD_TILE; i++) {
            CONV2D_UNROLL for (int j = 0; j < WINOGRAD_TILE; j++) {
                winograd_stored *p = to + (i * s->w + j) * s->c;
                if (edge && (i >= rows || j >= cols)) continue;
                if (edge && lanes < VF_WIDTH)
                    winograd_store_tail(p, y[i][j] + bias, lanes);
                else
                    winograd_store(p, y[i][j] + bias);
            }
        }
    }
}

/* The strip's results to the image [h, w, c]. */
static __attribute__((noinline)) void winograd_strip_result(const winograd_strip *s, const float *points,
                                                            const float *bias, winograd_stored *image) {
    const bool inside = s->top + WINOGRAD_TILE <= s->h && s->left + s->tiles * WINOGRAD_TILE <= s->w;
    for (int64_t lane = 0; lane < s->c; lane += VF_WIDTH) {
        const VF start = bias ? vf_load_tail(bias + lane, min_i64(s->c - lane, VF_WIDTH)) : (VF){0};
        if (inside && lane + VF_WIDTH <= s->c)
            winograd_results(s, points + lane, start, lane, false, image);
        else
            winograd_results(s, points + lane, start, lane, true, image);
    }
}

/* ---- gradients of results to points ---- */

static ALWAYS_INLINE void winograd_spreads(const winograd_strip *s, const winograd_stored *image, int64_t lane,
                                           const bool edge, float *points) {
    const int64_t rows = edge ? min_i64(s->h - s->top, WINOGRAD_TILE) : WINOGRAD_TILE, lanes = s->c - lane;
    const VF zero = {0};
    for (int64_t t = 0; t < s->tiles; t++) {
        const int64_t left = s->left + t * WINOGRAD_TILE;
        const int64_t cols = edge ? min_i64(s->w - left, WINOGRAD_TILE) : WINOGRAD_TILE;
        const winograd_stored *from = image + (s->top * s->w + left) * s->c + lane;
        VF half[WINOGRAD_WIDE][WINOGRAD_TILE];
        CONV2D_UNROLL for (int j = 0; j < WINOGRAD_TILE; j++) {
            VF y[WINOGRAD_TILE], m[WINOGRAD_WIDE];
            CONV2D_UNROLL for (int i = 0; i < WINOGRAD_TILE; i++) {
                const winograd_stored *p = from + (i * s->w + j) * s->c;
                if (edge && (i >= rows || j >= cols))
                    y[i] = zero;
                else
                    y[i] = edge && lanes < VF_WIDTH ? winograd_load_tail(p, lanes) : winograd_load(p);
            }
            winograd_spread(y, m);
            CONV2D_UNROLL for (int i = 0; i < WINOGRAD_WIDE; i++) half[i][j] = m[i];
        }
        CONV2D_UNROLL for (int i = 0; i < WINOGRAD_WIDE; i++) {
            VF m[WINOGRAD_WIDE];
            winograd_spread(half[i], m);
            CONV2D_UNROLL for (int j = 0; j < WINOGRAD_WIDE; j++)
                vf_store(points + t * s->padded + (i * WINOGRAD_WIDE + j) * s->point, m[j]);
        }
    }
}

/* The gradient of the strip's results, channels `begin … end - 1` (whole vectors), to its points. */
static __attribute__((noinline)) void winograd_strip_spread(const winograd_strip *s, const winograd_stored *image,
                                                            int64_t begin, int64_t end, float *points) {
    const bool inside = s->top + WINOGRAD_TILE <= s->h && s->left + s->tiles * WINOGRAD_TILE <= s->w;
    for (int64_t lane = begin; lane < end; lane += VF_WIDTH) {
        if (inside && lane + VF_WIDTH <= s->c)
            winograd_spreads(s, image, lane, false, points + lane);
        else
            winograd_spreads(s, image, lane, true, points + lane);
    }
}

#endif
