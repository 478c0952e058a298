/* SPDX-License-Identifier: MIT
 * Forward and input gradient as one thing, a correlation: packed weights slide over a source, sums go to a destination.
 *
 * Forward reads the input. The input gradient reads doutput with the kernel turned round and channels and filters
 * exchanged; with a stride it falls into stride_h * stride_w phases, each a correlation of stride 1 that fills every
 * stride-th pixel, and all phases of a band use the same panel. In a depthwise convolution lanes are channels of the
 * source too. Weights are packed once per call, [phase][group][block][row][column][depth][lane], zeros in the lanes
 * that do not exist. A result is one sum in one order, whatever the bands, tiles and threads. */
#ifndef CNN_KERNELS_CPU_CONV2D_CORRELATE_H
#define CNN_KERNELS_CPU_CONV2D_CORRELATE_H

#include "kernels/cpu/conv2d_tile.h"

#define CONV2D_PANEL_FLOATS                                                                                            \
    (64 * 1024)                     /* a panel and the results that belong to it fit a second-level cache          */
#define CONV2D_CHUNK_STEPS 384      /* weights of so many steps stay in the first-level cache for a band           */
#define CONV2D_THREAD_WORK 131072.0 /* multiplications that are worth a thread's wake-up: about 4 us               */

typedef struct conv2d_correlation {
    const cnn_conv2d_params *params;
    bool gradient, depthwise;
    int64_t groups, depth, lanes; /* per group: channels of the source in a sum, channels of the destination */
    int64_t padded;               /* lanes rounded up to whole vectors                                       */
    int64_t dst_h, dst_w, dst_c;
    int64_t phases_h, phases_w;
    int64_t weight_group, weight_lane, weight_depth; /* strides of the users' weight, in floats */
    int64_t packed_floats, start_floats;
    conv2d_bands bands;
    int threads;
} conv2d_correlation;

/* Threads worth their wake-up for `work` multiplications. */
static inline int conv2d_threads(const cnn_team *team, double work) {
    const double most = work / CONV2D_THREAD_WORK;
    return most < 1 ? 1 : most < team->threads ? (int)most : team->threads;
}

static inline double conv2d_work(const cnn_conv2d_params *a) {
    return (double)a->n * (double)a->p * (double)a->q * (double)a->k * (double)(a->c / a->groups) *
           (double)(a->r * a->s);
}

static conv2d_axis correlation_axis_h(const conv2d_correlation *c, int64_t phase) {
    const cnn_conv2d_params *a = c->params;
    return c->gradient ? conv2d_gradient_axis(a->r, a->pad_h, a->dilation_h, a->stride_h, a->h, phase)
                       : conv2d_forward_axis(a->r, a->pad_h, a->dilation_h, a->stride_h, a->p);
}

static conv2d_axis correlation_axis_w(const conv2d_correlation *c, int64_t phase) {
    const cnn_conv2d_params *a = c->params;
    return c->gradient ? conv2d_gradient_axis(a->s, a->pad_w, a->dilation_w, a->stride_w, a->w, phase)
                       : conv2d_forward_axis(a->s, a->pad_w, a->dilation_w, a->stride_w, a->q);
}

/* Whether windows see so many columns of padding that walking taps one by one, and only inside the image, is faster. */
static bool correlation_exact(const conv2d_correlation *c) {
    double walked = 0, inside = 1e-9;
    for (int64_t f = 0; f < c->phases_w; f++) {
        const conv2d_axis axis = correlation_axis_w(c, f);
        walked += (double)(axis.taps * axis.count);
        for (int64_t j = 0; j < axis.taps; j++) {
            const conv2d_range results = conv2d_results_of_tap(&axis, j, c->bands.w);
            inside += (double)(results.end - results.begin);
        }
    }
    return !c->depthwise && walked > inside * (c->depth >= 32 ? 1.25 : 2);
}

