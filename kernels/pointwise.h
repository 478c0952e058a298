/* SPDX-License-Identifier: MIT
 * CONTRACT pointwise: functions of single elements over strided, broadcast operands (see cnn_walk in base.h).
 *
 * One table per element type. The result may be the same memory as an operand (in-place forms) when their strides
 * are equal; otherwise memory does not overlap. Operand 0 is `a` or `x`, operand 1 is `b`.
 * div and pow exist for real types only (NULL elsewhere); arithmetic on int64 and uint8 wraps around; bool tables
 * hold only compare, fill and cast. uint8 and bool are cast by value; real -> bool is x != 0; real -> integer truncates
 * (saturating, NaN -> 0: never undefined behaviour). */
#ifndef CNN_KERNELS_POINTWISE_H
#define CNN_KERNELS_POINTWISE_H

#include "base.h"

enum {
#define UNARY(name, reads, f, df) CNN_UNARY_##name,
#include "pointwise.list"
#undef UNARY
    CNN_UNARIES
};
enum {
#define ARITHMETIC(name, f) CNN_ARITHMETIC_##name,
#include "pointwise.list"
#undef ARITHMETIC
    CNN_ARITHMETICS
};
enum {
#define COMPARE(name, f) CNN_COMPARE_##name,
#include "pointwise.list"
#undef COMPARE
    CNN_COMPARES
};

/* out = f(x) */
typedef void cnn_unary_kernel(const cnn_team *team, const cnn_walk *walk, const void *x, void *out);
/* out = f(a, b); for unary_backward: out = df * doutput with a = what df reads (x or y; doutput again for NOTHING), b =
 * doutput */
typedef void cnn_binary_kernel(const cnn_team *team, const cnn_walk *walk, const void *a, const void *b, void *out);

typedef struct cnn_pointwise_kernels {
    cnn_unary_kernel *unary[CNN_UNARIES];           /* real types; NULL for the others          */
    cnn_binary_kernel *unary_backward[CNN_UNARIES]; /* real types; NULL for the others          */
    cnn_binary_kernel *arithmetic[CNN_ARITHMETICS]; /* f32 f64 i64 u8                           */
    cnn_binary_kernel *compare[CNN_COMPARES];       /* every type; writes uint8_t 0 or 1        */
    cnn_unary_kernel *cast[CNN_DTYPES];             /* from this table's type to the index type; the same type: copy */
    /* out[…] = value, of this table's type, read from *value */
    void (*fill)(const cnn_team *team, const cnn_walk *walk, const void *value, void *out);
    /* out = condition ? a : b; operand 0 is the condition (uint8_t), 1 is a, 2 is b */
    void (*where)(const cnn_team *team, const cnn_walk *walk, const uint8_t *condition, const void *a, const void *b,
                  void *out);
} cnn_pointwise_kernels;

#endif
