/* SPDX-License-Identifier: MIT
 * The weight gradient: for every weight, input times doutput summed over all images and pixels.
 *
 * A tile of weights (some numbers of a run of the window by one or two vectors of filters) stays in registers while the
 * pixels of a band go by: one or two loads of doutput and one number of the input per weight row. Images are dealt into
 * at most 8 parts of fixed size, each with its own sums, which are then added in order: bits depend on the shape only.
 * Threads take parts, and where there are too few of those also rows of the kernel, which does not change the sums.
 * Layout of a part: [group][block][row][column][channel][lane], as the packed weights of forward. */
#ifndef CNN_KERNELS_CPU_CONV2D_GRADIENT_H
#define CNN_KERNELS_CPU_CONV2D_GRADIENT_H

#include "kernels/cpu/conv2d_correlate.h"

#define CONV2D_PARTS           8                 /* as many threads find work without staging an image twice */
#define CONV2D_PARTS_FLOATS    (4 * 1024 * 1024) /* but all parts together stay below 16 MB                   */
#define CONV2D_GRADIENT_FLOATS (8 * 1024)        /* a band's source, beside its doutput in a first-level cache */
#define CONV2D_PART_PIXELS     64                /* and a part sums enough pixels to be worth adding          */

typedef struct conv2d_gradient {
    const cnn_conv2d_params *params;
    conv2d_axis axis_h, axis_w;
    bool depthwise;
    int64_t groups, depth, lanes, padded; /* as in a correlation: input channels and filters of a group */
    int64_t dy_pitch;                     /* floats from one pixel of doutput to the next               */
    int64_t dy_floats;                    /* its panel, when lanes do not fill vectors; else 0          */
    int64_t part_floats, parts;
    int64_t shares; /* pieces that a part's kernel rows are split into for the threads */
    conv2d_bands bands;
    int threads;
} conv2d_gradient;

typedef struct conv2d_sums {
    const float *x;        /* number 0 of the tile at the first pixel      */
    int64_t x_row, x_step; /* floats from a pixel to the one below, beside */
    const float *dy;
    int64_t dy_row, dy_step;
    int64_t rows, cols; /* pixels                                       */
    int64_t tap_step;   /* depthwise: floats from one tap to the next   */
    float *dw;          /* [numbers][vectors * VF_WIDTH]                */
    bool fresh;         /* the sums start from zero                     */
} conv2d_sums;

CONV2D_INLINE void conv2d_sums_body(const conv2d_sums *sums, const int numbers, const int vectors, bool depthwise) {
    const VF zero = {0};
    VF sum[CONV2D_ACCUMULATORS];
    CONV2D_UNROLL for (int i = 0; i < numbers * vectors; i++) sum[i] =
        sums->fresh ? zero : vf_load(sums->dw + i * VF_WIDTH);
    const int64_t x_step = sums->x_step, dy_step = sums->dy_step, tap_step = sums->tap_step;
    for (int64_t row = 0; row < sums->rows; row++) {
        const float *x = sums->x + row * sums->x_row, *dy = sums->dy + row * sums->dy_row;
        for (int64_t i = sums->cols; i > 0; i--) {
            VF d[2];
            CONV2D_UNROLL for (int v = 0; v < vectors; v++) d[v] = vf_load(dy + v * VF_WIDTH);
            CONV2D_UNROLL for (int t = 0; t < numbers; t++) {
                CONV2D_UNROLL for (int v = 0; v < vectors; v++) {
                    const VF value = depthwise ? vf_load(x + t * tap_step + v * VF_WIDTH) : vf_set(x[t]);
                    sum[t * vectors + v] = vf_fma(value, d[v], sum[t * vectors + v]);
                }
            }
            x += x_step;
            dy += dy_step;
        }
    }
    CONV2D_UNROLL for (int i = 0; i < numbers * vectors; i++) vf_store(sums->dw + i * VF_WIDTH, sum[i]);
}

typedef void conv2d_sums_function(const conv2d_sums *sums);

#define CONV2D_SUMS(numbers, vectors)                                                                                  \
    static void conv2d_sums_##numbers##_##vectors(const conv2d_sums *sums) {                                           \
        conv2d_sums_body(sums, numbers, vectors, false);                                                               \
    }
