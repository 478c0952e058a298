/* SPDX-License-Identifier: MIT
 * Chains of element-by-element steps over [rows, channels], float32 (contract in kernels/chain.h): each operand is read
 * once, the result written once. Which steps there are is a constant inside each instance of the walk. */
#include "kernels/chain.h"
#include "kernels/cpu/channel_rows.h"

enum { NORM = 1, SECOND = 2, RELU = 4, GATE = 8, KINDS = 16 };

/* The operands of one chain, with per-channel vectors as wide as a row. */
typedef struct operands {
    const float *x, *y, *gate, *mean, *scale, *shift;
    float *out;
} operands;

static ALWAYS_INLINE void run_vectors(const layout *l, const operands *o, int64_t from, int64_t rows, int64_t column,
                                      int vectors, int64_t lanes, const int kind) {
    VF mean[STRIP], scale[STRIP], shift[STRIP];
    for (int v = 0; v < vectors && (kind & NORM); v++) {
        mean[v] = load_lanes(o->mean + column + v * VF_WIDTH, lanes);
        scale[v] = load_lanes(o->scale + column + v * VF_WIDTH, lanes);
        shift[v] = load_lanes(o->shift + column + v * VF_WIDTH, lanes);
    }
    for (int64_t i = from; i < from + rows; i++) {
        for (int v = 0; v < vectors; v++) {
            const int64_t at = i * l->columns + column + v * VF_WIDTH;
            VF value = load_lanes(o->x + at, lanes);
            if (kind & NORM) value = vf_fma(value - mean[v], scale[v], shift[v]);
            if (kind & SECOND) value += load_lanes(o->y + at, lanes);
            if (kind & RELU) value = relu_of(value);
            if (kind & GATE) value = gated(value, load_lanes(o->gate + at, lanes));
            store_lanes(o->out + at, value, lanes);
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

/* A function of its own for each kind, outside of the parallel region: so the kind is a constant inside. */
#define KIND(kind)                                                                                                     \
    static __attribute__((noinline)) void run_kind_##kind(const layout *l, const operands *o, int64_t from,            \
                                                          int64_t rows) {                                              \
        run_rows(l, o, from, rows, kind);                                                                              \
    }
KIND(0)
KIND(1)
KIND(2)
KIND(3) KIND(4) KIND(5) KIND(6) KIND(7) KIND(8) KIND(9) KIND(10) KIND(11)

    typedef void rows_function(const layout *l, const operands *o, int64_t from, int64_t rows);
static rows_function *const of_kind[] = {run_kind_0, run_kind_1, run_kind_2, run_kind_3, run_kind_4,  run_kind_5,
                                         run_kind_6, run_kind_7, run_kind_8, run_kind_9, run_kind_10, run_kind_11};

static void run(const cnn_team *team, int64_t rows, int64_t channels, const cnn_chain *chain, void *output) {
    const layout l = layout_make(rows, channels);
    float room[3][WIDE];
    const operands narrow = {chain->x, chain->y, chain->gate, chain->mean, chain->scale, chain->shift, output};
    operands o = narrow;
    o.mean = unfold(&l, chain->mean, room[0]);
    o.scale = unfold(&l, chain->scale, room[1]);
    o.shift = unfold(&l, chain->shift, room[2]);
    rows_function *const work = of_kind[(chain->mean ? NORM : 0) + (chain->y ? SECOND : 0) +
                                        (chain->gate   ? GATE
                                         : chain->relu ? RELU
                                                       : 0)];
#pragma omp parallel for num_threads(team->threads) schedule(static) if (!works_alone(team, &l))
    for (int64_t block = 0; block < l.blocks; block++)
        if (!*team->stop) work(&l, &o, block * l.block, min_of(l.block, l.rows - block * l.block));
    const layout left = {.columns = channels}; /* the rows that fill no wide row */
    if (l.left) work(&left, &narrow, l.rows * l.fold, l.left);
}

const cnn_chain_kernels CNN_VARIANT(cnn_chain) = {run};
