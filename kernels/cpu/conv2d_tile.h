/* SPDX-License-Identifier: MIT
 * The inner loop of forward and input gradient: a tile of results, some pixels of a row by one or two vectors of
 * channels, kept in registers while the window is walked.
 *
 * Each step takes one or two vectors of packed weights and multiplies them by one number of every pixel's window: 2
 * loads and 24 fma for the largest AVX-512 tile, so that the multipliers are the limit. The numbers of a window that
 * lie side by side (the channels of neighbouring taps) form a run. Tiles exist for every number of pixels up to the
 * largest that fits the registers; constants must reach the body as literals or the accumulators end up in memory. */
#ifndef CNN_KERNELS_CPU_CONV2D_TILE_H
#define CNN_KERNELS_CPU_CONV2D_TILE_H

#include "kernels/cpu/conv2d_bands.h"

typedef struct conv2d_tile {
    const float *x;         /* the first pixel's window                                                */
    int64_t x_step;         /* floats from one pixel's window to the next one's                        */
    int64_t rows, row_step; /* rows of the window, floats from one to the next                         */
    int64_t runs, run_step; /* runs in a row                                                           */
    int64_t length;         /* numbers in a run                                                        */
    const float *weight;    /* [rows][runs][length] steps of one or two vectors                        */
    const float *start;     /* where the sums start (the bias), per lane; NULL: go on from the results */
    float *y;               /* the first pixel's results                                               */
    int64_t y_step;         /* floats from one pixel's results to the next one's                       */
    int64_t lanes;          /* results that exist: 1 … vectors * VF_WIDTH                              */
} conv2d_tile;

#define CONV2D_INLINE static inline __attribute__((always_inline))

/* The largest tiles: accumulators, the weights and one number of a window fill the registers. */
#if defined(__AVX512F__) || defined(__aarch64__)
#define CONV2D_PIXELS_1 24 /* with one vector of channels */
#define CONV2D_PIXELS_2 12 /* with two                    */
#else
#define CONV2D_PIXELS_1 12
#define CONV2D_PIXELS_2 6
#endif
#define CONV2D_ACCUMULATORS 24

/* Lanes of vector v that exist. */
CONV2D_INLINE int64_t conv2d_lanes(int64_t lanes, int v) {
    return min_i64(max_i64(lanes - v * VF_WIDTH, 0), VF_WIDTH);
}

CONV2D_INLINE void conv2d_tile_begin(const conv2d_tile *tile, const int pixels, const int vectors, VF *sum) {
    CONV2D_UNROLL for (int t = 0; t < pixels; t++) {
        CONV2D_UNROLL for (int v = 0; v < vectors; v++) {
            const float *y = tile->y + t * tile->y_step + v * VF_WIDTH;
            if (tile->start)
                sum[t * vectors + v] = vf_load(tile->start + v * VF_WIDTH);
            else if (tile->lanes == vectors * VF_WIDTH)
                sum[t * vectors + v] = vf_load(y);
            else
                sum[t * vectors + v] = vf_load_tail(y, conv2d_lanes(tile->lanes, v));
        }
    }
}

CONV2D_INLINE void conv2d_tile_end(const conv2d_tile *tile, const int pixels, const int vectors, const VF *sum) {
    CONV2D_UNROLL for (int t = 0; t < pixels; t++) {
        CONV2D_UNROLL for (int v = 0; v < vectors; v++) {
            float *y = tile->y + t * tile->y_step + v * VF_WIDTH;
            if (tile->lanes == vectors * VF_WIDTH)
                vf_store(y, sum[t * vectors + v]);
            else
                vf_store_tail(y, sum[t * vectors + v], conv2d_lanes(tile->lanes, v));
        }
    }
}

/* Three pixels share a pointer (address modes reach 0, 1 and 2 times a step), or 12 pointers would not fit. */
CONV2D_INLINE void conv2d_tile_body(const conv2d_tile *tile, const int pixels, const int vectors, bool depthwise) {
    VF sum[CONV2D_ACCUMULATORS];
    conv2d_tile_begin(tile, pixels, vectors, sum);
    const float *weight = tile->weight;
    const int64_t step = tile->x_step;
    for (int64_t row = 0; row < tile->rows; row++) {
        for (int64_t run = 0; run < tile->runs; run++) {
            const float *x[8];
            CONV2D_UNROLL for (int i = 0; i < 8; i++) x[i] =
                tile->x + row * tile->row_step + run * tile->run_step + 3 * i * step;
            for (int64_t i = tile->length; i > 0; i--) {
                VF w[2];
                CONV2D_UNROLL for (int v = 0; v < vectors; v++) w[v] = vf_load(weight + v * VF_WIDTH);
                weight += vectors * VF_WIDTH;
                CONV2D_UNROLL for (int t = 0; t < pixels; t++) {
                    const float *at = x[t / 3] + t % 3 * step;
                    CONV2D_UNROLL for (int v = 0; v < vectors; v++) {
                        const VF value = depthwise ? vf_load(at + v * VF_WIDTH) : vf_set(*at);
                        sum[t * vectors + v] = vf_fma(value, w[v], sum[t * vectors + v]);
                    }
                }
                CONV2D_UNROLL for (int j = 0; j < 8; j++) x[j]++;
            }
        }
    }
    conv2d_tile_end(tile, pixels, vectors, sum);
}

