/* SPDX-License-Identifier: MIT
 * How [rows, channels] is walked by vectors: shared by batch_norm.c and chain.c.
 *
 * Narrow   With fewer channels than lanes, VF_WIDTH rows are taken as one wide row whose channels repeat ("fold").
 * Strips   A few vectors of columns at a time go down the rows of a block, with their constants in registers.
 * Blocks depend on rows and channels alone: the same bits for any team. */
#ifndef CNN_KERNELS_CPU_CHANNEL_ROWS_H
#define CNN_KERNELS_CPU_CHANNEL_ROWS_H

#include "kernels/base.h"
#include "kernels/cpu/stored.h"

enum {
    BLOCK_ROWS = 64,            /* of a block, at least: so the sums take little room beside the data */
    BLOCK_ELEMENTS = 16384,     /* 64 KiB: a strip finds the lines of the one before in the second-level cache */
    PARALLEL = 32768,           /* elements from which waking the team pays */
    WIDE = VF_WIDTH * VF_WIDTH, /* columns of a folded row are fewer */
    STRIP = 4                   /* vectors */
};

/* Rows as the kernels see them: `fold` rows of the matrix are one row of `columns`; `left` rows remain at the end. */
typedef struct layout {
    int64_t rows, columns, fold, left, channels;
    int64_t block, blocks; /* rows of a block; number of blocks */
} layout;

static inline int64_t min_of(int64_t a, int64_t b) {
    return a < b ? a : b;
}

static inline layout layout_make(int64_t rows, int64_t channels) {
    layout l = {.fold = channels < VF_WIDTH ? VF_WIDTH : 1, .channels = channels};
    l.rows = rows / l.fold;
    l.left = rows % l.fold;
    l.columns = channels * l.fold;
    l.block = BLOCK_ELEMENTS / (l.columns ? l.columns : 1);
    if (l.block < BLOCK_ROWS) l.block = BLOCK_ROWS;
    l.blocks = (l.rows + l.block - 1) / l.block;
    return l;
}

static inline bool works_alone(const cnn_team *team, const layout *l) {
    return team->threads < 2 || l->rows * l->columns < PARALLEL;
}

/* A per-channel vector as a wide row needs it: repeated in `room`, or itself. NULL stays NULL. */
static inline const float *unfold(const layout *l, const float *per_channel, float room[WIDE]) {
    if (l->fold == 1 || !per_channel) return per_channel;
    for (int64_t i = 0; i < l->columns; i++) room[i] = per_channel[i % l->channels];
    return room;
}

/* fma(x - mean, scale, shift) per channel; mean NULL: x as it is. Float32, whatever the elements are. */
typedef struct norm {
    const float *mean, *scale, *shift;
} norm;

typedef struct norm_lanes {
    VF mean, scale, shift;
} norm_lanes;

enum { NORM_ROOM = 3 * WIDE };

/* As wide rows need it, in `room`. */
static inline norm norm_unfold(const layout *l, const norm *n, float room[NORM_ROOM]) {
    return (norm){unfold(l, n->mean, room), unfold(l, n->scale, room + WIDE), unfold(l, n->shift, room + 2 * WIDE)};
}

static ALWAYS_INLINE norm_lanes norm_at(const norm *n, int64_t column, int64_t lanes) {
    return (norm_lanes){load_lanes(n->mean + column, lanes), load_lanes(n->scale + column, lanes),
                        load_lanes(n->shift + column, lanes)};
}

static ALWAYS_INLINE VF norm_of(const norm_lanes *k, VF x) {
    return vf_fma(x - k->mean, k->scale, k->shift);
}

/* max(0, v), where NaN stays NaN; and what would be stored as -0 stays that, too. */
static ALWAYS_INLINE VF relu_of(VF v) {
    return vf_select(v < -ABOVE_0, (VF){0}, v);
}

/* gate > 0 ? v : 0, where the gate counts as it would be stored */
static ALWAYS_INLINE VF gated(VF v, VF gate) {
    return (VF)((gate > ABOVE_0) & (VI)v);
}

#endif
