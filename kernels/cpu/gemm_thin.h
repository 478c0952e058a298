/* SPDX-License-Identifier: MIT
 * Matrix products with one small side, as a network's last layer has them: BLAS would first copy the large matrix into
 * its own order, which costs more than the product. Here every matrix is read once, where it lies.
 *
 *   update   C += A * B with B row-major and a few rows of C or of B: strips of columns of C stay in the first-level
 *            cache, some rows of B at a time are streamed over them
 *   dot      C += A * B^T with few rows of A or of B: dot products, ROWS x COLUMNS of them side by side
 * 128 x 10 x 16384 with one thread of an AVX-512 machine: 0.5 ms for each of a layer's three products, BLAS 0.7 to 1.1.
 */
#ifndef CNN_KERNELS_CPU_GEMM_THIN_H
#define CNN_KERNELS_CPU_GEMM_THIN_H

#include "kernels/cpu/vector.h"
#include "kernels/element.h"
#include "kernels/gemm.h"

typedef T VT __attribute__((vector_size(VF_BYTES)));

enum {
    THIN = 16,                              /* a small side, at most */
    THIN_LANES = VF_BYTES / (int)sizeof(T), /* of a vector */
    THIN_STRIP = 512,                       /* columns of an update's block */
    THIN_TERMS = 16,                        /* rows of B in one sweep of a strip */
    THIN_CHUNK = 2048,                      /* terms of a dot product before its lanes are summed */
    THIN_BLOCK = 16,                        /* rows and columns of a dot block */
    /* accumulators must stay in registers: 32 vectors at avx512, else 16 */
    THIN_ROWS = VF_BYTES == 64 ? 10 : 5,
    DOT_ROWS = VF_BYTES == 64 ? 4 : 2,
    DOT_COLUMNS = 5
};

static inline VT thin_load(const T *p) {
    VT v;
    memcpy(&v, p, sizeof v);
    return v;
}

static inline VT thin_fma(VT a, VT b, VT c) {
#if defined(__FMA__) && defined(ELEMENT_f32)
    return vf_fma(a, b, c);
#elif defined(__FMA__)
    return vd_fma(a, b, c);
#else
    return a * b + c;
#endif
}

static inline int64_t thin_min(int64_t a, int64_t b) {
    return a < b ? a : b;
}

/* ---- update ---- */

/* A sweep: `rows` rows of C, `terms` rows of B, some columns. a(i, l) lies at a[i * a_row + l * a_term]. */
typedef struct sweep {
    const T *a, *b;
    T *c;
    int64_t a_row, a_term, ldb, ldc, terms, columns;
    bool overwrite; /* C holds nothing yet */
} sweep;

static ALWAYS_INLINE void sweep_rows(const sweep *s, const int rows) {
    int64_t j = 0;
    for (; j + 2 * THIN_LANES <= s->columns; j += 2 * THIN_LANES) {
        VT left[THIN_ROWS], right[THIN_ROWS];
#pragma GCC unroll 10
        for (int i = 0; i < rows; i++) {
            left[i] = s->overwrite ? (VT){0} : thin_load(s->c + i * s->ldc + j);
            right[i] = s->overwrite ? (VT){0} : thin_load(s->c + i * s->ldc + j + THIN_LANES);
        }
        for (int64_t l = 0; l < s->terms; l++) {
            const VT b0 = thin_load(s->b + l * s->ldb + j), b1 = thin_load(s->b + l * s->ldb + j + THIN_LANES);
#pragma GCC unroll 10
            for (int i = 0; i < rows; i++) {
                const VT a = (VT){0} + s->a[i * s->a_row + l * s->a_term];
                left[i] = thin_fma(a, b0, left[i]);
                right[i] = thin_fma(a, b1, right[i]);
            }
        }
#pragma GCC unroll 10
        for (int i = 0; i < rows; i++) {
            memcpy(s->c + i * s->ldc + j, &left[i], sizeof(VT));
            memcpy(s->c + i * s->ldc + j + THIN_LANES, &right[i], sizeof(VT));
        }
    }
    for (; j < s->columns; j++)
        for (int i = 0; i < rows; i++) {
            T sum = s->overwrite ? 0 : s->c[i * s->ldc + j];
            for (int64_t l = 0; l < s->terms; l++) sum += s->a[i * s->a_row + l * s->a_term] * s->b[l * s->ldb + j];
            s->c[i * s->ldc + j] = sum;
        }
}

static void sweep_run(const sweep *s, int64_t rows) {
    switch (rows) {
    case 10:
        sweep_rows(s, thin_min(THIN_ROWS, 10));
        break;
    case 9:
        sweep_rows(s, thin_min(THIN_ROWS, 9));
        break;
    case 8:
        sweep_rows(s, thin_min(THIN_ROWS, 8));
        break;
    case 7:
        sweep_rows(s, thin_min(THIN_ROWS, 7));
        break;
    case 6:
        sweep_rows(s, thin_min(THIN_ROWS, 6));
        break;
    case 5:
        sweep_rows(s, 5);
        break;
    case 4:
        sweep_rows(s, 4);
        break;
    case 3:
        sweep_rows(s, 3);
        break;
    case 2:
        sweep_rows(s, 2);
        break;
    default:
        sweep_rows(s, 1);
        break;
    }
}

