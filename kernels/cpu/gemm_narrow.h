/* SPDX-License-Identifier: MIT
 * Matrix products with one short side, float32: what the last layer of a classifier needs. BLAS copies its operands
 * into an order of its own first, which here takes longer than the product, whose limit is reading the large operand
 * once.
 *
 *   dots     C = A * B'   B has few rows      the layer's output: every element a long dot product
 *   spread   C = A * B    A has few columns   the gradient of its input: every row a sum of B's few rows
 *   gather   C = A' * B   A has few columns   the gradient of its weight: A's and B's rows are many, C's are few
 *
 * Work is cut into units by sizes alone, and every sum has one order, so bits do not depend on the team.
 * Ladder, [128, 16384] by [16384, 10] on two AVX-512 cores, the three forms, ms: OpenBLAS 1.2, 0.9, 0.8 (packing) ->
 * this 0.25, 0.25, 0.2. */
#ifndef CNN_KERNELS_CPU_GEMM_NARROW_H
#define CNN_KERNELS_CPU_GEMM_NARROW_H

#include "kernels/gemm.h"
#include "kernels/cpu/vector.h"

enum {
    NARROW_MOST = 16,      /* rows or columns of the short side                                    */
    NARROW_LONG = 256,     /* elements of the long side that are worth it                          */
    NARROW_CHUNK = 512,    /* of the long side: so many of 16 rows stay in the first-level cache    */
    NARROW_ROWS = 16,      /* rows of a unit of dots                                               */
    NARROW_TILE = 4,       /* rows of the large operand that are worked on together                */
    NARROW_ALONE = 1 << 18 /* multiplications below which the caller works alone: some 10 us       */
};

#if defined(__clang__)
#define NARROW_UNROLL _Pragma("clang loop unroll(full)")
#else
#define NARROW_UNROLL _Pragma("GCC unroll 8")
#endif

/* Vectors of a row that are worked on together: with NARROW_TILE rows they must fit the registers. */
#if defined(__AVX512F__) || defined(__aarch64__)
#define NARROW_VECTORS 4
#define NARROW_COLUMNS 4
#else
#define NARROW_VECTORS 2
#define NARROW_COLUMNS 2
#endif

static inline int64_t narrow_min(int64_t a, int64_t b) {
    return a < b ? a : b;
}

static inline VF narrow_load(const float *p, int64_t lanes) {
    return lanes >= VF_WIDTH ? vf_load(p) : vf_load_tail(p, lanes);
}

static inline void narrow_store(float *p, VF v, int64_t lanes, bool stream) {
    if (lanes < VF_WIDTH)
        vf_store_tail(p, v, lanes);
    else if (stream)
        vf_stream(p, v);
    else
        vf_store(p, v);
}

/* ---- dots ---- */

/* Adds to sum[row * NARROW_MOST + column] the products of `length` elements, for rows x columns of the tile. */
static ALWAYS_INLINE void dots_tile(const int rows, const int columns, const float *a, int64_t lda, const float *b,
                                    int64_t ldb, int64_t length, VF *sum) {
    VF acc[NARROW_TILE][NARROW_COLUMNS];
    NARROW_UNROLL for (int i = 0; i < rows; i++) NARROW_UNROLL for (int j = 0; j < columns; j++) acc[i][j] =
        sum[i * NARROW_MOST + j];
    for (int64_t l = 0; l < length; l += VF_WIDTH) {
        const int64_t lanes = length - l;
        VF x[NARROW_TILE];
        NARROW_UNROLL for (int i = 0; i < rows; i++) x[i] = narrow_load(a + i * lda + l, lanes);
        NARROW_UNROLL for (int j = 0; j < columns; j++) {
            const VF y = narrow_load(b + j * ldb + l, lanes);
            NARROW_UNROLL for (int i = 0; i < rows; i++) acc[i][j] = vf_fma(x[i], y, acc[i][j]);
        }
    }
    NARROW_UNROLL for (int i = 0; i < rows; i++) NARROW_UNROLL for (int j = 0; j < columns; j++)
        sum[i * NARROW_MOST + j] = acc[i][j];
}

