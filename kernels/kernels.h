/* SPDX-License-Identifier: MIT
 * What a device computes with: one table of kernels, one member per contract and element type.
 *
 * A CPU's table is filled from the bottom up: the reference loops fill every slot, then each level that the machine
 * has overwrites the slots it improves. A slot that stays NULL is an op that the device does not have; core says so. */
#ifndef CNN_KERNELS_KERNELS_H
#define CNN_KERNELS_KERNELS_H

#include "adaptive.h"
#include "base.h"
#include "batch_norm.h"
#include "chain.h"
#include "conv2d.h"
#include "cross_entropy.h"
#include "gemm.h"
#include "pixels.h"
#include "pointwise.h"
#include "pool2d.h"
#include "random.h"
#include "reduce.h"
#include "scan.h"
#include "select.h"
#include "sgd.h"
#include "sort.h"

typedef struct cnn_kernels {
    const cnn_conv2d_kernels *conv2d[CNN_REALS];
    const cnn_batch_norm_kernels *batch_norm[CNN_REALS];
    const cnn_chain_kernels *chain[CNN_REALS];
    const cnn_pool2d_kernels *pool2d[CNN_REALS];
    const cnn_gemm_kernels *gemm[CNN_REALS];
    const cnn_cross_entropy_kernels *cross_entropy[CNN_REALS];
    const cnn_random_kernels *random[CNN_REALS];
    const cnn_sgd_kernels *sgd[CNN_REALS];
    const cnn_adaptive_kernels *adaptive[CNN_REALS];
    const cnn_pixels_kernels *pixels[CNN_REALS];
    const cnn_pointwise_kernels *pointwise[CNN_DTYPES];
    const cnn_reduce_kernels *reduce[CNN_DTYPES];
    const cnn_select_kernels *select[CNN_DTYPES];
    const cnn_scan_kernels *scan[CNN_DTYPES];
    const cnn_sort_kernels *sort[CNN_DTYPES];
} cnn_kernels;

typedef enum cnn_level {
    CNN_LEVEL_REFERENCE, /* the textbook loops, everywhere        */
    CNN_LEVEL_BASELINE,  /* 128-bit vectors: any x86-64, any arm64 */
    CNN_LEVEL_AVX2,      /* 256-bit vectors and FMA               */
    CNN_LEVEL_AVX512,    /* 512-bit vectors                       */
    CNN_LEVELS
} cnn_level;

/* The best level that this processor and operating system support (registers saved, asked by xgetbv). */
cnn_level cnn_level_detect(void);
/* "reference", "baseline", "avx2", "avx512". */
const char *cnn_level_name(cnn_level level);
/* Fills every slot with the best kernels of `level` and below. The caller has checked that the machine has it. */
void cnn_kernels_fill(cnn_kernels *table, cnn_level level);

#endif
