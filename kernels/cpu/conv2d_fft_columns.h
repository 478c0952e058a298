/* SPDX-License-Identifier: MIT
 * The middle step of a convolution by Fourier transforms: one column of frequencies at a time, from the rows'
 * transforms to those of the result, without leaving the second-level cache.
 *
 * A column kx of the kernel serves two columns of the images, kx and -kx: the kernel is real, so its transform at -k is
 * the conjugate of that at k. Their images are two types of rows in the same products: those of kx meet W[ky], those of
 * -kx meet conj W[ky] in slice -ky. For a block of pairs of images:
 *   1. transforms along the column, there
 *   2. for every slice, result = source * kernel; sums += conj input * output
 *   3. transforms back to the rows of the result
 * and after the last block of a group the sums go back likewise. In the sums, too, the two columns are one:
 * dW[k] = X[k] conj DY[k] + conj(X[-k] conj DY[-k]). Their im is P - Q - S when the third plane holds re - im of the
 * input and re + im of the output, and the other way round at -k. */
#ifndef CNN_KERNELS_CPU_CONV2D_FFT_COLUMNS_H
#define CNN_KERNELS_CPU_CONV2D_FFT_COLUMNS_H

#include "kernels/cpu/conv2d_fft_products.h"
#include "kernels/cpu/conv2d_fft_taps.h"

/* What a thread has in its hands. */
typedef struct fft_unit {
    const fft_job *job;
    fft_hands hands;
    int64_t column;       /* kx */
    int types;            /* 1 if the column is its own mirror, else 2 */
    int64_t first, pairs; /* the block */
} fft_unit;

/* The slice in which rows of a type meet slice ky of the kernel. */
static inline int64_t fft_slice(const fft_unit *unit, int type, int64_t ky) {
    return type && ky ? unit->job->plan.down->size - ky : ky;
}

static inline const float *fft_column_rows(const fft_unit *unit, const fft_side *side, const float *rows, int type) {
    const int64_t column = type ? unit->job->plan.across->size - unit->column : unit->column;
    return rows + column * side->column + unit->first * side->rows * 2 * side->lanes;
}

/* Step 1: the block's pairs into `block`, with the third plane re + sign * im, and the other sign at -k. */
static void fft_column_there(const fft_unit *unit, const fft_side *side, const float *rows, float *block, float sign) {
    const fft_plan *plan = &unit->job->plan;
    fft_line line = {.step = 2 * VF_WIDTH,
                     .first = side->row,
                     .count = side->rows,
                     .out_step = side->slice,
                     .out_count = plan->down->size,
                     .roots = plan->roots_down};
    const int64_t line_floats = side->rows * 2 * VF_WIDTH;
    for (int type = 0; type < unit->types; type++) {
        const float *from = fft_column_rows(unit, side, rows, type);
        line.sign = type ? -sign : sign;
        for (int64_t i = 0; i < unit->pairs; i++) {
            for (int64_t v = 0; v < side->lanes; v += VF_WIDTH, from += line_floats) {
                line.re = from;
                line.im = from + VF_WIDTH;
                line.out_re = block + (type * unit->pairs + i) * 3 * side->lanes + v;
                line.out_im = line.out_re + side->lanes;
                line.out_sum = line.out_im + side->lanes;
                fft_prefetch(from + line_floats, 16, line_floats / 16);
                plan->down->planes(&line);
            }
        }
    }
}

/* Step 3: re and im change places on both sides. */
static void fft_column_back(const fft_unit *unit, const fft_side *side, const float *block, float *rows) {
    const fft_plan *plan = &unit->job->plan;
    fft_line line = {.step = side->slice,
                     .count = plan->down->size,
                     .out_step = 2 * VF_WIDTH,
                     .stream = side->stream,
                     .out_first = side->row,
                     .out_count = side->rows,
                     .roots = plan->roots_down};
    for (int type = 0; type < unit->types; type++) {
        float *to = rows + (fft_column_rows(unit, side, rows, type) - rows);
        for (int64_t i = 0; i < unit->pairs; i++) {
            for (int64_t v = 0; v < side->lanes; v += VF_WIDTH, to += side->rows * 2 * VF_WIDTH) {
                line.im = block + (type * unit->pairs + i) * 3 * side->lanes + v;
                line.re = line.im + side->lanes;
                line.out_im = to;
                line.out_re = to + VF_WIDTH;
                plan->down->plain(&line);
            }
        }
    }
}

