/* SPDX-License-Identifier: MIT
 * The outer steps of a convolution by Fourier transforms for images: along their rows, there and back.
 *
 * Two images travel as the real and the imaginary part of one: the convolution with a real kernel is linear and keeps
 * them apart, so complex transforms do no work twice and real ones are not needed. What fusion does to the input and to
 * the output's gradient happens while a line is fetched, what it does to results and what it sums up while they are
 * stored. Lines of floats, whole vectors of channels with nothing to do on the way, are read and written where they
 * lie; others pass through a stage. Sums over an image are one thread's, so that they have one order. */
#ifndef CNN_KERNELS_CPU_CONV2D_FFT_IMAGES_H
#define CNN_KERNELS_CPU_CONV2D_FFT_IMAGES_H

#include "kernels/cpu/conv2d_fft_plan.h"

/* From begin up to end: a thread's share of `count` things in a row. */
static inline conv2d_range fft_share(int64_t count, int thread, int threads) {
    return (conv2d_range){count * thread / threads, count * (thread + 1) / threads};
}

#define FFT_IN_PLACE (sizeof(STORED) == sizeof(float)) /* transforms can read and write images */

/* Room for one line of two images. */
typedef struct fft_stage {
    float re[FFT_MAX * VF_WIDTH], im[FFT_MAX * VF_WIDTH];
} fft_stage;

/* A vector of channels of one image or of its gradient. */
typedef struct fft_place {
    int64_t at, step; /* its first pixel and the way to the next, floats */
    int64_t channel, lanes;
} fft_place;

/* ---- there ---- */

/* A reader's numbers for the channels of one vector. */
typedef struct fft_affine {
    VF mean, scale, shift, slope;
} fft_affine;

static fft_affine fft_affine_of(const fft_reader *r, const fft_place *p) {
    fft_affine f = {.mean = load_lanes(r->mean + p->channel, p->lanes),
                    .scale = load_lanes(r->scale + p->channel, p->lanes),
                    .shift = load_lanes(r->shift + p->channel, p->lanes)};
    if (r->slope) f.slope = load_lanes(r->slope + p->channel, p->lanes);
    return f;
}

/* A row of one image as the convolution sees it. */
static void fft_stage_row(const fft_reader *r, const fft_place *p, int64_t count, float *stage) {
    const VF floor = vf_set(r->floor);
    const fft_affine f = r->mean ? fft_affine_of(r, p) : (fft_affine){.scale = {0}};
    for (int64_t i = 0; i < count; i++) {
        const int64_t at = p->at + i * p->step;
        VF v = load_stored(r->x + at, p->lanes);
        if (r->slope) {
            const VF other = load_stored(r->other + at, p->lanes);
            v = rounded(vf_fma(f.scale, v, vf_fma(f.slope, other - f.mean, f.shift)));
        } else if (r->mean) {
            v = rounded(vf_fma(v - f.mean, f.scale, f.shift));
            if (r->other) v = rounded(v + load_stored(r->other + at, p->lanes));
            v = vf_max(floor, v);
            if (r->staged) store_rounded(r->staged + at, v, p->lanes);
        }
        vf_store(stage + i * VF_WIDTH, v);
    }
}

/* One row of a pair of images, `image` floats apart (0: there is no second one), to `out`. */
static void fft_row_there(const fft_plan *plan, const fft_side *side, const fft_reader *r, fft_place p, int64_t image,
                          float *out) {
    fft_stage stage;
    fft_line line = {.re = (const void *)(r->x + p.at),
                     .im = (const void *)(r->x + p.at + image),
                     .step = side->channels,
                     .first = side->col,
                     .count = side->cols,
                     .out_re = out,
                     .out_im = out + VF_WIDTH,
                     .out_step = side->column,
                     .stream = side->stream,
                     .out_count = plan->across->size,
                     .roots = plan->roots_across};
    if (!FFT_IN_PLACE || p.lanes < VF_WIDTH || image == 0 || r->mean) {
        fft_stage_row(r, &p, side->cols, stage.re);
        p.at += image;
        if (image)
            fft_stage_row(r, &p, side->cols, stage.im);
        else
            memset(stage.im, 0, (size_t)side->cols * sizeof(VF));
        line.re = stage.re;
        line.im = stage.im;
        line.step = VF_WIDTH;
    }
    plan->across->plain(&line);
}

/* ---- back ---- */

/* Sums over one image so far. */
typedef struct fft_totals {
    VF near, first, second;
} fft_totals;

FFT_INLINE void fft_put_row(const bool moments, const bool gated, const fft_writer *w, const fft_place *p,
                            int64_t count, const float *stage, fft_totals *t) {
    const bool relu = w->gate.floor == 0;
    const fft_affine f = gated ? fft_affine_of(&w->gate, p) : (fft_affine){.scale = {0}};
    VF first = t->first, second = t->second;
    for (int64_t i = 0; i < count; i++) {
        const int64_t at = p->at + i * p->step;
        VF v = rounded(vf_load(stage + i * VF_WIDTH));
        if (moments) {
            const VF apart = v - t->near;
            first += apart;
            second = vf_fma(apart, apart, second);
        }
        if (gated) {
            const VF x = load_stored(w->gate.x + at, p->lanes) - f.mean;
            if (relu) v = vf_select(vf_fma(x, f.scale, f.shift) <= ABOVE_0, (VF){0}, v);
            first += v;
            second = vf_fma(v, x, second);
        }
        if (FFT_IN_PLACE && w->stream)
            vf_stream((void *)(w->y + at), v);
        else
            store_rounded(w->y + at, v, p->lanes);
    }
    t->first = first;
    t->second = second;
}

