/* SPDX-License-Identifier: MIT
 * The element type of a kernel file that is compiled once per type: the build passes -DELEMENT_f32, _f64, _i64, _u8
 * or _bool.
 *
 *   T                the C type of an element
 *   ELEMENT          its cnn_dtype
 *   ELEMENT_IS_REAL  1 for float32 and float64
 *   ELEMENT_IS_BOOL  1 for bool
 *   WIDE             the type that sums are made in
 *   C_MATH(f)        the C library's function for T: expf or exp */
#ifndef CNN_KERNELS_ELEMENT_H
#define CNN_KERNELS_ELEMENT_H

#include "kernels/base.h"

#if defined(ELEMENT_f32)
typedef float T;
typedef double WIDE;
#define ELEMENT CNN_F32
#define ELEMENT_IS_REAL 1
#define C_MATH(f) f##f
#elif defined(ELEMENT_f64)
typedef double T;
typedef double WIDE;
#define ELEMENT CNN_F64
#define ELEMENT_IS_REAL 1
#define C_MATH(f) f
#elif defined(ELEMENT_i64)
/* unsigned: int64 arithmetic wraps around instead of being undefined; comparisons cast back */
typedef int64_t T;
typedef uint64_t WIDE;
#define ELEMENT CNN_I64
#elif defined(ELEMENT_u8)
typedef uint8_t T;
typedef uint64_t WIDE;
#define ELEMENT CNN_U8
#elif defined(ELEMENT_bool)
typedef uint8_t T;
typedef uint64_t WIDE;
#define ELEMENT CNN_BOOL
#define ELEMENT_IS_BOOL 1
#else
#error "compile with -DELEMENT_f32, _f64, _i64, _u8 or _bool"
#endif

#ifndef ELEMENT_IS_REAL
#define ELEMENT_IS_REAL 0
#endif
#ifndef ELEMENT_IS_BOOL
#define ELEMENT_IS_BOOL 0
#endif

#endif