static bool thin_is_update(const cnn_gemm_params *p) {
    return !p->transpose_b && p->n >= 64 && (p->m <= THIN || p->k <= THIN);
}

/* Columns j … j + THIN_STRIP of C. */
static void thin_update(const cnn_gemm_params *p, const T *a, const T *b, T *c, int64_t j) {
    sweep s = {.ldb = p->ldb, .ldc = p->ldc, .columns = thin_min(THIN_STRIP, p->n - j)};
    s.a_row = p->transpose_a ? 1 : p->lda;
    s.a_term = p->transpose_a ? p->lda : 1;
    for (int64_t l = 0; l < p->k; l += THIN_TERMS) {
        s.terms = thin_min(THIN_TERMS, p->k - l);
        s.overwrite = l == 0 && !p->beta;
        for (int64_t i = 0; i < p->m; i += THIN_ROWS) {
            s.a = a + i * s.a_row + l * s.a_term;
            s.b = b + l * p->ldb + j;
            s.c = c + i * p->ldc + j;
            sweep_run(&s, thin_min(THIN_ROWS, p->m - i));
        }
    }
}

/* ---- dot ---- */

static inline T thin_sum(VT v) {
    T lane[THIN_LANES];
    memcpy(lane, &v, sizeof v);
    for (int half = THIN_LANES / 2; half >= 1; half /= 2)
        for (int i = 0; i < half; i++) lane[i] += lane[i + half];
    return lane[0];
}

/* rows x columns dot products of k terms, added to C. */
static ALWAYS_INLINE void dot_tile(const T *a, int64_t lda, const T *b, int64_t ldb, T *c, int64_t ldc, int64_t k,
                                   const int rows, const int columns) {
    VT sum[DOT_ROWS][DOT_COLUMNS];
    int64_t l = 0;
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < columns; j++) sum[i][j] = (VT){0};
    for (; l + THIN_LANES <= k; l += THIN_LANES) {
        VT left[DOT_ROWS];
#pragma GCC unroll 4
        for (int i = 0; i < rows; i++) left[i] = thin_load(a + i * lda + l);
#pragma GCC unroll 5
        for (int j = 0; j < columns; j++) {
            const VT right = thin_load(b + j * ldb + l);
#pragma GCC unroll 4
            for (int i = 0; i < rows; i++) sum[i][j] = thin_fma(left[i], right, sum[i][j]);
        }
    }
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < columns; j++) {
            T total = thin_sum(sum[i][j]);
            for (int64_t rest = l; rest < k; rest++) total += a[i * lda + rest] * b[j * ldb + rest];
            c[i * ldc + j] += total;
        }
}

static void dot_run(const cnn_gemm_params *p, const T *a, const T *b, T *c, int64_t k, int64_t columns, bool full) {
    enum { R = DOT_ROWS };
    if (full) switch (columns) {
        case 5:
            dot_tile(a, p->lda, b, p->ldb, c, p->ldc, k, R, 5);
            return;
        case 4:
            dot_tile(a, p->lda, b, p->ldb, c, p->ldc, k, R, 4);
            return;
        case 3:
            dot_tile(a, p->lda, b, p->ldb, c, p->ldc, k, R, 3);
            return;
        case 2:
            dot_tile(a, p->lda, b, p->ldb, c, p->ldc, k, R, 2);
            return;
        default:
            dot_tile(a, p->lda, b, p->ldb, c, p->ldc, k, R, 1);
            return;
        }
    switch (columns) {
    case 5:
        dot_tile(a, p->lda, b, p->ldb, c, p->ldc, k, 1, 5);
        return;
    case 4:
        dot_tile(a, p->lda, b, p->ldb, c, p->ldc, k, 1, 4);
        return;
    case 3:
        dot_tile(a, p->lda, b, p->ldb, c, p->ldc, k, 1, 3);
        return;
    case 2:
        dot_tile(a, p->lda, b, p->ldb, c, p->ldc, k, 1, 2);
        return;
    default:
        dot_tile(a, p->lda, b, p->ldb, c, p->ldc, k, 1, 1);
        return;
    }
}

static bool thin_is_dot(const cnn_gemm_params *p) {
    return !p->transpose_a && p->transpose_b && p->k >= 256 && (p->m <= THIN || p->n <= THIN);
}

/* Rows i … i + THIN_BLOCK, columns j … j + THIN_BLOCK of C. */
static void thin_dot(const cnn_gemm_params *p, const T *a, const T *b, T *c, int64_t i, int64_t j) {
    const int64_t i_end = thin_min(i + THIN_BLOCK, p->m), j_end = thin_min(j + THIN_BLOCK, p->n);
    for (int64_t row = i; row < i_end && !p->beta; row++)
        for (int64_t column = j; column < j_end; column++) c[row * p->ldc + column] = 0;
    for (int64_t l = 0; l < p->k; l += THIN_CHUNK) {
        const int64_t k = thin_min(THIN_CHUNK, p->k - l);
        for (int64_t row = i, rows; row < i_end; row += rows) {
            rows = row + DOT_ROWS <= i_end ? DOT_ROWS : 1;
            for (int64_t column = j; column < j_end; column += DOT_COLUMNS)
                dot_run(p, a + row * p->lda + l, b + column * p->ldb + l, c + row * p->ldc + column, k,
                        thin_min(DOT_COLUMNS, j_end - column), rows == DOT_ROWS);
        }
    }
}

#endif