/* Lists of numbers from 1 to the largest tile, each given to X with the number of vectors. */
#define CONV2D_1_TO_6(X, v)   X(1, v) X(2, v) X(3, v) X(4, v) X(5, v) X(6, v)
#define CONV2D_7_TO_12(X, v)  X(7, v) X(8, v) X(9, v) X(10, v) X(11, v) X(12, v)
#define CONV2D_13_TO_18(X, v) X(13, v) X(14, v) X(15, v) X(16, v) X(17, v) X(18, v)
#define CONV2D_19_TO_24(X, v) X(19, v) X(20, v) X(21, v) X(22, v) X(23, v) X(24, v)
#if CONV2D_PIXELS_2 == 12
#define CONV2D_SIZES_1(X) CONV2D_1_TO_6(X, 1) CONV2D_7_TO_12(X, 1) CONV2D_13_TO_18(X, 1) CONV2D_19_TO_24(X, 1)
#define CONV2D_SIZES_2(X) CONV2D_1_TO_6(X, 2) CONV2D_7_TO_12(X, 2)
#else
#define CONV2D_SIZES_1(X) CONV2D_1_TO_6(X, 1) CONV2D_7_TO_12(X, 1)
#define CONV2D_SIZES_2(X) CONV2D_1_TO_6(X, 2)
#endif

typedef void conv2d_tile_function(const conv2d_tile *tile);

/* conv2d_tile_8_2: 8 pixels, 2 vectors */
#define CONV2D_TILE(pixels, vectors)                                                                                   \
    static void conv2d_tile_##pixels##_##vectors(const conv2d_tile *tile) {                                            \
        conv2d_tile_body(tile, pixels, vectors, false);                                                                \
    }
#define CONV2D_TILE_NAME(pixels, vectors) conv2d_tile_##pixels##_##vectors,
CONV2D_SIZES_1(CONV2D_TILE)
CONV2D_SIZES_2(CONV2D_TILE)
static conv2d_tile_function *const conv2d_tiles_1[CONV2D_PIXELS_1] = {CONV2D_SIZES_1(CONV2D_TILE_NAME)};
static conv2d_tile_function *const conv2d_tiles_2[CONV2D_PIXELS_2] = {CONV2D_SIZES_2(CONV2D_TILE_NAME)};

/* A depthwise tile multiplies a vector of weights by the same channels of the window, one step per run: loads are its
 * limit, so a few sizes do. */
#define CONV2D_DEPTHWISE(pixels, vectors)                                                                              \
    static void conv2d_depthwise_##pixels##_##vectors(const conv2d_tile *tile) {                                       \
        conv2d_tile_body(tile, pixels, vectors, true);                                                                 \
    }
#define CONV2D_DEPTHWISE_PIXELS                6
#define CONV2D_DEPTHWISE_NAME(pixels, vectors) conv2d_depthwise_##pixels##_##vectors,
CONV2D_1_TO_6(CONV2D_DEPTHWISE, 1)
CONV2D_1_TO_6(CONV2D_DEPTHWISE, 2)
static conv2d_tile_function *const conv2d_depthwise_1[] = {CONV2D_1_TO_6(CONV2D_DEPTHWISE_NAME, 1)};
static conv2d_tile_function *const conv2d_depthwise_2[] = {CONV2D_1_TO_6(CONV2D_DEPTHWISE_NAME, 2)};

/* A row of results cut into tiles of nearly equal size: `larger` of size + 1 pixels, then the others of `size`. */
typedef struct conv2d_row {
    conv2d_tile_function *const *table; /* by pixels - 1 */
    int64_t tiles, size, larger;
} conv2d_row;

static inline conv2d_row conv2d_row_plan(int64_t pixels, int vectors, bool depthwise) {
    const int64_t most = depthwise ? CONV2D_DEPTHWISE_PIXELS : vectors == 2 ? CONV2D_PIXELS_2 : CONV2D_PIXELS_1;
    conv2d_row row = {.tiles = ceil_div(pixels, most)};
    row.table = depthwise ? (vectors == 2 ? conv2d_depthwise_2 : conv2d_depthwise_1)
                          : (vectors == 2 ? conv2d_tiles_2 : conv2d_tiles_1);
    if (row.tiles > 0) {
        row.size = pixels / row.tiles;
        row.larger = pixels % row.tiles;
    }
    return row;
}

/* `tile` describes the first pixel. */
static inline void conv2d_tile_row(const conv2d_row *row, conv2d_tile tile) {
    for (int64_t i = 0; i < row->tiles; i++) {
        const int64_t pixels = row->size + (i < row->larger);
        row->table[pixels - 1](&tile);
        tile.x += pixels * tile.x_step;
        tile.y += pixels * tile.y_step;
    }
}

#endif
