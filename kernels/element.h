/* SPDX-License-Identifier: MIT
 * The element type of a kernel file that is compiled once per type: the build passes -DELEMENT_f32, _f64, _bf16, _i64,
 * _u8 or _bool.
 *
 *   T                the C type that elements are computed in
 *   STORED           the C type that memory holds: T, except for bfloat16; element_load and element_store go between
 *   ELEMENT          its cnn_dtype
 *   ELEMENT_IS_REAL  1 for float32, float64 and bfloat16
 *   ELEMENT_IS_BOOL  1 for bool
 *   WIDE             the type that sums are made in; SUM the type they are delivered in, by sum_store
 *   C_MATH(function) the C library's function for T: expf or exp */
#ifndef CNN_KERNELS_ELEMENT_H
#define CNN_KERNELS_ELEMENT_H

#include "kernels/base.h"
#include "kernels/bf16.h"

#if defined(ELEMENT_f32)
typedef float T;
typedef float SUM;
typedef double WIDE;
#define ELEMENT          CNN_F32
#define ELEMENT_IS_REAL  1
#define C_MATH(function) function##f
#elif defined(ELEMENT_f64)
typedef double T;
typedef double SUM;
typedef double WIDE;
#define ELEMENT          CNN_F64
#define ELEMENT_IS_REAL  1
#define C_MATH(function) function
#elif defined(ELEMENT_bf16)
typedef float T;
typedef uint16_t STORED;
typedef uint16_t SUM;
typedef double WIDE;
#define ELEMENT          CNN_BF16
#define ELEMENT_IS_REAL  1
#define ELEMENT_IS_BF16  1
#define C_MATH(function) function##f
#elif defined(ELEMENT_i64)
typedef int64_t T;
typedef int64_t SUM;
typedef uint64_t WIDE;
#define ELEMENT CNN_I64
#elif defined(ELEMENT_u8)
typedef uint8_t T;
typedef int64_t SUM;
typedef uint64_t WIDE;
#define ELEMENT CNN_U8
#elif defined(ELEMENT_bool)
typedef uint8_t T;
typedef int64_t SUM;
typedef uint64_t WIDE;
#define ELEMENT         CNN_BOOL
#define ELEMENT_IS_BOOL 1
#else
#error "compile with -DELEMENT_f32, _f64, _bf16, _i64, _u8 or _bool"
#endif

#ifndef ELEMENT_IS_REAL
#define ELEMENT_IS_REAL 0
#endif
#ifndef ELEMENT_IS_BOOL
#define ELEMENT_IS_BOOL 0
#endif

#ifndef ELEMENT_IS_BF16
#define ELEMENT_IS_BF16 0
typedef T STORED;
#endif

#if ELEMENT_IS_BF16
static inline T element_load(STORED x) {
    return cnn_bf16_widen(x);
}
static inline STORED element_store(T x) {
    return cnn_bf16_round(x);
}
static inline SUM sum_store(WIDE x) {
    return cnn_bf16_round((float)x);
}
#else
static inline T element_load(STORED x) {
    return x;
}
static inline STORED element_store(T x) {
    return x;
}
static inline SUM sum_store(WIDE x) {
    return (SUM)x;
}
#endif

static inline bool element_is_nan(T x) {
#if ELEMENT_IS_REAL
    return x != x;
#else
    (void)x;
    return false;
#endif
}

/* Elements as numbers of another type. Real to integer truncates, stops at the ends of the range, and makes 0 of NaN;
 * integer to integer keeps the low bits. */
static inline float element_to_f32(T x) {
    return (float)x;
}
static inline double element_to_f64(T x) {
    return (double)x;
}
static inline uint16_t element_to_bf16(T x) {
    return cnn_bf16_round((float)x);
}
static inline int64_t element_to_i64(T x) {
#if ELEMENT_IS_REAL
    if (x != x) return 0;
    return x >= (T)0x1p63 ? INT64_MAX : x < (T)-0x1p63 ? INT64_MIN : (int64_t)x;
#else
    return (int64_t)x;
#endif
}
static inline uint8_t element_to_u8(T x) {
#if ELEMENT_IS_REAL
    return x >= 255 ? 255 : x > 0 ? (uint8_t)x : 0;
#else
    return (uint8_t)x;
#endif
}
static inline uint8_t element_to_bool(T x) {
    return x != 0;
}

#endif