#define CONV2D_SUMS_NAME(numbers, vectors) conv2d_sums_##numbers##_##vectors,
CONV2D_SIZES_1(CONV2D_SUMS)
CONV2D_SIZES_2(CONV2D_SUMS)
static conv2d_sums_function *const conv2d_sums_1[CONV2D_PIXELS_1] = {CONV2D_SIZES_1(CONV2D_SUMS_NAME)};
static conv2d_sums_function *const conv2d_sums_2[CONV2D_PIXELS_2] = {CONV2D_SIZES_2(CONV2D_SUMS_NAME)};

#define CONV2D_DEPTHWISE_SUMS(numbers, vectors)                                                                        \
    static void conv2d_depthwise_sums_##numbers##_##vectors(const conv2d_sums *sums) {                                 \
        conv2d_sums_body(sums, numbers, vectors, true);                                                                \
    }
#define CONV2D_DEPTHWISE_SUMS_NAME(numbers, vectors) conv2d_depthwise_sums_##numbers##_##vectors,
CONV2D_1_TO_6(CONV2D_DEPTHWISE_SUMS, 1)
CONV2D_1_TO_6(CONV2D_DEPTHWISE_SUMS, 2)
static conv2d_sums_function *const conv2d_depthwise_sums_1[] = {CONV2D_1_TO_6(CONV2D_DEPTHWISE_SUMS_NAME, 1)};
static conv2d_sums_function *const conv2d_depthwise_sums_2[] = {CONV2D_1_TO_6(CONV2D_DEPTHWISE_SUMS_NAME, 2)};

/* A run of `length` numbers in tiles of nearly equal size. */
static void conv2d_sums_run(conv2d_sums sums, int64_t length, int vectors, bool depthwise) {
    conv2d_sums_function *const *table = depthwise ? (vectors == 2 ? conv2d_depthwise_sums_2 : conv2d_depthwise_sums_1)
                                                   : (vectors == 2 ? conv2d_sums_2 : conv2d_sums_1);
    const int64_t most = depthwise ? CONV2D_DEPTHWISE_PIXELS : vectors == 2 ? CONV2D_PIXELS_2 : CONV2D_PIXELS_1;
    const int64_t tiles = ceil_div(length, most);
    for (int64_t i = 0; i < tiles; i++) {
        const int64_t size = length * (i + 1) / tiles - length * i / tiles;
        table[size - 1](&sums);
        sums.x += size * (depthwise ? sums.tap_step : 1);
        sums.dw += size * vectors * VF_WIDTH;
    }
}

/* Floats of a band's source: tiles pass over it again and again, so it should stay in the first-level cache, but
 * loading and storing the sums must be worth it. */
static int64_t gradient_budget(const conv2d_bands *b) {
    const int64_t rows = min_i64(b->rows, ceil_div(CONV2D_PART_PIXELS, b->cols));
    const int64_t high = (rows - 1) * b->stride_h + b->last_h - b->first_h + 1;
    const int64_t wide = (b->cols - 1) * b->stride_w + b->last_w - b->first_w + 1;
    return min_i64(CONV2D_PANEL_FLOATS, max_i64(CONV2D_GRADIENT_FLOATS, high * wide * b->c));
}

static conv2d_gradient gradient_plan(const cnn_team *team, const cnn_conv2d_params *a) {
    const int64_t channels = a->c / a->groups, filters = a->k / a->groups;
    conv2d_gradient g = {.params = a,
                         .axis_h = conv2d_forward_axis(a->r, a->pad_h, a->dilation_h, a->stride_h, a->p),
                         .axis_w = conv2d_forward_axis(a->s, a->pad_w, a->dilation_w, a->stride_w, a->q),
                         .depthwise = channels == 1 && filters == 1 && a->groups > 1,
                         .groups = a->groups,
                         .depth = channels,
                         .lanes = filters};
    if (g.depthwise) {
        g.groups = 1;
        g.lanes = a->c;
    }
    g.padded = round_up(g.lanes, VF_WIDTH);
    g.dy_pitch = g.groups * g.padded;
    g.bands = (conv2d_bands){.h = a->h,
                             .w = a->w,
                             .c = a->c,
                             .rows = a->p,
                             .cols = a->q,
                             .stride_h = a->stride_h,
                             .stride_w = a->stride_w,
                             .first_h = -a->pad_h,
                             .last_h = (a->r - 1) * a->dilation_h - a->pad_h,
                             .first_w = -a->pad_w,
                             .last_w = (a->s - 1) * a->dilation_w - a->pad_w};
    g.bands.exact = !g.depthwise && channels >= 8; /* shorter runs are better merged, which needs a panel */
    conv2d_bands_plan(&g.bands, g.depthwise ? round_up(a->c, VF_WIDTH) : a->c, gradient_budget(&g.bands), 1);
    if (g.dy_pitch != a->k) g.dy_floats = round_up(g.bands.band_rows * g.bands.band_cols * g.dy_pitch, 16);
    g.part_floats = round_up(a->r * a->s * g.depth * g.dy_pitch, 16);
    const int64_t most = min_i64(CONV2D_PARTS_FLOATS / g.part_floats, a->n * a->p * a->q / CONV2D_PART_PIXELS);
    g.parts = min_i64(a->n * g.bands.bands_h * g.bands.bands_w, min_i64(CONV2D_PARTS, max_i64(most, 1)));
    g.threads = conv2d_threads(team, conv2d_work(a));
    g.shares = 1;
    if (g.threads > 1) {
        const int64_t pieces = g.groups * ceil_div(g.lanes, CONV2D_BLOCK) * a->r;
        g.shares = min_i64(pieces, ceil_div(g.parts >= g.threads ? g.threads : 2 * g.threads, g.parts));
    }
    return g;
}

