/* SPDX-License-Identifier: MIT
 * Sizes, places and layouts of a convolution by Fourier transforms.
 *
 * Arrays between the steps (conv2d_fft.c tells them), floats, L lanes = channels rounded up to whole vectors:
 *   rows     [F_w columns][pairs][vectors][rows][re, im][VF]     images after transforms along their rows
 *   taps     [F_w/2+1 columns][m][vectors][R][re, im][VF]        the kernel likewise; m: the channels that are summed
 *   dtaps    [groups][F_w/2+1 columns][C][vectors][R][re, im][VF] sums of the kernel's gradient on their way back
 * and in each thread, for one column at a time (slices: the frequencies ky):
 *   kernel   [F_h slices][chunks][m][re, im][CONV2D_BLOCK]          CONV2D_BLOCK lanes a chunk
 *   source   [F_h slices][2 types][block pairs][re, im, third][L]   the images of a block; result likewise, no third
 *   sums     [F_h slices][C][re, im][L]
 * A column's and a slice's first floats are never a power of two apart. */
#ifndef CNN_KERNELS_CPU_CONV2D_FFT_PLAN_H
#define CNN_KERNELS_CPU_CONV2D_FFT_PLAN_H

#include <math.h>

#include "kernels/cpu/conv2d_fft_dft.h"
#include "kernels/cpu/stored.h"

enum {
    FFT_BLOCK = 8, /* pairs of images whose slices a thread works on at a time, at most */
    FFT_GROUP = 32 /* pairs from which a column is cut into groups                      */
};

/* One of the two kinds of images: input and its gradient, or output and its gradient. */
typedef struct fft_side {
    int64_t channels, lanes; /* lanes: floats, whole vectors                            */
    int64_t rows, cols;      /* of the image                                            */
    int64_t row, col;        /* where the image's first pixel lies in the transform     */
    int64_t column;          /* floats from one column of row transforms to the next    */
    int64_t slice;           /* floats from one slice of a block to the next, 3 planes  */
    bool stream;             /* row transforms are too many to stay in the caches, which they are written past */
} fft_side;

typedef struct fft_plan {
    cnn_conv2d_params a;
    const fft_size *down, *across; /* the transforms along columns and rows: F_h, F_w             */
    int64_t pairs, block, groups;  /* of images; pairs in a block; groups of pairs                */
    int64_t columns;               /* F_w/2 + 1: the others are conjugates of these               */
    fft_side in, out;
    float *roots_down, *roots_across;
} fft_plan;

/* Floats, a multiple of 16 and no multiple of 32, at least x. */
static inline int64_t fft_stride(int64_t x) {
    return (round_up(x, 16) / 16 | 1) * 16;
}

/* Whether so many floats are written past the caches. They leave them anyhow before they are read, and stores into a
 * line that is elsewhere would first fetch it: half of the time of these steps. Only whole lines: by one vector, or by
 * re and im side by side. */
static inline bool fft_streams(int64_t floats, bool lines) {
    return lines && floats >= 512 * 1024;
}

static inline fft_side fft_side_of(const fft_plan *plan, int64_t channels, int64_t rows, int64_t cols, int64_t row,
                                   int64_t col) {
    fft_side side = {.channels = channels, .rows = rows, .cols = cols, .row = row, .col = col};
    side.lanes = round_up(channels, VF_WIDTH);
    side.column = fft_stride(plan->pairs * rows * 2 * side.lanes);
    side.stream = fft_streams(plan->across->size * side.column, VF_BYTES >= 32);
    side.slice = fft_stride(plan->block * 2 * 3 * side.lanes);
    return side;
}

static inline fft_plan fft_plan_of(const cnn_conv2d_params *a) {
    fft_plan plan = {.a = *a};
    plan.down = fft_size_of(fft_length_down(a, NULL));
    plan.across = fft_size_of(fft_length_across(a, NULL));
    plan.pairs = ceil_div(a->n, 2);
    plan.groups = min_i64(ceil_div(plan.pairs, FFT_GROUP), 4);
    plan.block = min_i64(ceil_div(plan.pairs, plan.groups), FFT_BLOCK);
    plan.columns = plan.across->size / 2 + 1;
    plan.in = fft_side_of(&plan, a->c, a->h, a->w, a->pad_h, a->pad_w);
    plan.out = fft_side_of(&plan, a->k, a->p, a->q, 0, 0);
    return plan;
}

/* Whether a column is its own mirror image: then it meets no other. */
static inline bool fft_own_mirror(const fft_plan *plan, int64_t column) {
    return column == 0 || 2 * column == plan->across->size;
}

static inline int64_t fft_taps_column(const fft_plan *plan, const fft_side *sum, const fft_side *result) {
    return fft_stride(sum->channels * plan->a.r * 2 * result->lanes);
}

static inline int64_t fft_kernel_slice(const fft_side *sum, const fft_side *result) {
    return fft_stride(ceil_div(result->lanes, CONV2D_BLOCK) * sum->channels * 2 * CONV2D_BLOCK);
}

static inline int64_t fft_sums_slice(const fft_plan *plan) {
    return fft_stride(plan->in.channels * 2 * plan->out.lanes);
}

