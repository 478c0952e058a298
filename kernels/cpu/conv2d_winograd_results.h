/* SPDX-License-Identifier: MIT
 * Tiles from the points of the transform to results, and what is learned of them on the way out.
 *
 * Forward adds the bias, and may sum up the moments of an image: the number near the mean is the last one of the
 * image's first tile, whose window lies inside the image unless that is tiny. The input's gradient may pass the gate of
 * a ReLU, whose result is made again from the input, and sum up what the batch norm in front of it will ask for. Sums
 * of an image go on from strip to strip in memory, in the order of its tiles: one thread takes all strips of an image.
 */
#ifndef CNN_KERNELS_CPU_CONV2D_WINOGRAD_RESULTS_H
#define CNN_KERNELS_CPU_CONV2D_WINOGRAD_RESULTS_H

#include "kernels/cpu/conv2d_winograd_tiles.h"

typedef enum winograd_writing {
    WINOGRAD_WRITE,   /* y + bias                                                  */
    WINOGRAD_MOMENTS, /* the same, and sums of y - near and (y - near)^2           */
    WINOGRAD_GATED    /* y where the ReLU let pass, else 0; sums of that, and of it times (x - mean) */
} winograd_writing;

typedef struct winograd_writer {
    winograd_writing writing;
    STORED *y;
    bool stream;          /* y is written past the caches                              */
    const float *bias;    /* NULL: 0                                                   */
    float *moments;       /* [N, 3, K]                                                 */
    winograd_reader gate; /* how the input is read                                     */
    float *sums;          /* gated: [N, 2, C], or NULL                                 */
} winograd_writer;

/* The sums of one image and vector of channels while a strip is written. */
typedef struct winograd_sums {
    VF near, first, second;
    winograd_affine gate;
    VI open; /* all bits: the gate lets everything pass */
} winograd_sums;

/* The results of one tile and vector. */
static ALWAYS_INLINE void winograd_tile_result(const float *points, int64_t point, VF y[WINOGRAD_TILE][WINOGRAD_TILE]) {
    const int64_t row = WINOGRAD_WIDE * point;
    VF half[WINOGRAD_TILE][WINOGRAD_WIDE];
    CONV2D_UNROLL for (int j = 0; j < WINOGRAD_WIDE; j++) {
        const float *const from[2] = {points, points + 3 * row};
        VF m[WINOGRAD_WIDE], column[WINOGRAD_TILE];
        CONV2D_UNROLL for (int i = 0; i < WINOGRAD_WIDE; i++) m[i] = vf_load(from[i / 3] + i % 3 * row);
        winograd_result(m, column);
        CONV2D_UNROLL for (int i = 0; i < WINOGRAD_TILE; i++) half[i][j] = column[i];
        points += point;
    }
    CONV2D_UNROLL for (int i = 0; i < WINOGRAD_TILE; i++) winograd_result(half[i], y[i]);
}

/* What becomes of one result on its way out. */
static ALWAYS_INLINE VF winograd_finish(const winograd_writer *o, winograd_sums *sums, VF y, int64_t at, int64_t lanes,
                                        const winograd_writing writing, const bool edge) {
    y = rounded(y);
    if (writing == WINOGRAD_MOMENTS) {
        const VF apart = y - sums->near;
        sums->first += apart;
        sums->second = vf_fma(apart, apart, sums->second);
    }
    if (writing == WINOGRAD_GATED) {
        const VF x = winograd_load_lanes(o->gate.x + at, lanes, edge) - sums->gate.mean;
        const VF gate = vf_fma(x, sums->gate.scale, sums->gate.shift), zero = {0};
        y = vf_select((gate > vf_set(ABOVE_0)) | sums->open, y, zero);
        sums->first += y;
        sums->second = vf_fma(y, x, sums->second);
    }
    return y;
}

/* The strip's results of `vectors` vectors of channels, which make whole lines for stores past the caches. The strip
 * and the writer come as copies: for all that the compiler knows, a store could change what a pointer sees. */
static ALWAYS_INLINE void winograd_results(const winograd_strip s, const winograd_writer o, winograd_sums *carried,
                                           const float *points, int64_t lane, const winograd_writing writing,
                                           const int vectors, const bool edge) {
    const int64_t lanes = s.c - lane, row = s.w * s.c;
    const int64_t rows = edge ? min_i64(s.h - s.top, WINOGRAD_TILE) : WINOGRAD_TILE;
    winograd_sums sums[WINOGRAD_LINE];
    VF bias[WINOGRAD_LINE] = {{0}};
    CONV2D_UNROLL for (int v = 0; v < vectors; v++) {
        sums[v] = carried[v];
        if (o.bias) bias[v] = vf_load_tail(o.bias + lane + v * VF_WIDTH, min_i64(lanes - v * VF_WIDTH, VF_WIDTH));
    }
    bool first = writing == WINOGRAD_MOMENTS && s.top == 0 && s.left == 0;
    int64_t at = winograd_at(&s, 0, 0) + lane;
    for (int64_t t = 0; t < s.tiles; t++) {
        const int64_t cols = edge ? min_i64(s.w - s.left - t * WINOGRAD_TILE, WINOGRAD_TILE) : WINOGRAD_TILE;
        VF y[WINOGRAD_LINE][WINOGRAD_TILE][WINOGRAD_TILE];
        CONV2D_UNROLL for (int v = 0; v < vectors; v++) {
            winograd_tile_result(points + v * s.vector, s.point, y[v]);
            if (first) sums[v].near = rounded(y[v][rows - 1][cols - 1] + bias[v]);
        }
        first = false;
        CONV2D_UNROLL for (int i = 0; i < WINOGRAD_TILE * WINOGRAD_TILE; i++) {
            const int down = i / WINOGRAD_TILE, right = i % WINOGRAD_TILE;
            if (edge && (down >= rows || right >= cols)) continue;
            CONV2D_UNROLL for (int v = 0; v < vectors; v++) {
                const int64_t to = at + down * row + right * s.c + v * VF_WIDTH;
                const VF sum = writing == WINOGRAD_GATED ? y[v][down][right] : y[v][down][right] + bias[v];
                const VF out = winograd_finish(&o, &sums[v], sum, to, lanes - v * VF_WIDTH, writing, edge);
                winograd_store_lanes(o.y + to, out, lanes - v * VF_WIDTH, edge, o.stream);
            }
        }
        at += WINOGRAD_TILE * s.c;
        points += s.tile;
    }
    CONV2D_UNROLL for (int v = 0; v < vectors; v++) carried[v] = sums[v];
}