static size_t gradient_bytes(const conv2d_gradient *g) {
    return (size_t)(g->parts * g->part_floats + g->threads * (g->bands.panel_floats + g->dy_floats)) * sizeof(float);
}

/* Copies a band of doutput with every group's filters filled up to whole vectors. */
static void copy_doutput(const conv2d_gradient *g, const float *dy, const conv2d_band *band, float *panel) {
    const cnn_conv2d_params *a = g->params;
    for (int64_t i = 0; i < band->rows; i++) {
        const float *from = dy + i * a->q * a->k;
        for (int64_t j = 0; j < band->cols * g->groups; j++) {
            memcpy(panel, from, (size_t)g->lanes * sizeof(float));
            memset(panel + g->lanes, 0, (size_t)(g->padded - g->lanes) * sizeof(float));
            panel += g->padded;
            from += g->lanes;
        }
    }
}

/* Adds a band's pixels to the sums of one piece: one row of the kernel, one block of filters. Pixels whose kernel row
 * lies outside the image are skipped; when no panel has filled in the zeros, also those whose column does. */
static void sum_piece(const conv2d_gradient *g, const conv2d_band *band, conv2d_sums sums, int64_t piece, float *part) {
    const conv2d_bands *b = &g->bands;
    const cnn_conv2d_params *a = g->params;
    const int64_t blocks = ceil_div(g->lanes, CONV2D_BLOCK);
    const int64_t row = piece % a->r, block = piece / a->r % blocks, group = piece / a->r / blocks;
    const int64_t lane = group * g->padded + block * CONV2D_BLOCK;
    const int vectors = conv2d_block_vectors(g->lanes, block);
    const conv2d_range rows = {band->row, band->row + band->rows}, cols = {band->col, band->col + band->cols};
    const conv2d_range high = intersect(rows, conv2d_results_of_tap(&g->axis_h, row, b->h));
    const int64_t down = high.begin - band->row;
    const int64_t origin = band->origin + down * sums.x_row + row * a->dilation_h * band->row_step +
                           (g->depthwise ? block * CONV2D_BLOCK : group * g->depth);
    const float *dy = sums.dy + down * sums.dy_row + lane;
    sums.rows = high.end - high.begin;
    sums.dw = part + (lane * a->r + row * vectors * VF_WIDTH) * a->s * g->depth;
    sums.tap_step = a->dilation_w * b->pitch;
    const bool merged = a->dilation_w == 1 && b->pitch == g->depth && !b->exact;
    if (g->depthwise || merged) {
        sums.x = band->x + (sums.rows > 0 ? origin : 0);
        sums.dy = dy;
        conv2d_sums_run(sums, a->s * g->depth, vectors, g->depthwise);
        return;
    }
    for (int64_t column = 0; column < a->s; column++) {
        const conv2d_range wide = b->exact ? intersect(cols, conv2d_results_of_tap(&g->axis_w, column, b->w)) : cols;
        const int64_t right = wide.begin - band->col;
        sums.cols = wide.end - wide.begin;
        sums.x = band->x + (sums.rows > 0 && sums.cols > 0 ? origin + right * sums.x_step + column * sums.tap_step : 0);
        sums.dy = dy + right * sums.dy_step;
        conv2d_sums_run(sums, g->depth, vectors, false);
        sums.dw += g->depth * vectors * VF_WIDTH;
    }
}

