/* SPDX-License-Identifier: MIT
 * Units of tiles: what one thread transforms, multiplies and transforms back while it stays in the second-level cache.
 *
 * A grid is one of the passes as tiles of results, cut into units: some small images, or some rows of tiles of one
 * image, or parts of rows. Forward and the input's gradient have the same structure with the tensors' roles exchanged.
 * Here is also how a fusion's fields become a reader and a writer. */
#ifndef CNN_KERNELS_CPU_CONV2D_WINOGRAD_UNITS_H
#define CNN_KERNELS_CPU_CONV2D_WINOGRAD_UNITS_H

#include <math.h>

#include "kernels/cpu/conv2d_winograd_results.h"

#define WINOGRAD_UNIT_FLOATS (80 * 1024) /* of a unit's points: part of a second-level cache   */
#define WINOGRAD_UNIT_TILES  16          /* but so many tiles are worth loading the kernels    */
#define WINOGRAD_STRIP       16          /* tiles of a strip at most: columns in the first-level cache */
/* One of the three passes as tiles of results: source [n, h, w, c] in, results [n, p, q, k] out or in. */
typedef struct winograd_grid {
    int64_t n, h, w, c, p, q, k;
    int64_t pad_h, pad_w;
    int64_t c_padded, k_padded;
    int64_t images, rows, cols; /* of a unit: images, and tiles in each of them; the last may have fewer */
    int64_t units_n, units_h, units_w;
    int64_t tiles;                        /* of a unit, in whole groups of rows */
    int64_t source_point, result_point;   /* floats from one point to the next */
    int64_t source_floats, thread_floats; /* of the points of the source; of all that a thread needs */
} winograd_grid;

typedef struct winograd_unit {
    int64_t n, images, row, rows, col, cols;
} winograd_unit;

/* Units of a grid whose sizes are known: as large as the cache allows, but at least `wanted` of them if tiles suffice.
 */
static void winograd_units(winograd_grid *g, int64_t wanted) {
    const int64_t high = ceil_div(g->p, WINOGRAD_TILE), wide = ceil_div(g->q, WINOGRAD_TILE);
    const int64_t fit = WINOGRAD_UNIT_FLOATS / (WINOGRAD_POINTS * (g->c_padded + g->k_padded));
    const int64_t most = max_i64(1, min_i64(max_i64(fit, WINOGRAD_UNIT_TILES), g->n * high * wide / wanted));
    g->units_w = ceil_div(wide, min_i64(most, WINOGRAD_STRIP));
    g->cols = ceil_div(wide, g->units_w);
    g->units_w = ceil_div(wide, g->cols);
    g->rows = g->units_w > 1 ? max_i64(1, most / g->cols) : min_i64(high, max_i64(1, most / wide));
    g->rows = ceil_div(high, ceil_div(high, g->rows));
    g->units_h = ceil_div(high, g->rows);
    const bool whole = g->units_w == 1 && g->units_h == 1;
    g->images = whole ? min_i64(g->n, max_i64(1, most / (high * wide))) : 1;
    g->images = ceil_div(g->n, ceil_div(g->n, g->images));
    g->units_n = ceil_div(g->n, g->images);
}

/* What a thread needs for units of this grid. */
static void winograd_memory(winograd_grid *g) {
    g->tiles = winograd_rows(g->images * g->rows * g->cols);
    g->source_point = winograd_point_step(g->tiles, g->c_padded);
    g->result_point = winograd_point_step(g->tiles, g->k_padded);
    g->source_floats = WINOGRAD_POINTS * g->source_point;
    g->thread_floats = g->source_floats + WINOGRAD_POINTS * g->result_point +
                       round_up(WINOGRAD_LINE * winograd_columns_floats(g->cols), 16);
}

static winograd_grid winograd_plan(const cnn_conv2d_params *a, bool gradient, int64_t wanted) {
    winograd_grid g = {.n = a->n,
                       .h = gradient ? a->p : a->h,
                       .w = gradient ? a->q : a->w,
                       .c = gradient ? a->k : a->c,
                       .p = gradient ? a->h : a->p,
                       .q = gradient ? a->w : a->q,
                       .k = gradient ? a->c : a->k,
                       .pad_h = gradient ? WINOGRAD_TAPS - 1 - a->pad_h : a->pad_h,
                       .pad_w = gradient ? WINOGRAD_TAPS - 1 - a->pad_w : a->pad_w};
    g.c_padded = round_up(g.c, VF_WIDTH);
    g.k_padded = round_up(g.k, VF_WIDTH);
    winograd_units(&g, wanted);
    winograd_memory(&g);
    return g;
}

