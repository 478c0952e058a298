/* SPDX-License-Identifier: MIT
 * The walk of a correlation (forward, input gradient): phases, blocks of lanes, chunks of the window, rows of tiles.
 *
 * All phases of a band use the same panel. A result is one sum in one order, whatever the bands, tiles and threads:
 * kernel row, kernel column, channel. */
#ifndef CNN_KERNELS_CPU_CONV2D_CORRELATE_H
#define CNN_KERNELS_CPU_CONV2D_CORRELATE_H

#include <omp.h>

#include "kernels/cpu/conv2d_plan.h"
#include "kernels/cpu/conv2d_tile.h"

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

/* Some blocks of a band in a phase. `dst` is the first result's pixel. */
static void correlate_phase(const conv2d_correlation *c, const conv2d_band *band, const conv2d_axis *h,
                            const conv2d_axis *w, const float *packed, const float *start, float *dst,
                            conv2d_range blocks) {
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
    const int64_t per_group = c->blocks / c->groups;
    for (int64_t index = blocks.begin; index < blocks.end; index++) {
        const int64_t group = index / per_group, first = index % per_group * CONV2D_BLOCK; /* first lane in the group */
        const int64_t lane = group * c->padded + first;
        conv2d_area area = all;
        area.origin += c->depthwise ? first : group * c->depth;
        area.vectors = conv2d_block_vectors(c->lanes, index % per_group);
        area.tile.y = dst + group * c->lanes + first;
        area.tile.weight = packed + lane * axes_steps(c, h, w);
        area.tile.start = start + lane;
        area.tile.lanes = min_i64(c->lanes - first, area.vectors * VF_WIDTH);
        if (b->exact)
            correlate_taps(&area);
        else
            correlate_chunks(&area, c->depthwise);
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

/* A unit of work: one band of one image, in all phases, for one split of the blocks. */
static __attribute__((noinline)) void correlate_unit(const conv2d_correlation *c, const float *src, const float *packed,
                                                     const float *start, float *dst, int64_t unit, float *panel) {
    const conv2d_bands *b = &c->bands;
    const int64_t bands = b->bands_h * b->bands_w, per_split = c->params->n * bands;
    const int64_t split = unit / per_split, image = unit % per_split / bands;
    const conv2d_range blocks = {split * c->blocks / c->splits, (split + 1) * c->blocks / c->splits};
    const conv2d_band band = conv2d_band_open(b, src + image * b->h * b->w * b->c, unit % bands, panel);
    dst += image * c->dst_h * c->dst_w * c->dst_c;
    for (int64_t phase = 0; phase < c->phases_h * c->phases_w; phase++) {
        const conv2d_axis *h = &c->axes_h[phase / c->phases_w], *w = &c->axes_w[phase % c->phases_w];
        const int64_t steps = axes_steps(c, h, w);
        if (band.row < h->count && band.col < w->count) {
            float *pixel =
                dst + ((h->out + band.row * h->out_step) * c->dst_w + w->out + band.col * w->out_step) * c->dst_c;
            if (steps > 0)
                correlate_phase(c, &band, h, w, packed, start, pixel, blocks);
            else if (split == 0)
                correlate_nothing(c, &band, h, w, pixel);
        }
        packed += c->groups * c->padded * steps;
    }
}

static void correlate(const cnn_team *team, conv2d_correlation *c, const float *src, const float *weight,
                      const float *bias, float *dst, float *workspace) {
    float *packed = workspace, *start = packed + c->packed_floats, *panels = start + c->start_floats + c->axes_floats;
    const int64_t units = c->splits * c->params->n * c->bands.bands_h * c->bands.bands_w;
    const int64_t per_group = c->blocks / c->groups;
    const int64_t channels = pack_channels(c), pieces = ceil_div(c->depth, channels);
    pack_start(c, bias, start);
    pack_axes(c, (conv2d_axis *)(start + c->start_floats));
#pragma omp parallel num_threads(c->threads) if (c->threads > 1)
    {
        float *panel = panels + omp_get_thread_num() * c->bands.panel_floats;
#pragma omp for schedule(static)
        for (int64_t i = 0; i < c->blocks * pieces; i++) {
            const int64_t block = i / pieces, begin = i % pieces * channels;
            pack_weights(c, weight, block / per_group, block % per_group, begin, min_i64(begin + channels, c->depth),
                         packed);
        }
#pragma omp for schedule(dynamic) nowait
        for (int64_t unit = 0; unit < units; unit++)
            if (!conv2d_stopped(team)) correlate_unit(c, src, packed, start, dst, unit, panel);
    }
}

#endif
