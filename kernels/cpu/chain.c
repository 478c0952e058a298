/* SPDX-License-Identifier: MIT
 * Chains of element-by-element steps over [rows, channels] of float32 or bfloat16 (contract in kernels/chain.h): each
 * operand is read once, the result written once, and what steps make in between is rounded as if it were written. Which
 * steps there are is a constant inside each instance of the walk. */
#include "kernels/chain.h"
#include "kernels/cpu/channel_rows.h"

enum { NORM = 1, SECOND = 2, RELU = 4, GATE = 8, GATE_NORM = 16, LINEAR = 32 };

/* The operands of one chain, with per-channel vectors as wide as a row. */
typedef struct operands {
    const STORED *x, *y, *gate;
    norm norm, gate_norm;
    const float *slope;
    STORED *out;
    int kind;
} operands;

static ALWAYS_INLINE void run_vectors(const layout *l, const operands *o, int64_t from, int64_t rows, int64_t column,
                                      int vectors, int64_t lanes, const int kind) {
    norm_lanes k[STRIP], g[STRIP];
    VF slope[STRIP];
    for (int v = 0; v < vectors; v++) {
        if (kind & LINEAR) slope[v] = load_lanes(o->slope + column + v * VF_WIDTH, lanes);
        if (kind & (NORM | LINEAR)) k[v] = norm_at(&o->norm, column + v * VF_WIDTH, lanes);
        if (kind & GATE_NORM) g[v] = norm_at(&o->gate_norm, column + v * VF_WIDTH, lanes);
    }
    for (int64_t i = from; i < from + rows; i++) {
        for (int v = 0; v < vectors; v++) {
            const int64_t at = i * l->columns + column + v * VF_WIDTH;
            VF value = load_stored(o->x + at, lanes);
            if (kind & LINEAR) {
                const VF y = load_stored(o->y + at, lanes);
                value = vf_fma(k[v].scale, value, vf_fma(slope[v], y - k[v].mean, k[v].shift));
            }
            if (kind & NORM) value = norm_of(&k[v], value);
            if ((kind & NORM) && (kind & SECOND)) value = rounded(value); /* else it is rounded when it is stored */
            if (kind & SECOND) value += load_stored(o->y + at, lanes);
            if (kind & RELU) value = relu_of(value);
            if (kind & GATE) value = gated(value, load_stored(o->gate + at, lanes));
            if (kind & GATE_NORM) value = gated(value, norm_of(&g[v], load_stored(o->gate + at, lanes)));
            store_stored(o->out + at, value, lanes);
        }
    }
}

static ALWAYS_INLINE void run_rows(const layout *l, const operands *o, int64_t from, int64_t rows, const int kind) {
    int64_t column = 0;
    for (; column + STRIP * VF_WIDTH <= l->columns; column += STRIP * VF_WIDTH)
        run_vectors(l, o, from, rows, column, STRIP, VF_WIDTH, kind);
    for (; column < l->columns; column += VF_WIDTH)
        run_vectors(l, o, from, rows, column, 1, min_of(VF_WIDTH, l->columns - column), kind);
}

/* A function of its own, outside of the parallel region: so the kind is a constant inside of each case. */
static __attribute__((noinline)) void run_kind(const layout *l, const operands *o, int64_t from, int64_t rows) {
    switch (o->kind) {
#define KIND(kind)                                                                                                     \
    case kind:                                                                                                         \
        run_rows(l, o, from, rows, kind);                                                                              \
        break;
#define KINDS(last) KIND(last) KIND(NORM + last) KIND(SECOND + last) KIND(NORM + SECOND + last)
        KINDS(0)
        KINDS(RELU)
        KINDS(GATE)
        KINDS(GATE_NORM)
        KIND(LINEAR)
    }
}

static int kind_of(const cnn_chain *chain) {
    if (chain->slope) return LINEAR;
    return (chain->mean ? NORM : 0) + (chain->y ? SECOND : 0) +
           (!chain->gate       ? (chain->relu ? RELU : 0)
            : chain->gate_mean ? GATE_NORM
                               : GATE);
}

static void run(const cnn_team *team, int64_t rows, int64_t channels, const cnn_chain *chain, void *output) {
    const layout l = layout_make(rows, channels);
    float room[2][NORM_ROOM], slope_room[WIDE];
    const operands narrow = {.x = chain->x,
                             .y = chain->y,
                             .gate = chain->gate,
                             .norm = {chain->mean, chain->scale, chain->shift},
                             .gate_norm = {chain->gate_mean, chain->gate_scale, chain->gate_shift},
                             .out = output,
                             .slope = chain->slope,
                             .kind = kind_of(chain)};
    operands o = narrow;
    o.norm = norm_unfold(&l, &narrow.norm, room[0]);
    o.gate_norm = norm_unfold(&l, &narrow.gate_norm, room[1]);
    o.slope = unfold(&l, narrow.slope, slope_room);
#pragma omp parallel for num_threads(team->threads) schedule(static) if (!works_alone(team, &l))
    for (int64_t block = 0; block < l.blocks; block++)
        if (!*team->stop) run_kind(&l, &o, block * l.block, min_of(l.block, l.rows - block * l.block));
    const layout left = {.columns = channels}; /* the rows that fill no wide row */
    if (l.left) run_kind(&left, &narrow, l.rows * l.fold, l.left);
}

const cnn_chain_kernels CNN_VARIANT(cnn_chain) = {run};
