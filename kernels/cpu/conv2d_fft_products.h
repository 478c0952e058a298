/* SPDX-License-Identifier: MIT
 * The products of spectra: for one frequency, matrices of complex numbers, rows x sums times sums x lanes.
 *
 * Three real products make a complex one (Gauss; in matrices Karatsuba's trade of a product for sums):
 *   P = a_re b_re    Q = a_im b_im    S = (a_re + a_im)(b_re + b_im)
 *   re = P - Q       im = S - P - Q
 * whose sums of the rows are a third plane beside re and im, written with them once and read many times. Each plane is
 * swept by itself, so that a tile of rows x 2 vectors of sums fits the registers at every level. */
#ifndef CNN_KERNELS_CPU_CONV2D_FFT_PRODUCTS_H
#define CNN_KERNELS_CPU_CONV2D_FFT_PRODUCTS_H

#include "kernels/cpu/conv2d_fft_plan.h"

#if defined(__AVX512F__) || defined(__aarch64__)
enum { FFT_ROWS = 8 };
#else
enum { FFT_ROWS = 4 };
#endif

/* Rows of numbers against vectors of lanes; plane p lies p * plane floats further on both sides. */
typedef struct fft_tile {
    const float *a; /* row i, summand j: a[i * a_row + j * a_step]  */
    int64_t a_row, a_step, a_plane;
    const float *b; /* summand j: b + j * b_step, one or two vectors */
    int64_t b_step, b_plane;
    int64_t length;         /* summands                                               */
    int64_t a_more, b_more; /* sums: floats to as many summands again, or 0 */
    float *out;             /* row i: out + i * out_row                               */
    int64_t out_row, out_plane;
    float sign; /* products: 1, or -1 for the conjugate of b */
} fft_tile;

/* Adds up plane `plane` of a * b; a third plane of b that is not stored is made of the other two. */
FFT_INLINE void fft_sweep(const int rows, const int vectors, const int plane, const bool third, const fft_tile *tile,
                          const float *a, const float *b, int64_t a_row, VF *result) {
    const int64_t a_step = tile->a_step, b_step = tile->b_step, b_plane = tile->b_plane;
    VF sum[2 * FFT_ROWS];
    a += plane * tile->a_plane;
    if (plane < 2 || third) b += plane * b_plane;
    FFT_UNROLL for (int i = 0; i < rows * vectors; i++) sum[i] = result[i];
    for (int64_t j = 0; j < tile->length; j++) {
        VF lane[2];
        FFT_UNROLL for (int v = 0; v < vectors; v++) {
            const float *at = b + j * b_step + v * VF_WIDTH;
            lane[v] = plane < 2 || third ? vf_load(at) : vf_load(at) + vf_load(at + b_plane);
        }
        FFT_UNROLL for (int i = 0; i < rows; i++) {
            const VF number = vf_set(a[i * a_row + j * a_step]);
            FFT_UNROLL for (int v = 0; v < vectors; v++) sum[i * vectors + v] =
                vf_fma(number, lane[v], sum[i * vectors + v]);
        }
    }
    FFT_UNROLL for (int i = 0; i < rows * vectors; i++) result[i] = sum[i];
}

/* out = a * b, or a * conj b */
FFT_INLINE void fft_product(const int rows, const int vectors, const fft_tile *tile) {
    VF p[2 * FFT_ROWS] = {0}, q[2 * FFT_ROWS] = {0}, s[2 * FFT_ROWS] = {0};
    const VF sign = vf_set(tile->sign);
    fft_sweep(rows, vectors, 0, false, tile, tile->a, tile->b, tile->a_row, p);
    fft_sweep(rows, vectors, 1, false, tile, tile->a, tile->b, tile->a_row, q);
    fft_sweep(rows, vectors, 2, false, tile, tile->a, tile->b, tile->a_row, s);
    FFT_UNROLL for (int i = 0; i < rows; i++) {
        FFT_UNROLL for (int v = 0; v < vectors; v++) {
            const int at = i * vectors + v;
            float *out = tile->out + i * tile->out_row + v * VF_WIDTH;
            vf_store(out, vf_fma(-sign, q[at], p[at]));
            vf_store(out + tile->out_plane, vf_fma(sign, s[at] - p[at], -q[at]));
        }
    }
}