/* Widens first … last to what the axis reads, and count to its results. */
static void correlation_cover(const conv2d_axis *axis, bool *any, int64_t *first, int64_t *last, int64_t *count) {
    *count = max_i64(*count, axis->count);
    if (axis->taps == 0 || axis->count == 0) return;
    const int64_t end = axis->at + (axis->taps - 1) * axis->at_step;
    *first = *any ? min_i64(*first, axis->at) : axis->at;
    *last = *any ? max_i64(*last, end) : end;
    *any = true;
}

static void correlation_bands(conv2d_correlation *c, double work) {
    const cnn_conv2d_params *a = c->params;
    conv2d_bands *b = &c->bands;
    bool any_h = false, any_w = false;
    *b = (conv2d_bands){.h = c->gradient ? a->p : a->h,
                        .w = c->gradient ? a->q : a->w,
                        .c = c->gradient ? a->k : a->c,
                        .stride_h = c->gradient ? 1 : a->stride_h,
                        .stride_w = c->gradient ? 1 : a->stride_w};
    for (int64_t f = 0; f < c->phases_h; f++) {
        const conv2d_axis axis = correlation_axis_h(c, f);
        correlation_cover(&axis, &any_h, &b->first_h, &b->last_h, &b->rows);
    }
    for (int64_t f = 0; f < c->phases_w; f++) {
        const conv2d_axis axis = correlation_axis_w(c, f);
        correlation_cover(&axis, &any_w, &b->first_w, &b->last_w, &b->cols);
    }
    b->exact = correlation_exact(c);
    int64_t units = 1; /* per image: enough for the threads to share, none too small */
    if (c->threads > 1 && a->n < 4 * c->threads) {
        const int64_t most = (int64_t)(work / (double)a->n / CONV2D_THREAD_WORK);
        units = min_i64(ceil_div(4 * c->threads, a->n), max_i64(most, 1));
    }
    conv2d_bands_plan(b, c->depthwise ? round_up(b->c, VF_WIDTH) : b->c, CONV2D_PANEL_FLOATS, units);
}

static conv2d_correlation correlation_plan(const cnn_team *team, const cnn_conv2d_params *a, bool gradient) {
    const int64_t channels = a->c / a->groups, filters = a->k / a->groups, taps = a->r * a->s;
    conv2d_correlation c = {.params = a,
                            .gradient = gradient,
                            .depthwise = channels == 1 && filters == 1 && a->groups > 1,
                            .groups = a->groups,
                            .depth = gradient ? filters : channels,
                            .lanes = gradient ? channels : filters,
                            .dst_h = gradient ? a->h : a->p,
                            .dst_w = gradient ? a->w : a->q,
                            .dst_c = gradient ? a->c : a->k,
                            .phases_h = gradient ? a->stride_h : 1,
                            .phases_w = gradient ? a->stride_w : 1,
                            .weight_group = filters * channels * taps,
                            .weight_lane = gradient ? taps : channels * taps,
                            .weight_depth = gradient ? channels * taps : taps};
    if (c.depthwise) {
        c.groups = 1;
        c.lanes = a->c;
        c.weight_lane = taps;
    }
    const double work = conv2d_work(a);
    c.threads = conv2d_threads(team, work);
    c.padded = round_up(c.lanes, VF_WIDTH);
    c.packed_floats = round_up(taps * c.depth * c.groups * c.padded, 16);
    c.start_floats = round_up(c.groups * c.padded, 16);
    correlation_bands(&c, work);
    return c;
}

static size_t correlation_bytes(const conv2d_correlation *c) {
    return (size_t)(c->packed_floats + c->start_floats + c->threads * c->bands.panel_floats) * sizeof(float);
}

/* Steps (row, column, depth) that the phase has in its packed weights. */
static int64_t axes_steps(const conv2d_correlation *c, const conv2d_axis *h, const conv2d_axis *w) {
    return h->taps * w->taps * c->depth;
}