static inline int64_t fft_rows_floats(const fft_plan *plan, const fft_side *side) {
    return plan->across->size * side->column;
}

/* ---- the workspace: handed out piece by piece; with no memory behind it, measured ---- */

typedef struct fft_room {
    float *base;
    int64_t used; /* floats */
} fft_room;

static inline float *fft_take(fft_room *room, int64_t floats) {
    float *piece = room->base ? room->base + room->used : NULL;
    room->used += fft_stride(floats);
    return piece;
}

/* ---- what is done to images on the way, see cnn_conv2d_fusion ---- */

typedef struct fft_reader {
    const STORED *x, *other;                   /* other: a residual, or what forward gave; may be NULL           */
    STORED *staged;                            /* receives what was read; may be NULL                            */
    const float *mean, *scale, *shift, *slope; /* NULL: nothing is done; slope: only for a batch norm's gradient */
    float floor;                               /* 0 for a ReLU, else minus infinity                              */
} fft_reader;

typedef struct fft_writer {
    STORED *y;
    float *moments;  /* NULL: not wanted                                 */
    fft_reader gate; /* where what it reads is 0, 0 is written; or no mean */
    float *sums;     /* NULL: not wanted; only with a gate               */
    bool stream;     /* y goes past the caches                           */
} fft_writer;

/* What a pass works with; pieces that it does not need are NULL. */
typedef struct fft_job {
    fft_plan plan;
    cnn_conv2d_pass pass;
    const cnn_team *team;
    const fft_side *sum, *result; /* forward: in, out; input gradient: out, in                        */
    fft_reader input, doutput;
    fft_writer output, dinput;
    const float *weight, *bias;
    float *dweight;
    float *in_rows, *out_rows; /* of input, and of output or doutput                                */
    float *din_rows, *taps, *dtaps;
    float *thread; /* [threads] pieces of thread_floats                                 */
    int64_t thread_floats;
    bool have_in_rows; /* kept from forward                                                 */
} fft_job;

/* A thread's piece: kernel, sums, source, result. */
typedef struct fft_hands {
    float *kernel, *sums, *in, *out;
} fft_hands;

static inline bool fft_has_products(cnn_conv2d_pass pass) {
    return pass != CNN_CONV2D_BACKWARD_WEIGHT;
}

static inline bool fft_has_gradient(cnn_conv2d_pass pass) {
    return pass == CNN_CONV2D_BACKWARD_WEIGHT || pass == CNN_CONV2D_BACKWARD;
}

static inline fft_hands fft_hands_of(const fft_job *job, int thread, int64_t *floats) {
    const fft_plan *plan = &job->plan;
    const int64_t slices = plan->down->size;
    fft_room room = {.base = job->thread ? job->thread + thread * job->thread_floats : NULL};
    fft_hands hands = {0};
    if (fft_has_products(job->pass)) hands.kernel = fft_take(&room, slices * fft_kernel_slice(job->sum, job->result));
    if (fft_has_gradient(job->pass)) hands.sums = fft_take(&room, slices * fft_sums_slice(plan));
    hands.in = fft_take(&room, slices * plan->in.slice);
    hands.out = fft_take(&room, slices * plan->out.slice);
    if (floats) *floats = room.used;
    return hands;
}

/* Lays the job out in `workspace` and returns the bytes that it takes. */
static inline size_t fft_lay_out(fft_job *job, void *kept, void *workspace) {
    const fft_plan *plan = &job->plan;
    fft_room room = {.base = workspace};
    const bool input = job->pass != CNN_CONV2D_BACKWARD_INPUT;
    job->sum = job->pass == CNN_CONV2D_FORWARD ? &plan->in : &plan->out;
    job->result = job->pass == CNN_CONV2D_FORWARD ? &plan->out : &plan->in;
    job->plan.roots_down = fft_take(&room, 2 * plan->down->size);
    job->plan.roots_across = fft_take(&room, 2 * plan->across->size);
    job->in_rows = kept;
    if (input && !kept) job->in_rows = fft_take(&room, fft_rows_floats(plan, &plan->in));
    job->out_rows = fft_take(&room, fft_rows_floats(plan, &plan->out));
    if (fft_has_products(job->pass)) {
        if (job->pass != CNN_CONV2D_FORWARD) job->din_rows = fft_take(&room, fft_rows_floats(plan, &plan->in));
        job->taps = fft_take(&room, plan->columns * fft_taps_column(plan, job->sum, job->result));
    }
    if (fft_has_gradient(job->pass))
        job->dtaps = fft_take(&room, plan->groups * plan->columns * fft_taps_column(plan, &plan->in, &plan->out));
    fft_hands_of(job, 0, &job->thread_floats);
    job->thread = fft_take(&room, job->team->threads * job->thread_floats);
    return (size_t)room.used * sizeof(float);
}

static inline void fft_roots(float *roots, int size) {
    for (int k = 0; k < size; k++) {
        roots[2 * k] = (float)cos(2 * 3.14159265358979324 * k / size);
        roots[2 * k + 1] = (float)sin(2 * 3.14159265358979324 * k / size);
    }
}

#endif