/* Whole tiles where there are so many rows and columns, else one by one. */
static void dots_chunk(const float *a, int64_t lda, const float *b, int64_t ldb, int64_t rows, int64_t columns,
                       int64_t length, VF *sum) {
    for (int64_t i = 0; i < rows;) {
        const bool tile = rows - i >= NARROW_TILE;
        for (int64_t j = 0; j < columns;) {
            const bool wide = columns - j >= NARROW_COLUMNS;
            const float *x = a + i * lda, *y = b + j * ldb;
            VF *at = sum + i * NARROW_MOST + j;
            if (tile && wide)
                dots_tile(NARROW_TILE, NARROW_COLUMNS, x, lda, y, ldb, length, at);
            else if (tile)
                dots_tile(NARROW_TILE, 1, x, lda, y, ldb, length, at);
            else if (wide)
                dots_tile(1, NARROW_COLUMNS, x, lda, y, ldb, length, at);
            else
                dots_tile(1, 1, x, lda, y, ldb, length, at);
            j += wide ? NARROW_COLUMNS : 1;
        }
        i += tile ? NARROW_TILE : 1;
    }
}

static void dots_unit(const cnn_gemm_params *p, const float *a, const float *b, float *c, int64_t unit) {
    VF sum[NARROW_ROWS * NARROW_MOST] = {{0}};
    const int64_t first = unit * NARROW_ROWS, rows = narrow_min(NARROW_ROWS, p->m - first);
    a += first * p->lda;
    c += first * p->ldc;
    for (int64_t l = 0; l < p->k; l += NARROW_CHUNK)
        dots_chunk(a + l, p->lda, b + l, p->ldb, rows, p->n, narrow_min(NARROW_CHUNK, p->k - l), sum);
    for (int64_t i = 0; i < rows; i++)
        for (int64_t j = 0; j < p->n; j++)
            c[i * p->ldc + j] = (p->beta ? c[i * p->ldc + j] : 0) + vf_sum(sum[i * NARROW_MOST + j]);
}

/* ---- spread ---- */

static ALWAYS_INLINE void spread_tile(const int rows, const int vectors, const cnn_gemm_params *p, const float *a,
                                      const float *b, float *c, int64_t lanes, bool stream) {
    VF acc[NARROW_TILE][NARROW_VECTORS];
    NARROW_UNROLL for (int i = 0; i < rows; i++) NARROW_UNROLL for (int v = 0; v < vectors; v++) acc[i][v] =
        p->beta ? narrow_load(c + i * p->ldc + v * VF_WIDTH, lanes) : (VF){0};
    for (int64_t l = 0; l < p->k; l++) {
        VF y[NARROW_VECTORS];
        NARROW_UNROLL for (int v = 0; v < vectors; v++) y[v] = narrow_load(b + l * p->ldb + v * VF_WIDTH, lanes);
        NARROW_UNROLL for (int i = 0; i < rows; i++) {
            const VF x = vf_set(a[i * p->lda + l]);
            NARROW_UNROLL for (int v = 0; v < vectors; v++) acc[i][v] = vf_fma(x, y[v], acc[i][v]);
        }
    }
    NARROW_UNROLL for (int i = 0; i < rows; i++) NARROW_UNROLL for (int v = 0; v < vectors; v++)
        narrow_store(c + i * p->ldc + v * VF_WIDTH, acc[i][v], lanes, stream);
}

/* Some columns of NARROW_TILE rows, or of one. */
static ALWAYS_INLINE void spread_rows(const int rows, const cnn_gemm_params *p, const float *a, const float *b,
                                      float *c, int64_t columns, bool stream) {
    int64_t j = 0;
    for (; j + NARROW_VECTORS * VF_WIDTH <= columns; j += NARROW_VECTORS * VF_WIDTH)
        spread_tile(rows, NARROW_VECTORS, p, a, b + j, c + j, VF_WIDTH, stream);
    for (; j < columns; j += VF_WIDTH) spread_tile(rows, 1, p, a, b + j, c + j, columns - j, stream);
}

/* A unit: a chunk of columns, all rows. */
static void spread_unit(const cnn_gemm_params *p, const float *a, const float *b, float *c, int64_t unit) {
    const int64_t first = unit * NARROW_CHUNK, columns = narrow_min(NARROW_CHUNK, p->n - first);
    const bool stream =
        (double)p->m * (double)p->n >= 1 << 20 && (uintptr_t)c % VF_BYTES == 0 && p->ldc % VF_WIDTH == 0;
    b += first;
    c += first;
    int64_t i = 0;
    for (; i + NARROW_TILE <= p->m; i += NARROW_TILE)
        spread_rows(NARROW_TILE, p, a + i * p->lda, b, c + i * p->ldc, columns, stream);
    for (; i < p->m; i++) spread_rows(1, p, a + i * p->lda, b, c + i * p->ldc, columns, stream);
    if (stream) vf_stream_end();
}