/* Packs one step of one block of one phase: lanes side by side. */
static void pack_lanes(const conv2d_correlation *c, const float *weight, int64_t lanes, int64_t width, float *packed) {
    for (int64_t lane = 0; lane < lanes; lane++) packed[lane] = weight[lane * c->weight_lane];
    for (int64_t lane = lanes; lane < width; lane++) packed[lane] = 0;
}

/* Packs number `e` of the source's channels for one block, in all phases. */
static void pack_weights(const conv2d_correlation *c, const float *weight, int64_t group, int64_t block, int64_t e,
                         float *packed) {
    const int64_t width = conv2d_block_vectors(c->lanes, block) * VF_WIDTH;
    const int64_t lanes = min_i64(c->lanes - block * CONV2D_BLOCK, width);
    weight += group * c->weight_group + block * CONV2D_BLOCK * c->weight_lane + e * c->weight_depth;
    for (int64_t phase = 0; phase < c->phases_h * c->phases_w; phase++) {
        const conv2d_axis h = correlation_axis_h(c, phase / c->phases_w);
        const conv2d_axis w = correlation_axis_w(c, phase % c->phases_w);
        float *to = packed + (group * c->padded + block * CONV2D_BLOCK) * axes_steps(c, &h, &w) + e * width;
        for (int64_t i = 0; i < h.taps; i++) {
            const float *row = weight + (h.tap + i * h.tap_step) * c->params->s + w.tap;
            for (int64_t j = 0; j < w.taps; j++) {
                pack_lanes(c, row + j * w.tap_step, lanes, width, to);
                to += c->depth * width;
            }
        }
        packed += c->groups * c->padded * axes_steps(c, &h, &w);
    }
}

static void pack_start(const conv2d_correlation *c, const float *bias, float *start) {
    for (int64_t group = 0; group < c->groups; group++) {
        for (int64_t lane = 0; lane < c->padded; lane++) {
            start[group * c->padded + lane] = bias && lane < c->lanes ? bias[group * c->lanes + lane] : 0;
        }
    }
}

/* The results of a band in one phase and one block of lanes. */
typedef struct conv2d_area {
    conv2d_tile tile;     /* of the first result: the whole window, x not yet added           */
    const float *x;       /* source                                                           */
    int64_t origin;       /* floats from x to the first tap of the first result               */
    int64_t rows, cols;   /* results                                                          */
    int64_t x_row, y_row; /* floats from a result row to the next one, in source, destination */
    int vectors;
    const conv2d_axis *h, *w;
    int64_t h_size, w_size; /* source                                                          */
    int64_t row, col;       /* of the first result on the axes                                 */
} conv2d_area;

/* Chunk: the part of the window whose weights stay in the first-level cache while all rows of results pass by; between
 * chunks the sums wait in the destination. `tile` has the chunk's extent, `row` is its first kernel row. Kernel rows
 * outside the image are skipped. */
static void correlate_chunk(const conv2d_area *area, const conv2d_row *cut, conv2d_tile tile, int64_t row,
                            int64_t offset) {
    const conv2d_range chunk = {row, row + tile.rows};
    const int64_t row_weights = tile.runs * tile.length * area->vectors * VF_WIDTH;
    const float *weight = tile.weight;
    for (int64_t i = 0; i < area->rows; i++) {
        const conv2d_range taps = intersect(chunk, conv2d_taps_of_result(area->h, area->row + i, area->h_size));
        tile.rows = taps.end - taps.begin;
        if (tile.rows > 0 || tile.start) {
            tile.x = area->x + (area->origin + i * area->x_row + taps.begin * tile.row_step + offset);
            tile.weight = weight + (taps.begin - row) * row_weights;
            conv2d_tile_row(cut, tile);
        }
        tile.y += area->y_row;
    }
}