/* Plane by plane over the summands here and, where there are more, those there. */
FFT_INLINE void fft_sweep_both(const int rows, const int vectors, const int plane, const fft_tile *tile, VF *sum) {
    fft_sweep(rows, vectors, plane, true, tile, tile->a, tile->b, 1, sum);
    if (tile->a_more)
        fft_sweep(rows, vectors, plane, true, tile, tile->a + tile->a_more, tile->b + tile->b_more, 1, sum);
}

/* out += P + Q and P - Q - S (conv2d_fft_columns.h says why); the rows of a are neighbours in memory. */
FFT_INLINE void fft_accumulate(const int rows, const int vectors, const fft_tile *tile) {
    VF p[2 * FFT_ROWS] = {0}, q[2 * FFT_ROWS] = {0}, s[2 * FFT_ROWS] = {0};
    fft_sweep_both(rows, vectors, 0, tile, p);
    fft_sweep_both(rows, vectors, 1, tile, q);
    fft_sweep_both(rows, vectors, 2, tile, s);
    FFT_UNROLL for (int i = 0; i < rows; i++) {
        FFT_UNROLL for (int v = 0; v < vectors; v++) {
            const int at = i * vectors + v;
            float *re = tile->out + i * tile->out_row + v * VF_WIDTH, *im = re + tile->out_plane;
            vf_store(re, vf_load(re) + (p[at] + q[at]));
            vf_store(im, vf_load(im) + (p[at] - q[at] - s[at]));
        }
    }
}

/* Compiled once for each number of rows and vectors: constants keep the sums in registers. */
#define FFT_TILE(name, rows, vectors)                                                                                  \
    static __attribute__((noinline)) void name##_##rows##_##vectors(const fft_tile *tile) {                            \
        name(rows, vectors, tile);                                                                                     \
    }
#define FFT_TILES(name)                                                                                                \
    FFT_TILE(name, 1, 1)                                                                                               \
    FFT_TILE(name, 1, 2)                                                                                               \
    FFT_TILE(name, 2, 1)                                                                                               \
    FFT_TILE(name, 2, 2)                                                                                               \
    FFT_TILE(name, 4, 1)                                                                                               \
    FFT_TILE(name, 4, 2)
FFT_TILES(fft_product)
FFT_TILES(fft_accumulate)
#if defined(__AVX512F__) || defined(__aarch64__)
FFT_TILE(fft_product, 8, 1)
FFT_TILE(fft_product, 8, 2)
FFT_TILE(fft_accumulate, 8, 1)
FFT_TILE(fft_accumulate, 8, 2)
#define FFT_EIGHT(name)                                                                                                \
    { name##_8_1, name##_8_2 }
#else
#define FFT_EIGHT(name)                                                                                                \
    { NULL, NULL }
#endif

typedef void fft_tile_function(const fft_tile *tile);

/* By the logarithm of the rows, and vectors - 1. */
static fft_tile_function *const fft_products[4][2] = {{fft_product_1_1, fft_product_1_2},
                                                      {fft_product_2_1, fft_product_2_2},
                                                      {fft_product_4_1, fft_product_4_2},
                                                      FFT_EIGHT(fft_product)};
static fft_tile_function *const fft_accumulates[4][2] = {{fft_accumulate_1_1, fft_accumulate_1_2},
                                                         {fft_accumulate_2_1, fft_accumulate_2_2},
                                                         {fft_accumulate_4_1, fft_accumulate_4_2},
                                                         FFT_EIGHT(fft_accumulate)};

/* All rows of one block of lanes, in the largest tiles. */
static void fft_all_rows(fft_tile_function *const functions[4][2], fft_tile tile, int64_t rows, int vectors) {
    for (int log = 3, some = 8; log >= 0; log--, some /= 2) {
        if (some > FFT_ROWS) continue;
        for (; rows >= some; rows -= some) {
            functions[log][vectors - 1](&tile);
            tile.a += some * tile.a_row;
            tile.out += some * tile.out_row;
        }
    }
}

#endif