static int64_t winograd_count(const winograd_grid *g) {
    return g->units_n * g->units_h * g->units_w;
}

static winograd_unit winograd_open(const winograd_grid *g, int64_t index) {
    winograd_unit u = {.n = index / (g->units_h * g->units_w) * g->images,
                       .row = index / g->units_w % g->units_h * g->rows,
                       .col = index % g->units_w * g->cols};
    u.images = min_i64(g->images, g->n - u.n);
    u.rows = min_i64(g->rows, ceil_div(g->p, WINOGRAD_TILE) - u.row);
    u.cols = min_i64(g->cols, ceil_div(g->q, WINOGRAD_TILE) - u.col);
    return u;
}

/* Strip `index` of a unit, as a place in the results. */
static winograd_strip winograd_strip_open(const winograd_grid *g, const winograd_unit *u, int64_t index) {
    return (winograd_strip){.n = u->n + index / u->rows,
                            .h = g->p,
                            .w = g->q,
                            .c = g->k,
                            .top = (u->row + index % u->rows) * WINOGRAD_TILE,
                            .left = u->col * WINOGRAD_TILE,
                            .tiles = u->cols,
                            .point = g->result_point,
                            .vector = g->tiles * VF_WIDTH,
                            .tile = VF_WIDTH};
}

/* All of a unit's source to points; `gradient`: with all channels of a tile together. */
static void winograd_unit_source(const winograd_grid *g, const winograd_unit *u, const winograd_reader *r,
                                 bool gradient, float *points, float *columns) {
    for (int64_t i = 0; i < u->images * u->rows; i++) {
        winograd_strip s = winograd_strip_open(g, u, i);
        const bool bottom = s.top + WINOGRAD_TILE >= g->p, right = s.left + s.tiles * WINOGRAD_TILE >= g->q;
        s.h = g->h, s.w = g->w, s.c = g->c;
        s.top -= g->pad_h, s.left -= g->pad_w;
        s.own_h = bottom ? WINOGRAD_WIDE : WINOGRAD_TILE;
        s.own_w = s.tiles * WINOGRAD_TILE + (right ? 2 : 0);
        s.point = g->source_point;
        if (gradient) s.vector = VF_WIDTH, s.tile = g->c_padded;
        winograd_strip_source(&s, r, columns, points + i * u->cols * s.tile);
    }
}

/* How fusion wants the input, and the gradient of the output, to be read. */
static winograd_reader winograd_input_reader(const cnn_conv2d_fusion *f, const STORED *input, bool forward) {
    winograd_reader r = {.x = input, .floor = f && f->relu ? 0 : -INFINITY};
    if (!f || !f->mean) return r;
    r.reading = forward && (f->residual || f->staged) ? WINOGRAD_STAGED : WINOGRAD_NORMAL;
    r.mean = f->mean, r.scale = f->scale, r.shift = f->shift;
    r.other = f->residual, r.staged = f->staged;
    return r;
}

static winograd_reader winograd_doutput_reader(const cnn_conv2d_fusion *f, const STORED *doutput) {
    winograd_reader r = {.x = doutput};
    if (!f || !f->output) return r;
    return (winograd_reader){.reading = WINOGRAD_GRADIENT,
                             .x = doutput,
                             .other = f->output,
                             .mean = f->d_mean,
                             .scale = f->d_scale,
                             .shift = f->d_shift,
                             .slope = f->d_slope};
}

/* The gate that the input's gradient passes. */
static winograd_writer winograd_dinput_writer(const cnn_conv2d_fusion *f, const STORED *input, STORED *dinput) {
    winograd_writer o = {.y = dinput};
    if (!f || !f->mean || !(f->relu || f->sums)) return o;
    o.writing = WINOGRAD_GATED;
    o.gate = winograd_input_reader(f, input, false);
    o.sums = f->sums;
    return o;
}

#endif
