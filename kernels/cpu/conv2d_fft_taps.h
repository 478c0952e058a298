/* SPDX-License-Identifier: MIT
 * The outer steps of a convolution by Fourier transforms for the kernel: along its rows, there, and back for its
 * gradient.
 *
 * The images' two halves share the kernel, so the transform of each of its channels is needed by itself. Two channels
 * are transformed at once all the same: of two real lines x, y and z = x + i y, X[k] = (Z[k] + conj Z[-k]) / 2    Y[k]
 * = (Z[k] - conj Z[-k]) / 2i */
#ifndef CNN_KERNELS_CPU_CONV2D_FFT_TAPS_H
#define CNN_KERNELS_CPU_CONV2D_FFT_TAPS_H

#include "kernels/cpu/conv2d_fft_images.h"

/* Where the taps of channel m of those summed lie for a lane of results: weight + m*sum_step + lane*result_step. */
typedef struct fft_weight {
    int64_t sum_step, result_step;
} fft_weight;

static inline fft_weight fft_weight_of(const fft_job *job) {
    const int64_t filter = job->plan.a.r * job->plan.a.s, row = job->plan.a.c * filter;
    return job->pass == CNN_CONV2D_FORWARD ? (fft_weight){filter, row} : (fft_weight){row, filter};
}

/* A row of taps for some lanes, scaled. */
static void fft_stage_taps(float *stage, const float *weight, int64_t lane_step, int64_t lanes, int64_t count,
                           float scale) {
    for (int64_t s = 0; s < count; s++)
        for (int64_t l = 0; l < VF_WIDTH; l++)
            stage[s * VF_WIDTH + l] = l < lanes ? weight[l * lane_step + s] * scale : 0;
}

/* The columns of two summed channels from the transform of their sum z = x + i y; out: of x, then `next` floats on. */
static void fft_separate(const fft_plan *plan, const fft_stage *z, float *out, int64_t column, float *next) {
    const int64_t size = plan->across->size;
    for (int64_t k = 0; k < plan->columns; k++) {
        const int64_t mirror = k ? size - k : 0;
        const VF a = vf_load(z->re + k * VF_WIDTH), b = vf_load(z->im + k * VF_WIDTH);
        const VF c = vf_load(z->re + mirror * VF_WIDTH), d = vf_load(z->im + mirror * VF_WIDTH);
        vf_store(out + k * column, a + c);
        vf_store(out + k * column + VF_WIDTH, b - d);
        if (!next) continue;
        vf_store(next + k * column, b + d);
        vf_store(next + k * column + VF_WIDTH, c - a);
    }
}

/* A thread's share of the kernel's rows, scaled by what the inverse transforms leave out. The output needs conj W (a
 * correlation), which is the inverse transform of the real kernel; the input's gradient needs W. */
static void fft_taps(const fft_job *job, int thread, int threads) {
    const fft_plan *plan = &job->plan;
    const fft_side *sum = job->sum, *result = job->result;
    const fft_weight step = fft_weight_of(job);
    const int64_t column = fft_taps_column(plan, sum, result), one = plan->a.r * 2 * result->lanes;
    const int64_t vectors = result->lanes / VF_WIDTH;
    const float scale = 0.5f / (float)(plan->down->size * plan->across->size);
    const conv2d_range share = fft_share(ceil_div(sum->channels, 2) * vectors, thread, threads);
    fft_stage taps, z;
    const bool conj = job->pass == CNN_CONV2D_FORWARD;
    const fft_line line = {.re = conj ? taps.im : taps.re,
                           .im = conj ? taps.re : taps.im,
                           .step = VF_WIDTH,
                           .count = plan->a.s,
                           .out_re = conj ? z.im : z.re,
                           .out_im = conj ? z.re : z.im,
                           .out_step = VF_WIDTH,
                           .out_count = plan->across->size,
                           .roots = plan->roots_across};
    for (int64_t i = share.begin; i < share.end && !conv2d_stopped(job->team); i++) {
        const int64_t m = i / vectors * 2, lane = i % vectors * VF_WIDTH;
        const int64_t lanes = min_i64(result->channels - lane, VF_WIDTH);
        const bool both = m + 1 < sum->channels;
        const float *weight = job->weight + m * step.sum_step + lane * step.result_step;
        if (!both) memset(taps.im, 0, (size_t)plan->a.s * sizeof(VF));
        for (int64_t r = 0; r < plan->a.r; r++, weight += plan->a.s) {
            float *out = job->taps + m * one + (lane * plan->a.r + r * VF_WIDTH) * 2;
            fft_stage_taps(taps.re, weight, step.result_step, lanes, plan->a.s, scale);
            if (both) fft_stage_taps(taps.im, weight + step.sum_step, step.result_step, lanes, plan->a.s, scale);
            plan->across->plain(&line);
            fft_separate(plan, &z, out, column, both ? out + one : NULL);
        }
    }
}