/* Column kx of the kernel, all slices. */
static void fft_kernel_column(const fft_unit *unit) {
    const fft_job *job = unit->job;
    const fft_plan *plan = &job->plan;
    const fft_side *sum = job->sum, *result = job->result;
    const bool conj = job->pass == CNN_CONV2D_FORWARD;
    const int64_t slice = fft_kernel_slice(sum, result);
    const float *taps = job->taps + unit->column * fft_taps_column(plan, sum, result);
    fft_line line = {.step = 2 * VF_WIDTH,
                     .count = plan->a.r,
                     .out_step = slice,
                     .out_count = plan->down->size,
                     .roots = plan->roots_down};
    for (int64_t m = 0; m < sum->channels; m++) {
        for (int64_t v = 0; v < result->lanes; v += VF_WIDTH, taps += plan->a.r * 2 * VF_WIDTH) {
            float *out = unit->hands.kernel + (v / CONV2D_BLOCK * sum->channels + m) * 2 * CONV2D_BLOCK;
            out += v % CONV2D_BLOCK;
            line.re = taps + (conj ? VF_WIDTH : 0);
            line.im = taps + (conj ? 0 : VF_WIDTH);
            line.out_re = out + (conj ? CONV2D_BLOCK : 0);
            line.out_im = out + (conj ? 0 : CONV2D_BLOCK);
            plan->down->plain(&line);
        }
    }
}

/* Step 2: result = source * kernel in slice ky of the kernel, both types. */
static void fft_slice_products(const fft_unit *unit, int64_t ky, const float *source, float *result) {
    const fft_side *sum = unit->job->sum, *to = unit->job->result;
    fft_tile tile = {.a_row = 3 * sum->lanes,
                     .a_step = 1,
                     .a_plane = sum->lanes,
                     .b = unit->hands.kernel + ky * fft_kernel_slice(sum, to),
                     .b_step = 2 * CONV2D_BLOCK,
                     .b_plane = CONV2D_BLOCK,
                     .length = sum->channels,
                     .out_row = 3 * to->lanes,
                     .out_plane = to->lanes};
    for (int64_t block = 0; block * CONV2D_BLOCK < to->lanes; block++) {
        for (int type = 0; type < unit->types; type++) {
            const int64_t slice = fft_slice(unit, type, ky), row = type * unit->pairs * 3;
            tile.a = source + slice * sum->slice + row * sum->lanes;
            tile.out = result + slice * to->slice + row * to->lanes + block * CONV2D_BLOCK;
            tile.sign = type ? -1 : 1;
            fft_all_rows(fft_products, tile, unit->pairs, conv2d_block_vectors(to->lanes, block));
        }
        tile.b += sum->channels * 2 * CONV2D_BLOCK;
    }
}

/* Step 2: sums += products of input and output in slice ky of the kernel, both types. */
static void fft_slice_sums(const fft_unit *unit, int64_t ky) {
    const fft_side *in = &unit->job->plan.in, *out = &unit->job->plan.out;
    const int64_t other = fft_slice(unit, 1, ky), row = unit->pairs * 3;
    fft_tile tile = {.a_row = 1,
                     .a_step = 3 * in->lanes,
                     .a_plane = in->lanes,
                     .b_step = 3 * out->lanes,
                     .b_plane = out->lanes,
                     .length = unit->pairs,
                     .out_row = 2 * out->lanes,
                     .out_plane = out->lanes};
    if (unit->types == 2) {
        tile.a_more = (other - ky) * in->slice + row * in->lanes;
        tile.b_more = (other - ky) * out->slice + row * out->lanes;
    }
    for (int64_t block = 0; block * CONV2D_BLOCK < out->lanes; block++) {
        tile.a = unit->hands.in + ky * in->slice;
        tile.b = unit->hands.out + ky * out->slice + block * CONV2D_BLOCK;
        tile.out = unit->hands.sums + ky * fft_sums_slice(&unit->job->plan) + block * CONV2D_BLOCK;
        fft_all_rows(fft_accumulates, tile, in->channels, conv2d_block_vectors(out->lanes, block));
    }
}