static void fft_put_any_row(const fft_writer *w, const fft_place *p, int64_t count, const float *stage, fft_totals *t) {
    if (w->moments)
        fft_put_row(true, false, w, p, count, stage, t);
    else if (w->gate.mean)
        fft_put_row(false, true, w, p, count, stage, t);
    else
        fft_put_row(false, false, w, p, count, stage, t);
}

/* The inverse: re and im change places on both sides. `begins`: the image's first row, in which a number near the mean
 * is looked for. */
static void fft_row_back(const fft_plan *plan, const fft_side *side, const fft_writer *w, fft_place p, int64_t image,
                         const float *in, bool begins, fft_totals totals[2]) {
    fft_stage stage;
    const bool staged = !FFT_IN_PLACE || p.lanes < VF_WIDTH || image == 0 || w->moments || w->gate.mean;
    fft_line line = {.re = in + VF_WIDTH,
                     .im = in,
                     .step = side->column,
                     .count = plan->across->size,
                     .out_re = staged ? stage.im : (void *)(w->y + p.at + image),
                     .out_im = staged ? stage.re : (void *)(w->y + p.at),
                     .out_step = staged ? VF_WIDTH : side->channels,
                     .stream = w->stream && !staged,
                     .out_first = side->col,
                     .out_count = side->cols,
                     .roots = plan->roots_across};
    if (side->stream) fft_prefetch(in + 2 * VF_WIDTH, side->column, plan->across->size);
    if (side->stream && VF_BYTES > 32) fft_prefetch(in + 3 * VF_WIDTH, side->column, plan->across->size);
    plan->across->plain(&line);
    if (!staged) return;
    for (int second = 0; second < (image ? 2 : 1); second++, p.at += image) {
        const float *row = second ? stage.im : stage.re;
        if (begins) totals[second].near = rounded(vf_load(row + side->cols / 2 * VF_WIDTH));
        fft_put_any_row(w, &p, side->cols, row, &totals[second]);
    }
}

/* [3, channels] or [2, channels] of image n */
static void fft_put_totals(const fft_writer *w, const fft_side *side, const fft_place *p, int64_t n,
                           const fft_totals *t) {
    float *moments = w->moments ? w->moments + n * 3 * side->channels + p->channel : NULL;
    float *sums = moments ? moments + side->channels : w->sums ? w->sums + n * 2 * side->channels + p->channel : NULL;
    if (moments) store_lanes(moments, t->near, p->lanes);
    if (!sums) return;
    store_lanes(sums, t->first, p->lanes);
    store_lanes(sums + side->channels, t->second, p->lanes);
}

/* ---- all of them ---- */

/* What one unit of work comprises: some vectors of channels of a pair, row by row, so that whole pixels are written. */
enum { FFT_SPAN = 64 / VF_WIDTH };

/* A thread's share of rows: whole units where an image is summed up, else any. */
static conv2d_range fft_share_of_rows(int64_t units, int64_t rows, bool whole, int thread, int threads) {
    if (!whole) return fft_share(units * rows, thread, threads);
    const conv2d_range share = fft_share(units, thread, threads);
    return (conv2d_range){share.begin * rows, share.end * rows};
}

/* A thread's share of the images: read and transformed into `rows`, or back out of them. One of r and w is NULL. */
static void fft_images(const fft_job *job, const fft_side *side, const fft_reader *r, const fft_writer *w, float *rows,
                       int thread, int threads) {
    const fft_plan *plan = &job->plan;
    const int64_t row = side->cols * side->channels, image = side->rows * row, spans = ceil_div(side->channels, 64);
    const bool whole = w && (w->moments || w->sums);
    const conv2d_range share = fft_share_of_rows(plan->pairs * spans, side->rows, whole, thread, threads);
    fft_totals totals[FFT_SPAN][2];
    memset(totals, 0, sizeof totals);
    for (int64_t i = share.begin; i < share.end && !conv2d_stopped(job->team); i++) {
        const int64_t y = i % side->rows, unit = i / side->rows, pair = unit / spans, from = unit % spans * 64;
        const int64_t next = 2 * pair + 1 < plan->a.n ? image : 0, end = min_i64(from + 64, side->channels);
        if (y == 0) memset(totals, 0, sizeof totals);
        for (int64_t channel = from; channel < end; channel += VF_WIDTH) {
            fft_totals *sums = totals[(channel - from) / VF_WIDTH];
            float *line = rows + ((pair * side->lanes + channel) * side->rows + y * VF_WIDTH) * 2;
            const fft_place p = {.at = 2 * pair * image + y * row + channel,
                                 .step = side->channels,
                                 .channel = channel,
                                 .lanes = min_i64(side->channels - channel, VF_WIDTH)};
            if (r)
                fft_row_there(plan, side, r, p, next, line);
            else
                fft_row_back(plan, side, w, p, next, line, y == 0, sums);
            for (int second = 0; whole && y == side->rows - 1 && second < (next ? 2 : 1); second++)
                fft_put_totals(w, side, &p, 2 * pair + second, &sums[second]);
        }
    }
}

#endif