typedef void winograd_results_function(const winograd_strip *s, const winograd_writer *o, winograd_sums *sums,
                                       const float *points, int64_t lane, bool edge);

/* Streams take whole lines, and then there is no edge in the lanes. */
#define WINOGRAD_RESULTS(name, writing)                                                                                \
    static __attribute__((noinline)) void winograd_results_##name(const winograd_strip *s, const winograd_writer *o,   \
                                                                  winograd_sums *sums, const float *points,            \
                                                                  int64_t lane, bool edge) {                           \
        if (o->stream && edge)                                                                                         \
            winograd_results(*s, *o, sums, points, lane, writing, WINOGRAD_LINE, true);                                \
        else if (o->stream)                                                                                            \
            winograd_results(*s, *o, sums, points, lane, writing, WINOGRAD_LINE, false);                               \
        else if (edge)                                                                                                 \
            winograd_results(*s, *o, sums, points, lane, writing, 1, true);                                            \
        else                                                                                                           \
            winograd_results(*s, *o, sums, points, lane, writing, 1, false);                                           \
    }
WINOGRAD_RESULTS(write, WINOGRAD_WRITE)
WINOGRAD_RESULTS(moments, WINOGRAD_MOMENTS)
WINOGRAD_RESULTS(gated, WINOGRAD_GATED)
static winograd_results_function *const winograd_results_of[] = {winograd_results_write, winograd_results_moments,
                                                                 winograd_results_gated};

/* The sums of image n so far: nothing yet at its first tile. */
static winograd_sums winograd_sums_load(const winograd_strip *s, const winograd_writer *o, int64_t lane) {
    winograd_sums sums = {.near = {0}};
    const int64_t lanes = min_i64(s->c - lane, VF_WIDTH);
    const bool begun = s->top > 0 || s->left > 0;
    if (o->writing == WINOGRAD_GATED) sums.gate = winograd_affine_of(&o->gate, lane, s->c);
    if (o->gate.floor < 0) sums.open = ~sums.open;
    if (o->moments && begun) {
        const float *from = o->moments + 3 * s->n * s->c + lane;
        sums.near = vf_load_tail(from, lanes);
        sums.first = vf_load_tail(from + s->c, lanes);
        sums.second = vf_load_tail(from + 2 * s->c, lanes);
    }
    if (o->sums && begun) {
        sums.first = vf_load_tail(o->sums + 2 * s->n * s->c + lane, lanes);
        sums.second = vf_load_tail(o->sums + (2 * s->n + 1) * s->c + lane, lanes);
    }
    return sums;
}

static void winograd_sums_store(const winograd_strip *s, const winograd_writer *o, int64_t lane,
                                const winograd_sums *sums) {
    const int64_t lanes = min_i64(s->c - lane, VF_WIDTH);
    if (o->moments) {
        float *to = o->moments + 3 * s->n * s->c + lane;
        vf_store_tail(to, sums->near, lanes);
        vf_store_tail(to + s->c, sums->first, lanes);
        vf_store_tail(to + 2 * s->c, sums->second, lanes);
    }
    if (o->sums) {
        vf_store_tail(o->sums + 2 * s->n * s->c + lane, sums->first, lanes);
        vf_store_tail(o->sums + (2 * s->n + 1) * s->c + lane, sums->second, lanes);
    }
}

/* The strip's results from its points. */
static void winograd_strip_result(const winograd_strip *s, const winograd_writer *o, const float *points) {
    const bool inside = s->top + WINOGRAD_TILE <= s->h && s->left + s->tiles * WINOGRAD_TILE <= s->w;
    const int vectors = o->stream ? WINOGRAD_LINE : 1;
    for (int64_t lane = 0; lane < s->c; lane += vectors * VF_WIDTH) {
        winograd_sums sums[WINOGRAD_LINE];
        for (int v = 0; v < vectors; v++) sums[v] = winograd_sums_load(s, o, lane + v * VF_WIDTH);
        winograd_results_of[o->writing](s, o, sums, points + lane / VF_WIDTH * s->vector, lane,
                                        !inside || lane + vectors * VF_WIDTH > s->c);
        for (int v = 0; v < vectors; v++) winograd_sums_store(s, o, lane + v * VF_WIDTH, &sums[v]);
    }
}

#endif