/* A bias is the frequency 0 of every image: of the first as the real part, of the second as the imaginary one. */
static void fft_add_bias(const fft_unit *unit) {
    const fft_side *out = &unit->job->plan.out;
    for (int64_t i = 0; i < unit->pairs; i++) {
        float *re = unit->hands.out + i * 3 * out->lanes;
        for (int64_t k = 0; k < out->channels; k++) {
            re[k] += unit->job->bias[k];
            re[out->lanes + k] += unit->job->bias[k];
        }
    }
}

/* The sums of a group, back to the rows of taps. */
static void fft_sums_back(const fft_unit *unit, int64_t group) {
    const fft_plan *plan = &unit->job->plan;
    const fft_side *in = &plan->in, *out = &plan->out;
    float *rows = unit->job->dtaps + (group * plan->columns + unit->column) * fft_taps_column(plan, in, out);
    fft_line line = {.step = fft_sums_slice(plan),
                     .count = plan->down->size,
                     .out_step = 2 * VF_WIDTH,
                     .out_count = plan->a.r,
                     .roots = plan->roots_down};
    for (int64_t c = 0; c < in->channels; c++) {
        for (int64_t v = 0; v < out->lanes; v += VF_WIDTH, rows += plan->a.r * 2 * VF_WIDTH) {
            line.im = unit->hands.sums + c * 2 * out->lanes + v;
            line.re = line.im + out->lanes;
            line.out_im = rows;
            line.out_re = rows + VF_WIDTH;
            plan->down->plain(&line);
        }
    }
}

/* One block: all three steps. The input's gradient is written over what the sums have read of the input. */
static void fft_block(const fft_unit *unit) {
    const fft_job *job = unit->job;
    const fft_plan *plan = &job->plan;
    const bool forward = job->pass == CNN_CONV2D_FORWARD, gradient = fft_has_gradient(job->pass);
    float *in = unit->hands.in, *out = unit->hands.out;
    if (forward || gradient) fft_column_there(unit, &plan->in, job->in_rows, in, forward ? 1 : -1);
    if (!forward) fft_column_there(unit, &plan->out, job->out_rows, out, 1);
    for (int64_t ky = 0; ky < plan->down->size; ky++) {
        if (gradient) fft_slice_sums(unit, ky);
        if (fft_has_products(job->pass)) fft_slice_products(unit, ky, forward ? in : out, forward ? out : in);
    }
    if (forward && job->bias && unit->column == 0) fft_add_bias(unit);
    if (forward)
        fft_column_back(unit, &plan->out, out, job->out_rows);
    else if (fft_has_products(job->pass))
        fft_column_back(unit, &plan->in, in, job->din_rows);
}

/* A thread's share of the columns, each cut into groups of pairs that depend on the sizes alone. */
static void fft_columns(const fft_job *job, int thread, int threads) {
    const fft_plan *plan = &job->plan;
    const conv2d_range share = fft_share(plan->columns * plan->groups, thread, threads);
    fft_unit unit = {.job = job, .hands = fft_hands_of(job, thread, NULL), .column = -1};
    for (int64_t i = share.begin; i < share.end; i++) {
        const int64_t group = i % plan->groups, column = i / plan->groups;
        const conv2d_range pairs = fft_share(plan->pairs, (int)group, (int)plan->groups);
        const bool changed = column != unit.column;
        unit.column = column;
        unit.types = fft_own_mirror(plan, column) ? 1 : 2;
        if (changed && fft_has_products(job->pass)) fft_kernel_column(&unit);
        if (fft_has_gradient(job->pass))
            memset(unit.hands.sums, 0, (size_t)(plan->down->size * fft_sums_slice(plan)) * sizeof(float));
        for (unit.first = pairs.begin; unit.first < pairs.end; unit.first += unit.pairs) {
            if (conv2d_stopped(job->team)) return;
            unit.pairs = min_i64(plan->block, pairs.end - unit.first);
            fft_block(&unit);
        }
        if (fft_has_gradient(job->pass)) fft_sums_back(&unit, group);
    }
}

#endif