/* z = x + i y of two summed channels from the half of their columns that is known, the groups added up in order. A
 * column that is not its own mirror has counted twice; one that is has real numbers, its imaginary part is rounding. */
static void fft_join(const fft_plan *plan, const float *in, int64_t column, int64_t next, fft_stage *z) {
    const float scale = 1 / (float)(plan->down->size * plan->across->size);
    for (int64_t k = 0; k < plan->columns; k++) {
        const bool own = fft_own_mirror(plan, k);
        const int64_t mirror = own ? k : plan->across->size - k;
        VF x_re = {0}, x_im = {0}, y_re = {0}, y_im = {0};
        for (int64_t g = 0; g < plan->groups; g++) {
            const float *at = in + (g * plan->columns + k) * column;
            x_re += vf_load(at);
            x_im += vf_load(at + VF_WIDTH);
            y_re += vf_load(at + next);
            y_im += vf_load(at + next + VF_WIDTH);
        }
        if (own) x_im = y_im = (VF){0};
        const VF factor = vf_set(own ? scale : scale / 2);
        vf_store(z->re + mirror * VF_WIDTH, (x_re + y_im) * factor);
        vf_store(z->im + mirror * VF_WIDTH, (y_re - x_im) * factor);
        vf_store(z->re + k * VF_WIDTH, (x_re - y_im) * factor);
        vf_store(z->im + k * VF_WIDTH, (x_im + y_re) * factor);
    }
}

static void fft_put_taps(float *weight, int64_t lane_step, int64_t lanes, int64_t count, const float *stage) {
    for (int64_t l = 0; l < lanes; l++)
        for (int64_t s = 0; s < count; s++) weight[l * lane_step + s] = stage[s * VF_WIDTH + l];
}

/* A thread's share of the kernel's gradient, back along its rows. */
static void fft_dtaps(const fft_job *job, int thread, int threads) {
    const fft_plan *plan = &job->plan;
    const fft_side *in = &plan->in, *out = &plan->out;
    const int64_t column = fft_taps_column(plan, in, out), one = plan->a.r * 2 * out->lanes;
    const int64_t vectors = out->lanes / VF_WIDTH, filter = plan->a.r * plan->a.s;
    const conv2d_range share = fft_share(ceil_div(in->channels, 2) * vectors, thread, threads);
    fft_stage z, taps;
    const fft_line line = {.re = z.im,
                           .im = z.re,
                           .step = VF_WIDTH,
                           .count = plan->across->size,
                           .out_re = taps.im,
                           .out_im = taps.re,
                           .out_step = VF_WIDTH,
                           .out_count = plan->a.s,
                           .roots = plan->roots_across};
    for (int64_t i = share.begin; i < share.end && !conv2d_stopped(job->team); i++) {
        const int64_t c = i / vectors * 2, lane = i % vectors * VF_WIDTH;
        const int64_t lanes = min_i64(out->channels - lane, VF_WIDTH);
        const bool both = c + 1 < in->channels;
        for (int64_t r = 0; r < plan->a.r; r++) {
            float *weight = job->dweight + (lane * in->channels + c) * filter + r * plan->a.s;
            fft_join(plan, job->dtaps + c * one + (lane * plan->a.r + r * VF_WIDTH) * 2, column, both ? one : 0, &z);
            plan->across->plain(&line);
            fft_put_taps(weight, in->channels * filter, lanes, plan->a.s, taps.re);
            if (both) fft_put_taps(weight + filter, in->channels * filter, lanes, plan->a.s, taps.im);
        }
    }
}

#endif
