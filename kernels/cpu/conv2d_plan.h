/* SPDX-License-Identifier: MIT
 * Forward and input gradient as one thing, a correlation: packed weights slide over a source, sums go to a destination.
 *
 * Forward reads the input. The input gradient reads doutput with the kernel turned round and channels and filters
 * exchanged; with a stride it falls into stride_h * stride_w phases, each a correlation of stride 1 that fills every
 * stride-th pixel. In a depthwise convolution lanes are channels of the source too. This file makes the plan and packs
 * the weights: [phase][group][block][row][column][depth][lane], zeros in the lanes that do not exist. */
#ifndef CNN_KERNELS_CPU_CONV2D_PLAN_H
#define CNN_KERNELS_CPU_CONV2D_PLAN_H

#include "kernels/cpu/conv2d_bands.h"

#define CONV2D_PANEL_FLOATS (64 * 1024)  /* a panel and the results that belong to it fit a second-level cache    */
#define CONV2D_SPLIT_FLOATS (256 * 1024) /* weights that stay in a second-level cache                            */
#define CONV2D_CHUNK_STEPS  384          /* weights of so many steps stay in the first-level cache for a band    */

typedef struct conv2d_correlation {
    const cnn_conv2d_params *params;
    bool gradient, depthwise;
    int64_t groups, depth, lanes; /* per group: channels of the source in a sum, channels of the destination */
    int64_t padded;               /* lanes rounded up to whole vectors                                       */
    int64_t dst_h, dst_w, dst_c;
    int64_t phases_h, phases_w;
    int64_t weight_group, weight_lane, weight_depth; /* strides of the users' weight, in floats */
    const conv2d_axis *axes_h, *axes_w;              /* one per phase, in the workspace: set when the work begins */
    int64_t packed_floats, start_floats, axes_floats;
    int64_t blocks, splits; /* all blocks of all groups; the sets of them that are worked on one after the other */
    conv2d_bands bands;
    int threads;
} conv2d_correlation;

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
    /* Weights that are larger than a second-level cache: all images pass by one part of them, then by the next. When
     * images are few, rows, columns and blocks must keep all threads busy, but no unit should be too small. */
    const int64_t wanted = min_i64(2 * c->threads, max_i64(1, (int64_t)(work / CONV2D_THREAD_WORK)));
    c->splits = min_i64(c->blocks, ceil_div(c->packed_floats, CONV2D_SPLIT_FLOATS));
    if (c->threads > 1 && a->n * b->rows * c->splits < wanted)
        c->splits = min_i64(c->blocks, ceil_div(wanted, a->n * b->rows));
    const int64_t units = c->threads > 1 ? ceil_div(wanted, a->n * c->splits) : 1; /* per image */
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
    c.axes_floats = round_up((c.phases_h + c.phases_w) * (int64_t)(sizeof(conv2d_axis) / sizeof(float)), 16);
    c.blocks = c.groups * ceil_div(c.lanes, CONV2D_BLOCK);
    correlation_bands(&c, work);
    return c;
}

static size_t correlation_bytes(const conv2d_correlation *c) {
    return (size_t)(c->packed_floats + c->start_floats + c->axes_floats + c->threads * c->bands.panel_floats) *
           sizeof(float);
}

/* Steps (row, column, depth) that the phase has in its packed weights. */
static int64_t axes_steps(const conv2d_correlation *c, const conv2d_axis *h, const conv2d_axis *w) {
    return h->taps * w->taps * c->depth;
}

/* Copies the taps of one phase from the users' filter, to every `step` floats. */
static void pack_taps(const conv2d_correlation *c, const conv2d_axis *h, const conv2d_axis *w, const float *filter,
                      float *to, int64_t step) {
    const int64_t s = c->params->s, taps = c->params->r * s;
    if (h->taps * w->taps == taps) { /* all of them: from the first to the last, or back */
        const float *tap = c->gradient ? filter + taps - 1 : filter;
        const int64_t next = c->gradient ? -1 : 1;
        for (int64_t i = 0; i < taps; i++) to[i * step] = tap[i * next];
        return;
    }
    for (int64_t i = 0; i < h->taps; i++) {
        for (int64_t j = 0; j < w->taps; j++) {
            *to = filter[(h->tap + i * h->tap_step) * s + w->tap + j * w->tap_step];
            to += step;
        }
    }
}

/* Packs the source's channels `begin … end - 1` for one block, in all phases. Few enough of them at a time, so that
 * what is read and what is written stays in the first-level cache. */
static void pack_weights(const conv2d_correlation *c, const float *weight, int64_t group, int64_t block, int64_t begin,
                         int64_t end, float *packed) {
    const int64_t width = conv2d_block_vectors(c->lanes, block) * VF_WIDTH;
    const int64_t lanes = min_i64(c->lanes - block * CONV2D_BLOCK, width);
    weight += group * c->weight_group + block * CONV2D_BLOCK * c->weight_lane;
    for (int64_t phase = 0; phase < c->phases_h * c->phases_w; phase++) {
        const conv2d_axis *h = &c->axes_h[phase / c->phases_w], *w = &c->axes_w[phase % c->phases_w];
        const int64_t steps = axes_steps(c, h, w);
        float *to = packed + (group * c->padded + block * CONV2D_BLOCK) * steps;
        if (lanes < width) {
            for (int64_t i = 0; i < h->taps * w->taps; i++)
                memset(to + (i * c->depth + begin) * width, 0, (size_t)((end - begin) * width) * sizeof(float));
        }
        for (int64_t lane = 0; lane < lanes && steps > 0; lane++) {
            for (int64_t e = begin; e < end; e++) {
                const float *filter = weight + lane * c->weight_lane + e * c->weight_depth;
                pack_taps(c, h, w, filter, to + e * width + lane, c->depth * width);
            }
        }
        packed += c->groups * c->padded * steps;
    }
}

/* Source channels that pack_weights takes at a time. */
static int64_t pack_channels(const conv2d_correlation *c) {
    return min_i64(16, max_i64(1, 256 / (c->params->r * c->params->s)));
}

/* Computes every phase's axes once. */
static void pack_axes(conv2d_correlation *c, conv2d_axis *axes) {
    c->axes_h = axes;
    c->axes_w = axes + c->phases_h;
    for (int64_t f = 0; f < c->phases_h; f++) axes[f] = correlation_axis_h(c, f);
    for (int64_t f = 0; f < c->phases_w; f++) axes[c->phases_h + f] = correlation_axis_w(c, f);
}

static void pack_start(const conv2d_correlation *c, const float *bias, float *start) {
    for (int64_t group = 0; group < c->groups; group++) {
        for (int64_t lane = 0; lane < c->padded; lane++) {
            start[group * c->padded + lane] = bias && lane < c->lanes ? bias[group * c->lanes + lane] : 0;
        }
    }
}

#endif
