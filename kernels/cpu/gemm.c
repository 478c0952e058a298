/* SPDX-License-Identifier: MIT
 * The matrix product on OpenBLAS, compiled for float32 and float64.
 *
 * C is cut into blocks by its sizes alone, the team takes blocks, and each block is single-threaded calls: so the
 * bits do not depend on the team. OpenBLAS itself is told to use one thread, whatever else it might decide.
 * Very long products are cut along k as well, since BLAS counts in int; sizes and leading dimensions above INT_MAX
 * go through the plain loop at the end of the file. */
#include "kernels/gemm.h"
#include "kernels/element.h"
#include <cblas.h>
#include <limits.h>
#include <math.h>
#include <omp.h>

enum {
    BLOCK_K = 1 << 30, /* of one call */
    SHORT_SIDE = 32,
    LEAST_PIECE = 64 /* of the longest side that is cut */
};
static const double UNCOPIED = 1000000; /* multiplications that OpenBLAS does without copying */
/* Multiplications in a block of C, at least: some 20 us while there are few blocks, 1 ms when there are many. */
static const double SMALL_BLOCK = 1 << 21, LARGE_BLOCK = 1 << 26;
static const double FEW = 16, MANY = 64;

#if defined(ELEMENT_f32)
#define CBLAS_GEMM cblas_sgemm
#else
#define CBLAS_GEMM cblas_dgemm
#endif

/* One thread per call, for an OpenBLAS with threads of its own. It sets OpenMP's number of threads along with it: that
 * is put back. */
static void blas_single_thread(void) {
    if (openblas_get_num_threads() == 1) return;
    const int threads = omp_get_max_threads();
    openblas_set_num_threads(1);
    omp_set_num_threads(threads);
}

/* How C is cut: rows x columns of a block, and their numbers. */
typedef struct blocks {
    int64_t rows, columns, down, across;
} blocks;

static int64_t ceil_div(int64_t a, int64_t b) {
    return (a + b - 1) / b;
}

static int64_t min_of(int64_t a, int64_t b) {
    return a < b ? a : b;
}

/* How long a piece is when n is cut into about `parts`, in multiples of 32 */
static int64_t piece(int64_t n, double parts) {
    const int64_t length = (int64_t)((double)n / (parts < 1 ? 1 : parts)) + 1;
    return min_of(min_of(ceil_div(length, 32) * 32, n), BLOCK_K);
}

/* Near-square blocks, since each one reads its rows of A and its columns of B anew; how many, the work decides. */
static blocks cut(const cnn_gemm_params *p) {
    const double work = (double)p->m * (double)p->n * (double)p->k;
    const double wanted = fmax(fmin(work / SMALL_BLOCK, FEW), fmin(work / LARGE_BLOCK, MANY));
    const double side = sqrt((double)p->m * (double)p->n / fmax(wanted, 1));
    blocks b = {0};
    if (p->m >= p->n) {
        b.columns = piece(p->n, floor((double)p->n / side));
        b.rows = piece(p->m, wanted / (double)ceil_div(p->n, b.columns));
    } else {
        b.rows = piece(p->m, floor((double)p->m / side));
        b.columns = piece(p->n, wanted / (double)ceil_div(p->m, b.rows));
    }
    b.down = ceil_div(p->m, b.rows);
    b.across = ceil_div(p->n, b.columns);
    return b;
}

/* The sizes of one call: a block's, and what fits BLAS's int. Where one side is short, copying the operands into BLAS's
 * own order takes longer than the product; OpenBLAS spares it for up to a million multiplications, so the longest side
 * is cut for that. Ladder, a last layer's three products, [128, 16384] by [16384, 10], one AVX-512 core: whole
 * 2.7 ms -> cut 1.9 ms (this). */
typedef struct call_sizes {
    int64_t rows, columns, depth;
} call_sizes;