static void correlate_chunks(const conv2d_area *area, bool depthwise) {
    const conv2d_tile *whole = &area->tile;
    const conv2d_row cut = conv2d_row_plan(area->cols, area->vectors, depthwise);
    const int64_t per_row = whole->runs * whole->length;
    const int64_t rows = max_i64(1, CONV2D_CHUNK_STEPS / per_row);
    const int64_t runs = per_row <= CONV2D_CHUNK_STEPS ? whole->runs : max_i64(1, CONV2D_CHUNK_STEPS / whole->length);
    const int64_t length = ceil_div(whole->length, ceil_div(whole->length, CONV2D_CHUNK_STEPS));
    conv2d_tile tile = *whole;
    for (int64_t row = 0; row < whole->rows; row += rows) {
        tile.rows = min_i64(rows, whole->rows - row);
        for (int64_t run = 0; run < whole->runs; run += runs) {
            tile.runs = min_i64(runs, whole->runs - run);
            for (int64_t at = 0; at < whole->length; at += length) {
                tile.length = min_i64(length, whole->length - at);
                correlate_chunk(area, &cut, tile, row, run * whole->run_step + at);
                tile.weight += tile.rows * tile.runs * tile.length * area->vectors * VF_WIDTH;
                tile.start = NULL;
            }
        }
    }
}

/* The same one tap at a time, for the results whose tap lies inside the source and no others: for windows that see much
 * of the padding. */
static void correlate_taps(const conv2d_area *area) {
    const conv2d_range rows = {area->row, area->row + area->rows}, cols = {area->col, area->col + area->cols};
    const conv2d_row all = conv2d_row_plan(area->cols, area->vectors, false);
    const int64_t length = area->tile.length;
    conv2d_tile tile = area->tile;
    tile.rows = 0;
    tile.x = area->x;
    tile.x_step = 0;
    for (int64_t i = 0; i < area->rows; i++) { /* no taps: the sums' start */
        conv2d_tile_row(&all, tile);
        tile.y += area->y_row;
    }
    tile = area->tile;
    tile.rows = tile.runs = 1;
    tile.start = NULL;
    for (int64_t row = 0; row < area->tile.rows; row++) {
        const conv2d_range high = intersect(rows, conv2d_results_of_tap(area->h, row, area->h_size));
        for (int64_t run = 0; run < area->tile.runs; run++) {
            const conv2d_range wide = intersect(cols, conv2d_results_of_tap(area->w, run, area->w_size));
            const conv2d_row cut = conv2d_row_plan(wide.end - wide.begin, area->vectors, false);
            const int64_t right = wide.begin - area->col;
            for (int64_t i = high.begin - area->row; i < high.end - area->row && wide.begin < wide.end; i++) {
                tile.x = area->x + (area->origin + i * area->x_row + right * tile.x_step + row * tile.row_step +
                                    run * tile.run_step);
                tile.y = area->tile.y + i * area->y_row + right * tile.y_step;
                conv2d_tile_row(&cut, tile);
            }
            tile.weight += length * area->vectors * VF_WIDTH;
        }
    }
}

/* All channels of a band in a phase. `dst` is the first result's pixel. */
static void correlate_phase(const conv2d_correlation *c, const conv2d_band *band, const conv2d_axis *h,
                            const conv2d_axis *w, const float *packed, const float *start, float *dst) {
    const conv2d_bands *b = &c->bands;
    const bool merged = w->at_step == 1 && b->pitch == c->depth && !c->depthwise && !b->exact; /* taps side by side */
    const conv2d_area all = {.tile = {.x_step = w->stride * b->pitch,
                                      .rows = h->taps,
                                      .row_step = h->at_step * band->row_step,
                                      .runs = merged ? 1 : w->taps,
                                      .run_step = w->at_step * b->pitch,
                                      .length = merged ? w->taps * c->depth : c->depth,
                                      .y_step = w->out_step * c->dst_c},
                             .x = band->x,
                             .origin =
                                 band->origin + (h->at - b->first_h) * band->row_step + (w->at - b->first_w) * b->pitch,
                             .rows = min_i64(band->rows, h->count - band->row),
                             .cols = min_i64(band->cols, w->count - band->col),
                             .x_row = h->stride * band->row_step,
                             .y_row = h->out_step * c->dst_w * c->dst_c,
                             .h = h,
                             .w = w,
                             .h_size = b->h,
                             .w_size = b->w,
                             .row = band->row,
                             .col = band->col};
    for (int64_t group = 0; group < c->groups; group++) {
        for (int64_t block = 0; block * CONV2D_BLOCK < c->lanes; block++) {
            const int64_t lane = group * c->padded + block * CONV2D_BLOCK;
            conv2d_area area = all;
            area.origin += c->depthwise ? block * CONV2D_BLOCK : group * c->depth;
            area.vectors = conv2d_block_vectors(c->lanes, block);
            area.tile.y = dst + group * c->lanes + block * CONV2D_BLOCK;
            area.tile.weight = packed + lane * axes_steps(c, h, w);
            area.tile.start = start + lane;
            area.tile.lanes = min_i64(c->lanes - block * CONV2D_BLOCK, area.vectors * VF_WIDTH);
            if (b->exact)
                correlate_taps(&area);
            else
                correlate_chunks(&area, c->depthwise);
        }
    }
}

