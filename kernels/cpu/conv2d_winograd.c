/* SPDX-License-Identifier: MIT
 * Convolution by Winograd's F(4x4, 3x3), float32: 3x3 kernels of stride 1; compiled once per instruction-set level.
 *
 * A unit is a rectangle of tiles (some rows of an image, or some small images) whose transforms stay in the
 * second-level cache: transform the source (conv2d_winograd_tiles.h), multiply at each of the 36 points with the
 * transformed kernels (conv2d_winograd_products.h), transform back into the output. No tensor is ever held in
 * transformed form as a whole. The input's gradient is a forward with turned kernels; the weight's gradient multiplies
 * the transformed input by the transformed gradient of the output (conv2d_winograd_points.h has the mathematics), in
 * parts of units that are fixed by the shape and added in order. Ladder, effective forward GFLOP/s on one AVX-512 core,
 * 64 channels, 3x3: textbook loops 2 -> direct, in registers (conv2d_direct.c) 219, its core's limit 245 -> this 430.
 */
#include "kernels/cpu/conv2d_winograd_tiles.h"

#include <omp.h>

#define WINOGRAD_UNIT_FLOATS  (80 * 1024)       /* of a unit's points: part of a second-level cache   */
#define WINOGRAD_UNIT_TILES   16                /* but so many tiles are worth loading the kernels    */
#define WINOGRAD_STRIP        16                /* tiles of a strip at most: columns in the first-level cache */
#define WINOGRAD_PARTS        8                 /* of the weight's gradient                           */
#define WINOGRAD_PART_TILES   64                /* and a part sums enough tiles to be worth adding */
#define WINOGRAD_PARTS_FLOATS (4 * 1024 * 1024) /* but all parts together stay below 16 MB            */

/* One of the three passes as tiles of results: source [n, h, w, c] in, results [n, p, q, k] out or in. */
typedef struct winograd_grid {
    int64_t n, h, w, c, p, q, k;
    int64_t pad_h, pad_w;
    int64_t c_padded, k_padded;
    int64_t images, rows, cols; /* of a unit: images, and tiles in each of them; the last may have fewer */
    int64_t units_n, units_h, units_w;
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
    const int64_t tiles = winograd_rows(g.images * g.rows * g.cols);
    g.source_point = winograd_point_step(tiles, g.c_padded);
    g.result_point = winograd_point_step(tiles, g.k_padded);
    g.source_floats = WINOGRAD_POINTS * g.source_point;
    g.thread_floats =
        g.source_floats + WINOGRAD_POINTS * g.result_point + round_up(winograd_columns_floats(g.cols), 16);
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
    return (winograd_strip){.h = g->p,
                            .w = g->q,
                            .c = g->k,
                            .top = (u->row + index % u->rows) * WINOGRAD_TILE,
                            .left = u->col * WINOGRAD_TILE,
                            .tiles = u->cols,
                            .point = g->result_point,
                            .padded = g->k_padded};
}

static void winograd_unit_source(const winograd_grid *g, const winograd_unit *u, const float *source, float *points,
                                 float *columns) {
    for (int64_t i = 0; i < u->images * u->rows; i++) {
        winograd_strip s = winograd_strip_open(g, u, i);
        s.h = g->h, s.w = g->w, s.c = g->c;
        s.top -= g->pad_h, s.left -= g->pad_w;
        s.point = g->source_point, s.padded = g->c_padded;
        const float *image = source + (u->n + i / u->rows) * g->h * g->w * g->c;
        winograd_strip_source(&s, image, columns, points + i * u->cols * g->c_padded);
    }
}

/* ---- forward and the input's gradient ---- */

typedef struct winograd_correlation {
    winograd_grid grid;
    winograd_kernels kernels;
    const float *source, *bias, *packed;
    float *result;
} winograd_correlation;

