/* SPDX-License-Identifier: MIT
 * The products of transformed tiles: at each of the 36 points a small matrix product, kept in registers.
 *
 * Forward and input gradient: [tiles][depth] times [depth][lanes]. Weight gradient: the sum over tiles of
 * [tiles][channels] transposed times [tiles][filters], added to what the tiles before have given; the sum is one chain
 * in the order of the tiles, so its bits do not depend on how tiles are cut into units. A register tile holds `rows` by
 * one or two vectors; rows come in groups of equal size, and the rows that fill up the last group are nobody's: they
 * are computed from whatever lies there and never read.
 *
 * Transformed tiles lie as [36][vector of channels][tile][lane], so that the step from row to row is a constant: an
 * index register in the address of a multiplication costs a tenth of the speed. Only the left factor of the weight's
 * gradient, whose rows are channels, lies as [36][tile][channel]. */
#ifndef CNN_KERNELS_CPU_CONV2D_WINOGRAD_PRODUCTS_H
#define CNN_KERNELS_CPU_CONV2D_WINOGRAD_PRODUCTS_H

#include "kernels/cpu/conv2d_winograd_points.h"

typedef struct winograd_product {
    const float *a;                     /* the left factor: one number per row and step of the sum                    */
    int64_t a_step, a_point;            /* floats from one vector of steps to the next (gradient: from step to step)  */
    const float *b;                     /* the right factor: vectors per step                                         */
    int64_t b_vector, b_block, b_point; /* floats between the vectors of a step (gradient only), the blocks */
    float *y;
    int64_t y_row, y_vector, y_point; /* y_row: gradient only, else rows are side by side                   */
    int64_t depth;                    /* steps of the sum                                                   */
    int64_t groups, blocks;           /* of rows; of vectors                                                */
    bool fresh;                       /* gradient: sums start from zero, not from y                         */
} winograd_product;

/* Rows of the largest register tiles: accumulators, vectors of b and one number fill the registers. */
#if defined(__AVX512F__) || defined(__aarch64__)
#define WINOGRAD_ROWS_1 16 /* with one vector: more would not be faster */
#define WINOGRAD_ROWS_2 12
#else
#define WINOGRAD_ROWS_1 12
#define WINOGRAD_ROWS_2 6
#endif
#define WINOGRAD_ACCUMULATORS 24
#define WINOGRAD_STEPS        4 /* of a sum before its loop turns */

/* `count` steps of the sum: vectors of b times a number of every row. Forward's steps are side by side in a row of a,
 * the gradient's rows in a step. */
static ALWAYS_INLINE void winograd_product_steps(const winograd_product p, const float *a, const float *b, VF *sum,
                                                 const int count, const int rows, const int vectors,
                                                 const bool gradient) {
    CONV2D_UNROLL for (int i = 0; i < count; i++) {
        VF w[2];
        CONV2D_UNROLL for (int v = 0; v < vectors; v++) w[v] = vf_load(b + v * (gradient ? p.b_vector : VF_WIDTH));
        CONV2D_UNROLL for (int t = 0; t < rows; t++) {
            const VF x = vf_set(gradient ? a[t] : a[t * VF_WIDTH]);
            CONV2D_UNROLL for (int v = 0; v < vectors; v++) sum[t * vectors + v] =
                vf_fma(x, w[v], sum[t * vectors + v]);
        }
        b += gradient ? VF_WIDTH : vectors * VF_WIDTH;
        a += gradient ? p.a_step : 1;
    }
}

/* One register tile. */
static ALWAYS_INLINE void winograd_product_tile(const winograd_product p, const float *a, const float *b, float *y,
                                                const int rows, const int vectors, const bool gradient) {
    const int64_t y_row = gradient ? p.y_row : VF_WIDTH, a_step = gradient ? p.a_step : 1;
    const int64_t b_step = gradient ? VF_WIDTH : vectors * VF_WIDTH, run = gradient ? p.depth : VF_WIDTH;
    const VF zero = {0};
    VF sum[WINOGRAD_ACCUMULATORS];
    CONV2D_UNROLL for (int t = 0; t < rows; t++) {
        CONV2D_UNROLL for (int v = 0; v < vectors; v++) sum[t * vectors + v] =
            !gradient || p.fresh ? zero : vf_load(y + t * y_row + v * p.y_vector);
    }
    for (int64_t left = p.depth; left > 0; left -= run) {
        const float *at = a;
        int64_t steps = min_i64(left, run);
        for (; steps >= WINOGRAD_STEPS; steps -= WINOGRAD_STEPS) {
            winograd_product_steps(p, at, b, sum, WINOGRAD_STEPS, rows, vectors, gradient);
            at += WINOGRAD_STEPS * a_step;
            b += WINOGRAD_STEPS * b_step;
        }
        for (; steps > 0; steps--) {
            winograd_product_steps(p, at, b, sum, 1, rows, vectors, gradient);
            at += a_step;
            b += b_step;
        }
        a += p.a_step;
    }
    CONV2D_UNROLL for (int t = 0; t < rows; t++) {
        CONV2D_UNROLL for (int v = 0; v < vectors; v++) vf_store(y + t * y_row + v * p.y_vector, sum[t * vectors + v]);
    }
}