static call_sizes call_sizes_of(int64_t rows, int64_t columns, int64_t depth) {
    call_sizes s = {rows, columns, min_of(depth, BLOCK_K)};
    int64_t *longest = &s.rows;
    if (s.columns > *longest) longest = &s.columns;
    if (s.depth > *longest) longest = &s.depth;
    const double others = (double)s.rows * (double)s.columns * (double)s.depth / (double)*longest;
    const bool is_short = min_of(s.rows, min_of(s.columns, s.depth)) <= SHORT_SIDE;
    if (is_short && others * LEAST_PIECE <= UNCOPIED) *longest = min_of(*longest, (int64_t)(UNCOPIED / others));
    return s;
}

/* The block of C at row i, column j. */
static void gemm_block(const cnn_gemm_params *p, const T *a, const T *b, T *c, int64_t i, int64_t j, int64_t rows,
                       int64_t columns) {
    const enum CBLAS_TRANSPOSE ta = p->transpose_a ? CblasTrans : CblasNoTrans;
    const enum CBLAS_TRANSPOSE tb = p->transpose_b ? CblasTrans : CblasNoTrans;
    const call_sizes s = call_sizes_of(rows, columns, p->k);
    for (int64_t y = i; y < i + rows; y += s.rows) {
        for (int64_t x = j; x < j + columns; x += s.columns) {
            for (int64_t l = 0; l < p->k; l += s.depth) {
                const T *block_a = a + (p->transpose_a ? l * p->lda + y : y * p->lda + l);
                const T *block_b = b + (p->transpose_b ? x * p->ldb + l : l * p->ldb + x);
                CBLAS_GEMM(CblasRowMajor, ta, tb, (int)min_of(s.rows, i + rows - y),
                           (int)min_of(s.columns, j + columns - x), (int)min_of(s.depth, p->k - l), 1, block_a,
                           (int)p->lda, block_b, (int)p->ldb, l == 0 ? (T)p->beta : 1, c + y * p->ldc + x, (int)p->ldc);
            }
        }
    }
}

/* For what BLAS's int cannot count: rows further than INT_MAX elements apart. And for k = 0. */
static void gemm_plain(const cnn_team *team, const cnn_gemm_params *p, const T *a, const T *b, T *c) {
#pragma omp parallel for num_threads(team->threads) schedule(static)
    for (int64_t i = 0; i < p->m; i++) {
        if (*team->stop) continue;
        for (int64_t j = 0; j < p->n; j++) {
            double sum = p->beta ? (double)c[i * p->ldc + j] : 0;
            for (int64_t l = 0; l < p->k; l++)
                sum += (double)a[p->transpose_a ? l * p->lda + i : i * p->lda + l] *
                       b[p->transpose_b ? j * p->ldb + l : l * p->ldb + j];
            c[i * p->ldc + j] = (T)sum;
        }
    }
}

static void gemm(const cnn_team *team, const cnn_gemm_params *p, const void *a, const void *b, void *c) {
    if (p->m <= 0 || p->n <= 0) return;
    if (p->k == 0 || p->lda > INT_MAX || p->ldb > INT_MAX || p->ldc > INT_MAX) {
        gemm_plain(team, p, a, b, c);
        return;
    }
    const blocks g = cut(p);
    const bool alone = team->threads < 2 || g.down * g.across == 1;
    blas_single_thread();
#pragma omp parallel num_threads(alone ? 1 : team->threads)
    {
        omp_set_num_threads(1); /* inside this region: what an OpenBLAS with OpenMP's threads asks for */
#pragma omp for schedule(dynamic)
        for (int64_t block = 0; block < g.down * g.across; block++) {
            const int64_t i = block / g.across * g.rows, j = block % g.across * g.columns;
            if (!*team->stop) gemm_block(p, a, b, c, i, j, min_of(g.rows, p->m - i), min_of(g.columns, p->n - j));
        }
    }
}

const cnn_gemm_kernels CNN_VARIANT(cnn_gemm) = {gemm};