static __attribute__((noinline)) void winograd_correlate_unit(const winograd_correlation *c, int64_t index,
                                                              float *memory) {
    const winograd_grid *g = &c->grid;
    const winograd_unit u = winograd_open(g, index);
    float *source = memory, *result = source + g->source_floats;
    winograd_unit_source(g, &u, c->source, source, result + WINOGRAD_POINTS * g->result_point);
    const winograd_product product = {.a = source,
                                      .a_pitch = g->c_padded,
                                      .a_point = g->source_point,
                                      .b = c->packed,
                                      .b_block = CONV2D_BLOCK * g->c,
                                      .b_point = c->kernels.point,
                                      .y = result,
                                      .y_pitch = g->k_padded,
                                      .y_point = g->result_point,
                                      .depth = g->c};
    winograd_products(product, u.images * u.rows * u.cols, g->k_padded, false);
    for (int64_t i = 0; i < u.images * u.rows; i++) {
        const winograd_strip s = winograd_strip_open(g, &u, i);
        float *image = c->result + (u.n + i / u.rows) * g->p * g->q * g->k;
        winograd_strip_result(&s, result + i * u.cols * g->k_padded, c->bias, image);
    }
}

/* Threads worth their wake-up. */
static int winograd_threads(const cnn_team *team, const cnn_conv2d_params *a) {
    return conv2d_threads(team, conv2d_work(a) / 2);
}

static winograd_correlation winograd_correlation_plan(const cnn_team *team, const cnn_conv2d_params *a, bool gradient) {
    const int threads = winograd_threads(team, a);
    return (winograd_correlation){.grid = winograd_plan(a, gradient, threads > 1 ? 2 * threads : 1),
                                  .kernels = winograd_kernels_plan(a, gradient)};
}

static int64_t winograd_packed_floats(const winograd_kernels *k) {
    return WINOGRAD_POINTS * k->point;
}

static void winograd_correlate(const cnn_team *team, const cnn_conv2d_params *a, bool gradient, const float *source,
                               const float *weight, const float *bias, float *result, float *workspace) {
    winograd_correlation c = winograd_correlation_plan(team, a, gradient);
    c.source = source, c.bias = bias, c.result = result, c.packed = workspace;
    const int64_t units = winograd_count(&c.grid);
    const int threads = winograd_threads(team, a);
#pragma omp parallel num_threads(threads) if (threads > 1)
    {
        float *memory = workspace + winograd_packed_floats(&c.kernels) + omp_get_thread_num() * c.grid.thread_floats;
#pragma omp for schedule(static)
        for (int64_t i = 0; i < c.kernels.depth; i++)
            if (!conv2d_stopped(team)) winograd_pack(&c.kernels, weight, i, workspace);
#pragma omp for schedule(dynamic) nowait
        for (int64_t unit = 0; unit < units; unit++)
            if (!conv2d_stopped(team)) winograd_correlate_unit(&c, unit, memory);
    }
}

/* ---- the weight's gradient ---- */

typedef struct winograd_gradient {
    winograd_grid grid;
    const float *input, *doutput;
    int64_t point, part_floats, parts; /* sums: [36][channel][filter] in each part */
    int64_t shares;                    /* of the filters, when there are fewer parts than threads */
} winograd_gradient;

static winograd_gradient winograd_gradient_plan(const cnn_team *team, const cnn_conv2d_params *a) {
    winograd_gradient g = {.grid = winograd_plan(a, false, 1)};
    const int64_t units = winograd_count(&g.grid);
    g.point = winograd_point_step(winograd_rows(a->c), g.grid.k_padded);
    g.part_floats = WINOGRAD_POINTS * g.point;
    const int64_t tiles = a->n * ceil_div(a->p, WINOGRAD_TILE) * ceil_div(a->q, WINOGRAD_TILE);
    const int64_t most = min_i64(WINOGRAD_PARTS_FLOATS / g.part_floats, tiles / WINOGRAD_PART_TILES);
    g.parts = min_i64(units, min_i64(WINOGRAD_PARTS, max_i64(most, 1)));
    const int threads = winograd_threads(team, a);
    g.shares = min_i64(ceil_div(g.grid.k_padded, CONV2D_BLOCK), ceil_div(threads, g.parts));
    return g;
}