/* ---- gather ---- */

/* Adds to some columns of C what `rows` rows of A and B give: they stay in registers, C passes by. */
static ALWAYS_INLINE void gather_tile(const int rows, const int vectors, const cnn_gemm_params *p, const float *a,
                                      const float *b, float *c, int64_t lanes, bool fresh) {
    VF y[NARROW_TILE][NARROW_VECTORS];
    NARROW_UNROLL for (int l = 0; l < rows; l++) NARROW_UNROLL for (int v = 0; v < vectors; v++) y[l][v] =
        narrow_load(b + l * p->ldb + v * VF_WIDTH, lanes);
    for (int64_t i = 0; i < p->m; i++) {
        VF acc[NARROW_VECTORS];
        float *to = c + i * p->ldc;
        NARROW_UNROLL for (int v = 0; v < vectors; v++) acc[v] =
            fresh ? (VF){0} : narrow_load(to + v * VF_WIDTH, lanes);
        NARROW_UNROLL for (int l = 0; l < rows; l++) {
            const VF x = vf_set(a[l * p->lda + i]);
            NARROW_UNROLL for (int v = 0; v < vectors; v++) acc[v] = vf_fma(x, y[l][v], acc[v]);
        }
        NARROW_UNROLL for (int v = 0; v < vectors; v++) narrow_store(to + v * VF_WIDTH, acc[v], lanes, false);
    }
}

static ALWAYS_INLINE void gather_rows(const int rows, const cnn_gemm_params *p, const float *a, const float *b,
                                      float *c, int64_t columns, bool fresh) {
    int64_t j = 0;
    for (; j + NARROW_VECTORS * VF_WIDTH <= columns; j += NARROW_VECTORS * VF_WIDTH)
        gather_tile(rows, NARROW_VECTORS, p, a, b + j, c + j, VF_WIDTH, fresh);
    for (; j < columns; j += VF_WIDTH) gather_tile(rows, 1, p, a, b + j, c + j, columns - j, fresh);
}

/* A unit: a chunk of columns, whose part of C stays in the first-level cache while all rows of A and B pass by. */
static void gather_unit(const cnn_gemm_params *p, const float *a, const float *b, float *c, int64_t unit) {
    const int64_t first = unit * NARROW_CHUNK, columns = narrow_min(NARROW_CHUNK, p->n - first);
    b += first;
    c += first;
    int64_t l = 0;
    for (; l + NARROW_TILE <= p->k; l += NARROW_TILE)
        gather_rows(NARROW_TILE, p, a + l * p->lda, b + l * p->ldb, c, columns, l == 0 && !p->beta);
    for (; l < p->k; l++) gather_rows(1, p, a + l * p->lda, b + l * p->ldb, c, columns, l == 0 && !p->beta);
}

/* ---- all three ---- */

typedef void narrow_unit(const cnn_gemm_params *p, const float *a, const float *b, float *c, int64_t unit);

/* Runs the product if it has one of the three forms, and says whether. */
static bool gemm_narrow(const cnn_team *team, const cnn_gemm_params *p, const float *a, const float *b, float *c) {
    narrow_unit *run = NULL;
    int64_t units = (p->n + NARROW_CHUNK - 1) / NARROW_CHUNK;
    if (!p->transpose_a && p->transpose_b && p->n <= NARROW_MOST && p->k >= NARROW_LONG) {
        run = dots_unit;
        units = (p->m + NARROW_ROWS - 1) / NARROW_ROWS;
    } else if (!p->transpose_a && !p->transpose_b && p->k <= NARROW_MOST && p->n >= NARROW_LONG) {
        run = spread_unit;
    } else if (p->transpose_a && !p->transpose_b && p->m <= NARROW_MOST && p->n >= NARROW_LONG) {
        run = gather_unit;
    }
    if (!run) return false;
    const bool alone = team->threads < 2 || (double)p->m * (double)p->n * (double)p->k < NARROW_ALONE;
#pragma omp parallel for num_threads(alone ? 1 : team->threads) schedule(static)
    for (int64_t unit = 0; unit < units; unit++)
        if (!*team->stop) run(p, a, b, c, unit);
    return true;
}

#endif
