/* SPDX-License-Identifier: MIT
 * Convolution by Winograd's F(4x4, 3x3), float32: 3x3 kernels of stride 1; compiled once per instruction-set level.
 *
 * A unit is a rectangle of tiles (some rows of an image, or some small images) whose transforms stay in the
 * second-level cache (conv2d_winograd_units.h): transform the source (conv2d_winograd_tiles.h), multiply at each of the
 * 36 points with the transformed kernels (conv2d_winograd_products.h), transform back into the output
 * (conv2d_winograd_results.h). No tensor is ever held in transformed form as a whole. The input's gradient is a forward
 * with turned kernels; the weight's gradient multiplies the transformed input by the transformed gradient of the output
 * (conv2d_winograd_points.h has the mathematics), in parts of units that are fixed by the shape and added in order.
 * Ladder, ms of forward on 128 images of 16 channels, 32x32, two AVX-512 cores, nothing in the caches: direct
 * (conv2d_direct.c) 2.3 -> by tiles 1.7 -> output written past the caches 1.4 -> rows asked for in time 1.3 -> constant
 * distances in the products, in place 1.2 (this). Half of that is products, at three quarters of the multipliers' peak.
 */
#include "kernels/cpu/conv2d_winograd_units.h"

#include <omp.h>

#define WINOGRAD_PARTS        8                 /* of the weight's gradient: as many threads find work */
#define WINOGRAD_PART_TILES   64                /* and a part sums enough tiles to be worth adding     */
#define WINOGRAD_PARTS_FLOATS (4 * 1024 * 1024) /* and all parts together stay below 16 MB             */

/* ---- forward and the input's gradient ---- */

typedef struct winograd_correlation {
    winograd_grid grid;
    winograd_kernels kernels;
    winograd_reader reader;
    winograd_writer writer;
    const float *packed;
} winograd_correlation;

static __attribute__((noinline)) void winograd_correlate_unit(const winograd_correlation *c, int64_t index,
                                                              float *memory) {
    const winograd_grid *g = &c->grid;
    const winograd_unit u = winograd_open(g, index);
    float *source = memory, *result = source + g->source_floats;
    winograd_unit_source(g, &u, &c->reader, false, source, result + WINOGRAD_POINTS * g->result_point);
    /* a row of one block is read before it is written, so a place as large will do for both */
    if (g->c_padded == g->k_padded && g->k_padded <= CONV2D_BLOCK) result = source;
    const winograd_product product = {.a = source,
                                      .a_step = g->tiles * VF_WIDTH,
                                      .a_point = g->source_point,
                                      .b = c->packed,
                                      .b_block = CONV2D_BLOCK * g->c,
                                      .b_point = c->kernels.point,
                                      .y = result,
                                      .y_vector = g->tiles * VF_WIDTH,
                                      .y_point = g->result_point,
                                      .depth = g->c};
    winograd_products(product, u.images * u.rows * u.cols, g->k_padded, false);
    for (int64_t i = 0; i < u.images * u.rows; i++) {
        const winograd_strip s = winograd_strip_open(g, &u, i);
        winograd_strip_result(&s, &c->writer, result + i * u.cols * s.tile);
    }
}

/* Threads worth their wake-up. */
static int winograd_threads(const cnn_team *team, const cnn_conv2d_params *a) {
    return conv2d_threads(team, conv2d_work(a) / 2);
}

/* Sums over an image go by its tiles: then units must be the same for any number of threads. */
static winograd_correlation winograd_correlation_plan(const cnn_team *team, const cnn_conv2d_params *a, bool gradient,
                                                      bool sums) {
    const int threads = sums ? 1 : winograd_threads(team, a);
    return (winograd_correlation){.grid = winograd_plan(a, gradient, threads > 1 ? 2 * threads : 1),
                                  .kernels = winograd_kernels_plan(a, gradient)};
}

static int64_t winograd_packed_floats(const winograd_kernels *k) {
    return WINOGRAD_POINTS * k->point;
}

static void winograd_stream(winograd_correlation *c) {
    const winograd_grid *g = &c->grid;
    c->writer.stream = winograd_streams(c->writer.y, g->n * g->p * g->q * g->k, g->k);
    if (c->reader.staged) c->reader.stream = winograd_streams(c->reader.staged, g->n * g->h * g->w * g->c, g->c);
}

/* Packs the kernels into the workspace, then computes all units: those of an image by one thread if there are sums. */
static void winograd_correlate(const cnn_team *team, const cnn_conv2d_params *a, winograd_correlation *c,
                               const float *weight, float *workspace) {
    const int64_t together = c->writer.moments || c->writer.sums ? c->grid.units_h * c->grid.units_w : 1;
    const int64_t jobs = winograd_count(&c->grid) / together;
    const int threads = winograd_threads(team, a);
    c->packed = workspace;
    winograd_stream(c);
#pragma omp parallel num_threads(threads) if (threads > 1)
    {
        float *memory = workspace + winograd_packed_floats(&c->kernels) + omp_get_thread_num() * c->grid.thread_floats;
#pragma omp for schedule(static)
        for (int64_t i = 0; i < c->kernels.depth; i++)
            if (!conv2d_stopped(team)) winograd_pack(&c->kernels, weight, i, workspace);
#pragma omp for schedule(dynamic) nowait
        for (int64_t job = 0; job < jobs; job++)
            for (int64_t i = 0; i < together && !conv2d_stopped(team); i++)
                winograd_correlate_unit(c, job * together + i, memory);
        vf_stream_end();
    }
}