/* Pixels that no tap reaches: between the windows of a stride larger than the kernel. */
static void correlate_nothing(const conv2d_correlation *c, const conv2d_band *band, const conv2d_axis *h,
                              const conv2d_axis *w, float *dst) {
    for (int64_t i = 0; i < min_i64(band->rows, h->count - band->row); i++) {
        for (int64_t j = 0; j < min_i64(band->cols, w->count - band->col); j++) {
            memset(dst + (i * h->out_step * c->dst_w + j * w->out_step) * c->dst_c, 0,
                   (size_t)c->dst_c * sizeof(float));
        }
    }
}

/* One band of one image, in all phases. */
static __attribute__((noinline)) void correlate_band(const conv2d_correlation *c, const float *src, const float *packed,
                                                     const float *start, float *dst, int64_t unit, float *panel) {
    const conv2d_bands *b = &c->bands;
    const int64_t image = unit / (b->bands_h * b->bands_w), index = unit % (b->bands_h * b->bands_w);
    const conv2d_band band = conv2d_band_open(b, src + image * b->h * b->w * b->c, index, panel);
    dst += image * c->dst_h * c->dst_w * c->dst_c;
    for (int64_t phase = 0; phase < c->phases_h * c->phases_w; phase++) {
        const conv2d_axis h = correlation_axis_h(c, phase / c->phases_w);
        const conv2d_axis w = correlation_axis_w(c, phase % c->phases_w);
        const int64_t steps = axes_steps(c, &h, &w);
        if (band.row < h.count && band.col < w.count) {
            float *first =
                dst + ((h.out + band.row * h.out_step) * c->dst_w + w.out + band.col * w.out_step) * c->dst_c;
            if (steps > 0)
                correlate_phase(c, &band, &h, &w, packed, start, first);
            else
                correlate_nothing(c, &band, &h, &w, first);
        }
        packed += c->groups * c->padded * steps;
    }
}

static void correlate(const cnn_team *team, const conv2d_correlation *c, const float *src, const float *weight,
                      const float *bias, float *dst, float *workspace) {
    float *packed = workspace, *start = packed + c->packed_floats, *panels = start + c->start_floats;
    const int64_t units = c->params->n * c->bands.bands_h * c->bands.bands_w;
    const int64_t blocks = ceil_div(c->lanes, CONV2D_BLOCK), pieces = c->groups * blocks * c->depth;
    pack_start(c, bias, start);
#pragma omp parallel num_threads(c->threads) if (c->threads > 1)
    {
        float *panel = panels + omp_get_thread_num() * c->bands.panel_floats;
#pragma omp for schedule(static)
        for (int64_t i = 0; i < pieces; i++)
            pack_weights(c, weight, i / c->depth / blocks, i / c->depth % blocks, i % c->depth, packed);
#pragma omp for schedule(dynamic)
        for (int64_t unit = 0; unit < units; unit++)
            if (!conv2d_stopped(team)) correlate_band(c, src, packed, start, dst, unit, panel);
    }
}

#endif
