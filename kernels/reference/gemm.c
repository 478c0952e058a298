/* SPDX-License-Identifier: MIT
 * The matrix product as it is written on paper: one sum per element of C, made in float64.
 * Compiled for REAL = float and double; the double one is what the fast kernels are tested against. */
#include "kernels/gemm.h"

/* Element (row, column) of a matrix stored with leading dimension `ld`, transposed or not. */
static REAL element(const REAL *matrix, bool transposed, int64_t ld, int64_t row, int64_t column) {
    return transposed ? matrix[column * ld + row] : matrix[row * ld + column];
}

static void gemm(const cnn_team *team, const cnn_gemm_params *p, const void *a, const void *b, void *c) {
    for (int64_t i = 0; i < p->m; i++) {
        if (*team->stop) return;
        for (int64_t j = 0; j < p->n; j++) {
            REAL *result = (REAL *)c + i * p->ldc + j;
            double sum = p->beta ? (double)*result : 0;
            for (int64_t l = 0; l < p->k; l++)
                sum += (double)element(a, p->transpose_a, p->lda, i, l) * element(b, p->transpose_b, p->ldb, l, j);
            *result = (REAL)sum;
        }
    }
}

const cnn_gemm_kernels CNN_VARIANT(cnn_gemm) = {gemm};