/* ---- the weight's gradient ---- */

typedef struct winograd_gradient {
    winograd_grid grid;
    winograd_reader input, doutput;
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
    winograd_unit_source(g, &u, &w->input, true, source, result + WINOGRAD_POINTS * g->result_point);
    for (int64_t i = 0; i < u.images * u.rows; i++) {
        const winograd_strip s = winograd_strip_open(g, &u, i);
        winograd_strip_spread(&s, &w->doutput, begin, end, result + i * u.cols * s.tile);
    }
    const winograd_product product = {.a = source,
                                      .a_step = g->c_padded,
                                      .a_point = g->source_point,
                                      .b = result + begin * g->tiles,
                                      .b_vector = g->tiles * VF_WIDTH,
                                      .b_block = 2 * g->tiles * VF_WIDTH,
                                      .b_point = g->result_point,
                                      .y = sums + begin,
                                      .y_row = g->k_padded,
                                      .y_vector = VF_WIDTH,
                                      .y_point = w->point,
                                      .depth = u.images * u.rows * u.cols,
                                      .fresh = fresh};
    winograd_products(product, g->c, end - begin, true);
}

/* One share of a part: its units, one after the other, each followed by its input's gradient if c is not NULL. */
static void winograd_gradient_job(const cnn_team *team, const winograd_gradient *w, const winograd_correlation *c,
                                  int64_t job, float *parts, float *memory) {
    const int64_t part = job / w->shares, share = job % w->shares, units = winograd_count(&w->grid);
    const int64_t blocks = ceil_div(w->grid.k_padded, CONV2D_BLOCK), first = part * units / w->parts;
    const int64_t begin = share * blocks / w->shares * CONV2D_BLOCK;
    const int64_t end = min_i64((share + 1) * blocks / w->shares * CONV2D_BLOCK, w->grid.k_padded);
    for (int64_t unit = first; unit < (part + 1) * units / w->parts && !conv2d_stopped(team); unit++) {
        winograd_gradient_unit(w, unit, begin, end, unit == first, parts + part * w->part_floats, memory);
        if (c) winograd_correlate_unit(c, unit, memory);
    }
}

/* The weight's gradient, and if c is not NULL the input's, whose kernels are packed into `packed`. */
static void winograd_gradients(const cnn_team *team, const cnn_conv2d_params *a, const winograd_gradient *w,
                               const winograd_correlation *c, const float *weight, float *packed, float *dweight,
                               float *parts) {
    const int threads = winograd_threads(team, a);
    const int64_t floats = max_i64(w->grid.thread_floats, c ? c->grid.thread_floats : 0);
#pragma omp parallel num_threads(threads) if (threads > 1)
    {
        float *memory = parts + w->parts * w->part_floats + omp_get_thread_num() * floats;
        if (c) {
#pragma omp for schedule(static)
            for (int64_t i = 0; i < c->kernels.depth; i++)
                if (!conv2d_stopped(team)) winograd_pack(&c->kernels, weight, i, packed);
        }
#pragma omp for schedule(dynamic)
        for (int64_t job = 0; job < w->parts * w->shares; job++) winograd_gradient_job(team, w, c, job, parts, memory);
        vf_stream_end();
#pragma omp for schedule(static) nowait
        for (int64_t i = 0; i < a->c; i++)
            if (!conv2d_stopped(team)) winograd_unpack(a, parts, w->point, w->part_floats, w->parts, i, dweight);
    }
}

/* ---- both gradients ---- */

/* Whether a unit can give both: its tiles are the same ones in input and output, and a part has it to itself. */
static bool winograd_joint(const cnn_conv2d_params *a, const winograd_gradient *w) {
    return a->pad_h == 1 && a->pad_w == 1 && w->shares == 1;
}

static winograd_correlation winograd_joint_plan(const cnn_conv2d_params *a, const winograd_gradient *w) {
    winograd_correlation c = {.grid = winograd_plan(a, true, 1), .kernels = winograd_kernels_plan(a, true)};
    c.grid.images = w->grid.images, c.grid.rows = w->grid.rows, c.grid.cols = w->grid.cols;
    c.grid.units_n = w->grid.units_n, c.grid.units_h = w->grid.units_h, c.grid.units_w = w->grid.units_w;
    winograd_memory(&c.grid);
    return c;
}

/* ---- the table ---- */

static int64_t winograd_correlation_floats(const cnn_team *team, const cnn_conv2d_params *a, bool gradient, bool sums) {
    const winograd_correlation c = winograd_correlation_plan(team, a, gradient, sums);
    return winograd_packed_floats(&c.kernels) + winograd_threads(team, a) * c.grid.thread_floats;
}

