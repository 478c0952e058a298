/* SPDX-License-Identifier: MIT
 * Every function of pointwise.list as a plain loop. Compiled once per element type (kernels/element.h).
 *
 * A walk is done row by row: the last dimension is the row, the others are counted like the digits of a clock.
 * Each line of the list becomes one function that works on a row of elements `step` bytes apart. */
#include "kernels/pointwise.h"
#include "kernels/element.h"
#include <math.h>

typedef struct row {
    int64_t n;
    char *out;
    const char *in[3];
    int64_t out_step, in_step[3]; /* bytes */
} row;

typedef void row_function(const row *r);

/* Calls f on every row of the walk; the sizes of an element are in bytes. */
static void each_row(const cnn_team *team, const cnn_walk *walk, row_function *f, row r, int out_size,
                     const int in_size[3]) {
    const int last = walk->ndim - 1;
    int64_t position[CNN_MAX_DIMS] = {0};
    for (int d = 0; d <= last; d++)
        if (walk->size[d] == 0) return;
    r.n = walk->size[last];
    r.out_step = walk->out_stride[last] * out_size;
    for (int k = 0; k < 3; k++) r.in_step[k] = walk->in_stride[k][last] * in_size[k];
    for (;;) {
        if (*team->stop) return;
        f(&r);
        int d = last - 1;
        for (; d >= 0; d--) {
            const int64_t steps = ++position[d] < walk->size[d] ? 1 : 1 - walk->size[d];
            r.out += steps * walk->out_stride[d] * out_size;
            for (int k = 0; k < 3; k++)
                if (r.in[k]) r.in[k] += steps * walk->in_stride[k][d] * in_size[k];
            if (steps == 1) break;
            position[d] = 0;
        }
        if (d < 0) return;
    }
}

/* Element i of operand k, and of the result. */
#define X(k)        element_load(IN(STORED, k))
#define IN(type, k) (*(const type *)(r->in[k] + i * r->in_step[k]))
#define OUT(type)   (*(type *)(r->out + i * r->out_step))
#define EACH        for (int64_t i = 0; i < r->n; i++)

/* NAME (the kernel) from NAME_row, for one or two operands. */
#define KERNEL1(NAME, out_type)                                                                                        \
    static void NAME(const cnn_team *team, const cnn_walk *walk, const void *x, void *out) {                           \
        each_row(team, walk, NAME##_row, (row){.out = out, .in = {x}}, sizeof(out_type), (int[3]){sizeof(STORED)});    \
    }
#define KERNEL2(NAME, out_type)                                                                                        \
    static void NAME(const cnn_team *team, const cnn_walk *walk, const void *a, const void *b, void *out) {            \
        const int in_size[3] = {sizeof(STORED), sizeof(STORED)};                                                       \
        each_row(team, walk, NAME##_row, (row){.out = out, .in = {a, b}}, sizeof(out_type), in_size);                  \
    }

#if ELEMENT_IS_REAL
#define M(function) C_MATH(function)
#define UNARY(name, reads, f, df)                                                                                      \
    static void unary_##name##_row(const row *r) {                                                                     \
        EACH {                                                                                                         \
            const T x = X(0);                                                                                          \
            OUT(STORED) = element_store(f);                                                                            \
        }                                                                                                              \
    }                                                                                                                  \
    KERNEL1(unary_##name, STORED)                                                                                      \
    static void unary_##name##_backward_row(const row *r) {                                                            \
        EACH {                                                                                                         \
            const T x = X(0), y = x, doutput = X(1);                                                                   \
            (void)y;                                                                                                   \
            OUT(STORED) = element_store((df)*doutput);                                                                 \
        }                                                                                                              \
    }                                                                                                                  \
    KERNEL2(unary_##name##_backward, STORED)
#include "kernels/pointwise.list"
#undef UNARY
#else
#define REAL_ARITHMETIC(name, f)
#endif

#define ARITHMETIC(name, f)                                                                                            \
    static void arithmetic_##name##_row(const row *r) {                                                                \
        EACH {                                                                                                         \
            const T a = X(0), b = X(1);                                                                                \
            OUT(STORED) = element_store((T)(f));                                                                       \
        }                                                                                                              \
    }                                                                                                                  \
    KERNEL2(arithmetic_##name, STORED)
#if !ELEMENT_IS_BOOL
#include "kernels/pointwise.list"
#endif
#undef ARITHMETIC

#define COMPARE(name, f)                                                                                               \
    static void compare_##name##_row(const row *r) {                                                                   \
        EACH {                                                                                                         \
            const T a = X(0), b = X(1);                                                                                \
            OUT(uint8_t) = f;                                                                                          \
        }                                                                                                              \
    }                                                                                                                  \
    KERNEL2(compare_##name, uint8_t)
#include "kernels/pointwise.list"
#undef COMPARE

#define CAST(target, type)                                                                                             \
    static void to_##target##_row(const row *r) {                                                                      \
        EACH OUT(type) = element_to_##target(X(0));                                                                    \
    }                                                                                                                  \
    KERNEL1(to_##target, type)
CAST(f32, float)
CAST(f64, double)
CAST(bf16, uint16_t)
CAST(i64, int64_t)
CAST(u8, uint8_t)
CAST(bool, uint8_t)

static void fill_row(const row *r) {
    EACH OUT(STORED) = *(const STORED *)r->in[0];
}

static void fill(const cnn_team *team, const cnn_walk *walk, const void *value, void *out) {
    each_row(team, walk, fill_row, (row){.out = out, .in = {value}}, sizeof(STORED), (int[3]){0});
}

static void where_row(const row *r) {
    EACH OUT(STORED) = IN(uint8_t, 0) ? IN(STORED, 1) : IN(STORED, 2);
}

static void where(const cnn_team *team, const cnn_walk *walk, const uint8_t *condition, const void *a, const void *b,
                  void *out) {
    const int in_size[3] = {1, sizeof(STORED), sizeof(STORED)};
    each_row(team, walk, where_row, (row){.out = out, .in = {(const char *)condition, a, b}}, sizeof(STORED), in_size);
}

const cnn_pointwise_kernels CNN_VARIANT(cnn_pointwise) = {
#if ELEMENT_IS_REAL
#define UNARY(name, reads, f, df)                                                                                      \
    .unary[CNN_UNARY_##name] = unary_##name, .unary_backward[CNN_UNARY_##name] = unary_##name##_backward,
#include "kernels/pointwise.list"
#undef UNARY
#else
#define REAL_ARITHMETIC(name, f)
#endif
#define ARITHMETIC(name, f) .arithmetic[CNN_ARITHMETIC_##name] = arithmetic_##name,
#if !ELEMENT_IS_BOOL
#include "kernels/pointwise.list"
#endif
#undef ARITHMETIC
#define COMPARE(name, f) .compare[CNN_COMPARE_##name] = compare_##name,
#include "kernels/pointwise.list"
#undef COMPARE
    .cast = {to_f32, to_f64, to_bf16, to_i64, to_u8, to_bool}, .fill = fill, .where = where};