/* Share `share` of part `index`: its images, band by band. */
static __attribute__((noinline)) void sum_part(const cnn_team *team, const conv2d_gradient *g, const float *input,
                                               const float *doutput, int64_t index, int64_t share, float *part,
                                               float *panel) {
    const cnn_conv2d_params *a = g->params;
    const conv2d_bands *b = &g->bands;
    const int64_t per_image = b->bands_h * b->bands_w, units = a->n * per_image;
    const int64_t pieces = g->groups * ceil_div(g->lanes, CONV2D_BLOCK) * a->r;
    const int64_t begin = index * units / g->parts, end = (index + 1) * units / g->parts;
    for (int64_t unit = begin; unit < end && !conv2d_stopped(team); unit++) {
        const int64_t n = unit / per_image;
        const conv2d_band band = conv2d_band_open(b, input + n * a->h * a->w * a->c, unit % per_image, panel);
        const float *dy = doutput + ((n * a->p + band.row) * a->q + band.col) * a->k;
        conv2d_sums sums = {.x_row = a->stride_h * band.row_step,
                            .x_step = a->stride_w * b->pitch,
                            .dy = dy,
                            .dy_row = a->q * a->k,
                            .dy_step = a->k,
                            .rows = band.rows,
                            .cols = band.cols,
                            .fresh = unit == begin};
        if (g->dy_floats) {
            sums.dy = panel + b->panel_floats;
            sums.dy_row = band.cols * g->dy_pitch;
            sums.dy_step = g->dy_pitch;
            copy_doutput(g, dy, &band, panel + b->panel_floats);
        }
        for (int64_t piece = share * pieces / g->shares; piece < (share + 1) * pieces / g->shares; piece++)
            sum_piece(g, &band, sums, piece, part);
    }
}

/* Adds the parts of one channel and one block of filters, and puts the sums where users want them. */
static void add_parts(const conv2d_gradient *g, const float *parts, int64_t index, float *dweight) {
    const cnn_conv2d_params *a = g->params;
    const int64_t blocks = ceil_div(g->lanes, CONV2D_BLOCK), taps = a->r * a->s;
    const int64_t e = index % g->depth, block = index / g->depth % blocks, group = index / g->depth / blocks;
    const int64_t width = conv2d_block_vectors(g->lanes, block) * VF_WIDTH;
    const int64_t lanes = min_i64(g->lanes - block * CONV2D_BLOCK, width);
    const float *from = parts + (group * g->padded + block * CONV2D_BLOCK) * taps * g->depth + e * width;
    float *to = dweight + ((group * g->lanes + block * CONV2D_BLOCK) * g->depth + e) * taps;
    for (int64_t tap = 0; tap < taps; tap++) {
        float sum[CONV2D_BLOCK] = {0};
        for (int64_t v = 0; v < width; v += VF_WIDTH) {
            VF total = vf_load(from + tap * g->depth * width + v);
            for (int64_t i = 1; i < g->parts; i++)
                total += vf_load(from + i * g->part_floats + tap * g->depth * width + v);
            vf_store(sum + v, total);
        }
        for (int64_t lane = 0; lane < lanes; lane++) to[lane * g->depth * taps + tap] = sum[lane];
    }
}

static void weight_gradient(const cnn_team *team, const conv2d_gradient *g, const float *input, const float *doutput,
                            float *dweight, float *workspace) {
    float *parts = workspace, *panels = parts + g->parts * g->part_floats;
    const int64_t jobs = g->parts * g->shares;
    const int64_t outputs = g->groups * ceil_div(g->lanes, CONV2D_BLOCK) * g->depth;
#pragma omp parallel num_threads(g->threads) if (g->threads > 1)
    {
        float *panel = panels + omp_get_thread_num() * (g->bands.panel_floats + g->dy_floats);
#pragma omp for schedule(dynamic)
        for (int64_t job = 0; job < jobs; job++) {
            const int64_t index = job / g->shares;
            sum_part(team, g, input, doutput, index, job % g->shares, parts + index * g->part_floats, panel);
        }
#pragma omp for schedule(static) nowait
        for (int64_t i = 0; i < outputs; i++)
            if (!conv2d_stopped(team)) add_parts(g, parts, i, dweight);
    }
}

#endif