static size_t winograd_workspace_bytes(const cnn_team *team, const cnn_conv2d_params *params, cnn_conv2d_pass pass) {
    const bool gradient = pass != CNN_CONV2D_FORWARD;
    const int threads = winograd_threads(team, params);
    int64_t floats = 0;
    if (pass != CNN_CONV2D_BACKWARD_WEIGHT)
        floats = max_i64(winograd_correlation_floats(team, params, gradient, false),
                         winograd_correlation_floats(team, params, gradient, true));
    if (pass == CNN_CONV2D_BACKWARD_WEIGHT || pass == CNN_CONV2D_BACKWARD) {
        const winograd_gradient w = winograd_gradient_plan(team, params);
        const winograd_correlation c = winograd_joint_plan(params, &w);
        const bool joint = pass == CNN_CONV2D_BACKWARD && winograd_joint(params, &w);
        const int64_t thread = max_i64(w.grid.thread_floats, joint ? c.grid.thread_floats : 0);
        floats = max_i64(floats,
                         (joint ? winograd_packed_floats(&c.kernels) : 0) + w.parts * w.part_floats + threads * thread);
    }
    return (size_t)floats * sizeof(float);
}

/* Everything but a ReLU or sums without a batch norm, and sums in the input's gradient of images that take several
 * units, which parts of the weight's gradient may share. */
static bool winograd_fuses(const cnn_team *team, const cnn_conv2d_params *params, cnn_conv2d_pass pass,
                           const cnn_conv2d_fusion *fusion) {
    (void)team;
    const bool input = pass == CNN_CONV2D_FORWARD ? fusion->residual || fusion->staged : fusion->sums != NULL;
    if (!fusion->mean && (fusion->relu || input)) return false;
    if (pass == CNN_CONV2D_FORWARD || pass == CNN_CONV2D_BACKWARD_WEIGHT || !fusion->sums) return true;
    const winograd_grid forward = winograd_plan(params, false, 1), back = winograd_plan(params, true, 1);
    return forward.units_h * forward.units_w == 1 && back.units_h * back.units_w == 1;
}

static void winograd_forward(const cnn_team *team, const cnn_conv2d_params *params, const cnn_conv2d_fusion *fusion,
                             const void *input, const void *weight, const void *bias, void *output, void *kept,
                             void *workspace) {
    (void)kept;
    float *moments = fusion ? fusion->moments : NULL;
    winograd_correlation c = winograd_correlation_plan(team, params, false, moments);
    c.reader = winograd_input_reader(fusion, input, true);
    c.writer = (winograd_writer){
        .writing = moments ? WINOGRAD_MOMENTS : WINOGRAD_WRITE, .y = output, .bias = bias, .moments = moments};
    winograd_correlate(team, params, &c, weight, workspace);
}

static void winograd_backward_input(const cnn_team *team, const cnn_conv2d_params *params,
                                    const cnn_conv2d_fusion *fusion, const void *input, const void *doutput,
                                    const void *weight, void *dinput, void *workspace) {
    winograd_correlation c = winograd_correlation_plan(team, params, true, fusion && fusion->sums);
    c.reader = winograd_doutput_reader(fusion, doutput);
    c.writer = winograd_dinput_writer(fusion, input, dinput);
    winograd_correlate(team, params, &c, weight, workspace);
}

static void winograd_backward_weight(const cnn_team *team, const cnn_conv2d_params *params,
                                     const cnn_conv2d_fusion *fusion, const void *input, const void *kept,
                                     const void *doutput, void *dweight, void *workspace) {
    (void)kept;
    winograd_gradient w = winograd_gradient_plan(team, params);
    w.input = winograd_input_reader(fusion, input, false);
    w.doutput = winograd_doutput_reader(fusion, doutput);
    winograd_gradients(team, params, &w, NULL, NULL, NULL, dweight, workspace);
}

static void winograd_backward(const cnn_team *team, const cnn_conv2d_params *params, const cnn_conv2d_fusion *fusion,
                              const void *input, const void *kept, const void *weight, const void *doutput,
                              void *dinput, void *dweight, void *workspace) {
    winograd_gradient w = winograd_gradient_plan(team, params);
    if (!winograd_joint(params, &w)) {
        winograd_backward_input(team, params, fusion, input, doutput, weight, dinput, workspace);
        winograd_backward_weight(team, params, fusion, input, kept, doutput, dweight, workspace);
        return;
    }
    winograd_correlation c = winograd_joint_plan(params, &w);
    float *packed = workspace;
    w.input = winograd_input_reader(fusion, input, false);
    w.doutput = c.reader = winograd_doutput_reader(fusion, doutput);
    c.writer = winograd_dinput_writer(fusion, input, dinput);
    c.packed = packed;
    winograd_stream(&c);
    winograd_gradients(team, params, &w, &c, weight, packed, dweight, packed + winograd_packed_floats(&c.kernels));
}

const cnn_conv2d_kernels CNN_VARIANT(cnn_conv2d_winograd) = {
    .workspace_bytes = winograd_workspace_bytes,
    .fuses = winograd_fuses,
    .forward = winograd_forward,
    .backward_input = winograd_backward_input,
    .backward_weight = winograd_backward_weight,
    .backward = winograd_backward,
};