/* Adds a unit to the sums of filters `begin … end - 1`, whole vectors. */
static __attribute__((noinline)) void winograd_gradient_unit(const winograd_gradient *w, int64_t index, int64_t begin,
                                                             int64_t end, bool fresh, float *sums, float *memory) {
    const winograd_grid *g = &w->grid;
    const winograd_unit u = winograd_open(g, index);
    float *source = memory, *result = source + g->source_floats;
    winograd_unit_source(g, &u, w->input, source, result + WINOGRAD_POINTS * g->result_point);
    for (int64_t i = 0; i < u.images * u.rows; i++) {
        const winograd_strip s = winograd_strip_open(g, &u, i);
        const float *image = w->doutput + (u.n + i / u.rows) * g->p * g->q * g->k;
        winograd_strip_spread(&s, image, begin, end, result + i * u.cols * g->k_padded);
    }
    const winograd_product product = {.a = source,
                                      .a_pitch = g->c_padded,
                                      .a_point = g->source_point,
                                      .b = result + begin,
                                      .b_step = g->k_padded,
                                      .b_block = CONV2D_BLOCK,
                                      .b_point = g->result_point,
                                      .y = sums + begin,
                                      .y_pitch = g->k_padded,
                                      .y_point = w->point,
                                      .depth = u.images * u.rows * u.cols,
                                      .fresh = fresh};
    winograd_products(product, g->c, end - begin, true);
}

/* One share of a part: its units, one after the other. */
static void winograd_gradient_job(const cnn_team *team, const winograd_gradient *w, int64_t job, float *parts,
                                  float *memory) {
    const int64_t part = job / w->shares, share = job % w->shares, units = winograd_count(&w->grid);
    const int64_t blocks = ceil_div(w->grid.k_padded, CONV2D_BLOCK), first = part * units / w->parts;
    const int64_t begin = share * blocks / w->shares * CONV2D_BLOCK;
    const int64_t end = min_i64((share + 1) * blocks / w->shares * CONV2D_BLOCK, w->grid.k_padded);
    for (int64_t unit = first; unit < (part + 1) * units / w->parts && !conv2d_stopped(team); unit++)
        winograd_gradient_unit(w, unit, begin, end, unit == first, parts + part * w->part_floats, memory);
}

/* ---- the table ---- */

static size_t winograd_workspace_bytes(const cnn_team *team, const cnn_conv2d_params *params, cnn_conv2d_pass pass) {
    const int threads = winograd_threads(team, params);
    int64_t floats;
    if (pass == CNN_CONV2D_BACKWARD_WEIGHT) {
        const winograd_gradient g = winograd_gradient_plan(team, params);
        floats = g.parts * g.part_floats + threads * g.grid.thread_floats;
    } else {
        const winograd_correlation c = winograd_correlation_plan(team, params, pass == CNN_CONV2D_BACKWARD_INPUT);
        floats = winograd_packed_floats(&c.kernels) + threads * c.grid.thread_floats;
    }
    return (size_t)floats * sizeof(float);
}

static void winograd_forward(const cnn_team *team, const cnn_conv2d_params *params, const cnn_conv2d_fusion *fusion,
                             const void *input, const void *weight, const void *bias, void *output, void *kept,
                             void *workspace) {
    (void)fusion, (void)kept;
    winograd_correlate(team, params, false, input, weight, bias, output, workspace);
}

static void winograd_backward_input(const cnn_team *team, const cnn_conv2d_params *params,
                                    const cnn_conv2d_fusion *fusion, const void *input, const void *doutput,
                                    const void *weight, void *dinput, void *workspace) {
    (void)fusion, (void)input;
    winograd_correlate(team, params, true, doutput, weight, NULL, dinput, workspace);
}

static void winograd_backward_weight(const cnn_team *team, const cnn_conv2d_params *params,
                                     const cnn_conv2d_fusion *fusion, const void *input, const void *kept,
                                     const void *doutput, void *dweight, void *workspace) {
    (void)fusion, (void)kept;
    winograd_gradient g = winograd_gradient_plan(team, params);
    g.input = input, g.doutput = doutput;
    float *parts = workspace;
    const int threads = winograd_threads(team, params);
#pragma omp parallel num_threads(threads) if (threads > 1)
    {
        float *memory = parts + g.parts * g.part_floats + omp_get_thread_num() * g.grid.thread_floats;
#pragma omp for schedule(dynamic)
        for (int64_t job = 0; job < g.parts * g.shares; job++) winograd_gradient_job(team, &g, job, parts, memory);
#pragma omp for schedule(static) nowait
        for (int64_t c = 0; c < params->c; c++)
            if (!conv2d_stopped(team)) winograd_unpack(params, parts, g.point, g.part_floats, g.parts, c, dweight);
    }
}

const cnn_conv2d_kernels CNN_VARIANT(cnn_conv2d_winograd) = {
    .workspace_bytes = winograd_workspace_bytes,
    .forward = winograd_forward,
    .backward_input = winograd_backward_input,
    .backward_weight = winograd_backward_weight,
};