/* All points, blocks and groups of rows. The product comes as a copy: for all that the compiler knows, a store could
 * change what a pointer sees. */
static ALWAYS_INLINE void winograd_product_body(const winograd_product p, const int rows, const int vectors,
                                                const bool gradient) {
    for (int f = 0; f < WINOGRAD_POINTS; f++) {
        for (int64_t block = 0; block < p.blocks; block++) {
            const float *a = p.a + f * p.a_point, *b = p.b + f * p.b_point + block * p.b_block;
            float *y = p.y + f * p.y_point + block * vectors * p.y_vector;
            for (int64_t group = 0; group < p.groups; group++) {
                winograd_product_tile(p, a, b, y, rows, vectors, gradient);
                a += rows * (gradient ? 1 : VF_WIDTH);
                y += rows * (gradient ? p.y_row : VF_WIDTH);
            }
        }
    }
}

#define WINOGRAD_1_TO_6(X, v)   X(1, v) X(2, v) X(3, v) X(4, v) X(5, v) X(6, v)
#define WINOGRAD_7_TO_12(X, v)  X(7, v) X(8, v) X(9, v) X(10, v) X(11, v) X(12, v)
#define WINOGRAD_13_TO_16(X, v) X(13, v) X(14, v) X(15, v) X(16, v)
#if WINOGRAD_ROWS_2 == 12
#define WINOGRAD_SIZES_1(X) WINOGRAD_1_TO_6(X, 1) WINOGRAD_7_TO_12(X, 1) WINOGRAD_13_TO_16(X, 1)
#define WINOGRAD_SIZES_2(X) WINOGRAD_1_TO_6(X, 2) WINOGRAD_7_TO_12(X, 2)
#else
#define WINOGRAD_SIZES_1(X) WINOGRAD_1_TO_6(X, 1) WINOGRAD_7_TO_12(X, 1)
#define WINOGRAD_SIZES_2(X) WINOGRAD_1_TO_6(X, 2)
#endif

typedef void winograd_product_function(const winograd_product *p);

/* winograd_tiles_8_2: register tiles of 8 rows and 2 vectors */
#define WINOGRAD_TILES(rows, vectors)                                                                                  \
    static void winograd_tiles_##rows##_##vectors(const winograd_product *p) {                                         \
        winograd_product_body(*p, rows, vectors, false);                                                               \
    }
#define WINOGRAD_TILES_NAME(rows, vectors) winograd_tiles_##rows##_##vectors,
WINOGRAD_SIZES_1(WINOGRAD_TILES)
WINOGRAD_SIZES_2(WINOGRAD_TILES)

#define WINOGRAD_SUMS(rows, vectors)                                                                                   \
    static void winograd_sums_##rows##_##vectors(const winograd_product *p) {                                          \
        winograd_product_body(*p, rows, vectors, true);                                                                \
    }
#define WINOGRAD_SUMS_NAME(rows, vectors) winograd_sums_##rows##_##vectors,
WINOGRAD_SIZES_1(WINOGRAD_SUMS)
WINOGRAD_SIZES_2(WINOGRAD_SUMS)

static winograd_product_function *const winograd_tiles_1[] = {WINOGRAD_SIZES_1(WINOGRAD_TILES_NAME)};
static winograd_product_function *const winograd_tiles_2[] = {WINOGRAD_SIZES_2(WINOGRAD_TILES_NAME)};
static winograd_product_function *const winograd_sums_1[] = {WINOGRAD_SIZES_1(WINOGRAD_SUMS_NAME)};
static winograd_product_function *const winograd_sums_2[] = {WINOGRAD_SIZES_2(WINOGRAD_SUMS_NAME)};

/* Rows in whole groups, the most that any number of vectors makes of them. */
static inline int64_t winograd_rows(int64_t rows) {
    const int64_t one = ceil_div(rows, WINOGRAD_ROWS_1), two = ceil_div(rows, WINOGRAD_ROWS_2);
    return max_i64(one * ceil_div(rows, one), two * ceil_div(rows, two));
}

static inline void winograd_product_run(winograd_product p, int64_t rows, const int vectors, bool gradient) {
    p.groups = ceil_div(rows, vectors == 2 ? WINOGRAD_ROWS_2 : WINOGRAD_ROWS_1);
    const int64_t size = ceil_div(rows, p.groups) - 1;
    if (vectors == 2)
        (gradient ? winograd_sums_2 : winograd_tiles_2)[size](&p);
    else
        (gradient ? winograd_sums_1 : winograd_tiles_1)[size](&p);
}

/* `p` describes the first of the lanes `begin … end - 1`, whole vectors: blocks of two vectors, and one if it is left.
 */
static inline void winograd_products(winograd_product p, int64_t rows, int64_t lanes, bool gradient) {
    p.blocks = lanes / CONV2D_BLOCK;
    if (p.blocks > 0) winograd_product_run(p, rows, 2, gradient);
    if (lanes % CONV2D_BLOCK == 0) return;
    p.b += p.blocks * p.b_block;
    p.y += p.blocks * 2 * p.y_vector;
    p.blocks = 1;
    winograd_product_run(p, rows, 1, gradient);
}

#endif
