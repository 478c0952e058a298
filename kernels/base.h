/* SPDX-License-Identifier: MIT
 * What every kernel contract shares: element types, the team of threads, the strided walk.
 *
 * Kernels know numbers only: pointers, sizes, strides, scalars. They allocate nothing (scratch memory
 * comes in as `workspace`), print nothing, keep no state and cannot fail: whoever calls has checked
 * shapes, types and labels. Interrupted kernels return early; the caller then discards the results. */
#ifndef CNN_KERNELS_BASE_H
#define CNN_KERNELS_BASE_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CNN_MAX_DIMS 8

typedef enum cnn_dtype {
    CNN_F32,  /* float    */
    CNN_F64,  /* double   */
    CNN_BF16, /* uint16_t: the upper half of a float (bf16.h) */
    CNN_I64,  /* int64_t  */
    CNN_U8,   /* uint8_t  */
    CNN_BOOL, /* uint8_t holding 0 or 1 */
    CNN_DTYPES
} cnn_dtype;

/* The real types come first: tables of real-valued kernels have this many entries. Only some kernels read and write
 * bfloat16; where a table has none, core widens to float32. */
#define CNN_REALS 3

/* Who computes, and the way to stop them. */
typedef struct cnn_team {
    int threads;                       /* OpenMP threads to use, at least 1. Results must not depend on it. */
    const volatile sig_atomic_t *stop; /* nonzero once the user interrupted: poll between tiles, return soon */
} cnn_team;

/* A walk over the elements of a result and of up to three operands, which may be broadcast (stride 0),
 * transposed or sliced. Dimensions are ordered outermost first and already merged where possible, so a
 * walk over dense tensors of one layout has one dimension of stride 1. Counted in elements. */
typedef struct cnn_walk {
    int ndim;                           /* 1 … CNN_MAX_DIMS */
    int64_t size[CNN_MAX_DIMS];         /* every size >= 1, or the walk is empty (size 0) */
    int64_t out_stride[CNN_MAX_DIMS];   /* stride of the result */
    int64_t in_stride[3][CNN_MAX_DIMS]; /* strides of the operands */
} cnn_walk;

/* cnn_conv2d + level avx2 -> cnn_conv2d_avx2: the one pasted name in a kernel file. */
#define CNN_PASTE_(name, level) name##_##level
#define CNN_PASTE(name, level)  CNN_PASTE_(name, level)
#define CNN_VARIANT(name)       CNN_PASTE(name, CNN_LEVEL)

#endif
