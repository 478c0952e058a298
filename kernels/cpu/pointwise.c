/* SPDX-License-Identifier: MIT
 * Every function of pointwise.list, tile by tile (tile.h), compiled once per level and element type.
 *
 * A tile's columns are a plain loop that the compiler turns into vectors; it is written out for the strides that
 * matter: all operands dense, one operand constant along the columns (broadcast), anything else. The result may lie on
 * an operand element by element, so the loops say `omp simd`: no iteration reads what another one writes. Copies of one
 * type have a path of their own for transpositions (copy.h). */
#include "kernels/pointwise.h"
#include "kernels/element.h"
#include "kernels/cpu/copy.h"
#include "kernels/cpu/math.h"
#include "kernels/cpu/tile.h"
#include <string.h>

#if defined(__GNUC__) && !defined(__clang__)
/* This pass turns `truth * x` into a branch between 1 * x and 0 * x, and a loop with branches does not become vectors.
 */
#pragma GCC optimize("no-tree-pre")
#endif

#if defined(ELEMENT_f32) || defined(ELEMENT_bf16)
#define M(function) math_##function
#elif ELEMENT_IS_REAL
#define M(function) C_MATH(function)
#endif

/* ---- one function of one or two operands over a tile ---- */

#define ROWS(t)    for (int64_t row = 0; row < (t)->rows; row++)
#define COLUMNS(t) _Pragma("omp simd") for (int64_t i = 0; i < (t)->columns; i++)
/* operand k or the result at the row's beginning */
#define IN(type, t, k) ((const type *)(t)->in[k] + row * (t)->in_stride[k][0])
#define OUT(type, t)   ((type *)(t)->out + row * (t)->out_stride[0])

/* out = STORE(NAME_of(x)) for NAME_of(T); the result lies in memory as OUT_TYPE */
#define KERNEL1(NAME, OUT_TYPE, STORE)                                                                                 \
    static void NAME##_tile(const tile *t) {                                                                           \
        const int64_t os = t->out_stride[1], xs = t->in_stride[0][1];                                                  \
        ROWS(t) {                                                                                                      \
            const STORED *x = IN(STORED, t, 0);                                                                        \
            OUT_TYPE *out = OUT(OUT_TYPE, t);                                                                          \
            if (os == 1 && xs == 1)                                                                                    \
                COLUMNS(t) out[i] = STORE(NAME##_of(element_load(x[i])));                                              \
            else                                                                                                       \
                COLUMNS(t) out[i * os] = STORE(NAME##_of(element_load(x[i * xs])));                                    \
        }                                                                                                              \
    }                                                                                                                  \
    static void NAME(const cnn_team *team, const cnn_walk *walk, const void *x, void *out) {                           \
        const tile whole = {.out = out, .in = {x}};                                                                    \
        const tiling g = tiling_make(walk, 1, whole, sizeof(OUT_TYPE), (int[3]){sizeof(STORED)});                      \
        tiling_run(team, &g, NAME##_tile);                                                                             \
    }

/* The same for NAME_of(T, T) */
#define KERNEL2(NAME, OUT_TYPE, STORE)                                                                                 \
    static void NAME##_tile(const tile *t) {                                                                           \
        const int64_t os = t->out_stride[1], as = t->in_stride[0][1], bs = t->in_stride[1][1];                         \
        ROWS(t) {                                                                                                      \
            const STORED *a = IN(STORED, t, 0), *b = IN(STORED, t, 1);                                                 \
            const T a0 = element_load(*a), b0 = element_load(*b);                                                      \
            OUT_TYPE *out = OUT(OUT_TYPE, t);                                                                          \
            if (os == 1 && as == 1 && bs == 1)                                                                         \
                COLUMNS(t) out[i] = STORE(NAME##_of(element_load(a[i]), element_load(b[i])));                          \
            else if (os == 1 && as == 1 && bs == 0)                                                                    \
                COLUMNS(t) out[i] = STORE(NAME##_of(element_load(a[i]), b0));                                          \
            else if (os == 1 && as == 0 && bs == 1)                                                                    \
                COLUMNS(t) out[i] = STORE(NAME##_of(a0, element_load(b[i])));                                          \
            else                                                                                                       \
                COLUMNS(t) out[i * os] = STORE(NAME##_of(element_load(a[i * as]), element_load(b[i * bs])));           \
        }                                                                                                              \
    }                                                                                                                  \
    static void NAME(const cnn_team *team, const cnn_walk *walk, const void *a, const void *b, void *out) {            \
        const tile whole = {.out = out, .in = {a, b}};                                                                 \
        const tiling g = tiling_make(walk, 2, whole, sizeof(OUT_TYPE), (int[3]){sizeof(STORED), sizeof(STORED)});      \
        tiling_run(team, &g, NAME##_tile);                                                                             \
    }

#if ELEMENT_IS_REAL
#define UNARY(name, reads, f, df)                                                                                      \
    static inline T unary_##name##_of(T x) {                                                                           \
        return f;                                                                                                      \
    }                                                                                                                  \
    KERNEL1(unary_##name, STORED, element_store)                                                                       \
    static inline T unary_##name##_backward_of(T x, T doutput) {                                                       \
        const T y = x;                                                                                                 \
        (void)y;                                                                                                       \
        return (df)*doutput;                                                                                           \
    }                                                                                                                  \
    KERNEL2(unary_##name##_backward, STORED, element_store)
#include "kernels/pointwise.list"
#undef UNARY
#else
#define REAL_ARITHMETIC(name, f)
#endif

#define ARITHMETIC(name, f)                                                                                            \
    static inline T arithmetic_##name##_of(T a, T b) {                                                                 \
        return (T)(f);                                                                                                 \
    }                                                                                                                  \
    KERNEL2(arithmetic_##name, STORED, element_store)
#if !ELEMENT_IS_BOOL
#include "kernels/pointwise.list"
#endif
#undef ARITHMETIC

#define COMPARE(name, f)                                                                                               \
    static inline uint8_t compare_##name##_of(T a, T b) {                                                              \
        return f;                                                                                                      \
    }                                                                                                                  \
    KERNEL2(compare_##name, uint8_t, )
#include "kernels/pointwise.list"
#undef COMPARE

/* ---- conversions and copies ---- */

#define CAST(target, type)                                                                                             \
    static inline type cast_##target##_of(T x) {                                                                       \
        return element_to_##target(x);                                                                                 \
    }                                                                                                                  \
    KERNEL1(cast_##target, type, )
CAST(f32, float)
CAST(f64, double)
CAST(bf16, uint16_t)
CAST(i64, int64_t)
CAST(u8, uint8_t)
CAST(bool, uint8_t)

/* A block of at most COPY_BLOCK x COPY_BLOCK of a tile whose input is dense along the rows. */
static void copy_block(const tile *t, int64_t row, int64_t rows, int64_t column, int64_t columns) {
    const int64_t os = t->out_stride[0], is = t->in_stride[0][1];
    const STORED *in = (const STORED *)t->in[0] + row + column * is;
    STORED *out = (STORED *)t->out + row * os + column;
    if (sizeof(STORED) == 4 && rows == COPY_BLOCK && columns == COPY_BLOCK) {
        copy_transpose_block((const char *)in, is, (char *)out, os, t->large);
        return;
    }
    for (int64_t i = 0; i < rows; i++)
        for (int64_t j = 0; j < columns; j++) out[i * os + j] = in[i + j * is];
}

static void copy_transposed_tile(const tile *t) {
    for (int64_t column = 0; column < t->columns; column += COPY_BLOCK)
        for (int64_t row = 0; row < t->rows; row += COPY_BLOCK)
            copy_block(t, row, tile_min(COPY_BLOCK, t->rows - row), column, tile_min(COPY_BLOCK, t->columns - column));
    if (t->large) vf_stream_end();
}

#if defined(ELEMENT_f32)
/* May the tile's rows be written past the caches, in whole vectors? */
static bool may_stream(const tile *t) {
    const uintptr_t places = (uintptr_t)t->out | (uintptr_t)(t->out_stride[0] * (int64_t)sizeof(T));
    return t->large && places % VF_BYTES == 0 && t->columns % VF_WIDTH == 0;
}

/* Rows of whole vectors, as the channels of a pixel are: too short for memcpy to be worth its call. */
static bool copy_short_rows(const tile *t) {
    const bool stream = may_stream(t);
    if (t->columns % VF_WIDTH != 0 || t->columns > 8 * VF_WIDTH) return false;
    ROWS(t) {
        const T *in = IN(T, t, 0);
        T *out = OUT(T, t);
        for (int64_t i = 0; i < t->columns; i += VF_WIDTH) {
            if (stream)
                vf_stream(out + i, vf_load(in + i));
            else
                vf_store(out + i, vf_load(in + i));
        }
    }
    if (stream) vf_stream_end();
    return true;
}

static bool fill_stream(const tile *t, T value) {
    const VF v = vf_set(value);
    if (!may_stream(t)) return false;
    ROWS(t) {
        T *out = OUT(T, t);
        for (int64_t i = 0; i < t->columns; i += VF_WIDTH) vf_stream(out + i, v);
    }
    vf_stream_end();
    return true;
}
#endif

static void copy_tile(const tile *t) {
    const int64_t os = t->out_stride[1], is = t->in_stride[0][1];
#if defined(ELEMENT_f32)
    if (os == 1 && is == 1 && t->rows > 1 && copy_short_rows(t)) return;
#endif
    ROWS(t) {
        const STORED *in = IN(STORED, t, 0);
        STORED *out = OUT(STORED, t);
        if (os == 1 && is == 1)
            memcpy(out, in, (size_t)t->columns * sizeof(STORED));
        else
            for (int64_t i = 0; i < t->columns; i++) out[i * os] = in[i * is];
    }
}

/* The dimension along which the input is dense, if the output is dense along another, the last one; else -1. */
static int transposed_dim(const cnn_walk *walk) {
    const int last = walk->ndim - 1;
    if (walk->out_stride[last] != 1 || walk->in_stride[0][last] == 1) return -1;
    for (int d = last - 1; d >= 0; d--)
        if (walk->in_stride[0][d] == 1 && walk->size[d] > 1) return d;
    return -1;
}

/* The walk with dimension d moved next to the last: the rows of its tiles. */
static cnn_walk walk_with_rows(const cnn_walk *walk, int d) {
    cnn_walk moved = *walk;
    const int rows = walk->ndim - 2;
    moved.size[d] = walk->size[rows], moved.size[rows] = walk->size[d];
    moved.out_stride[d] = walk->out_stride[rows], moved.out_stride[rows] = walk->out_stride[d];
    moved.in_stride[0][d] = walk->in_stride[0][rows], moved.in_stride[0][rows] = walk->in_stride[0][d];
    return moved;
}

static void copy(const cnn_team *team, const cnn_walk *walk, const void *x, void *out) {
    const int d = transposed_dim(walk);
    const cnn_walk moved = d >= 0 ? walk_with_rows(walk, d) : *walk;
    const tiling g = tiling_make(&moved, 1, (tile){.out = out, .in = {x}}, sizeof(STORED), (int[3]){sizeof(STORED)});
    tiling_run(team, &g, d >= 0 ? copy_transposed_tile : copy_tile);
}

static void fill_tile(const tile *t) {
    const STORED value = *(const STORED *)t->in[0];
    const int64_t os = t->out_stride[1];
#if defined(ELEMENT_f32)
    if (os == 1 && fill_stream(t, value)) return;
#endif
    ROWS(t) {
        STORED *out = OUT(STORED, t);
        if (os == 1)
            COLUMNS(t) out[i] = value;
        else
            COLUMNS(t) out[i * os] = value;
    }
}

static void fill(const cnn_team *team, const cnn_walk *walk, const void *value, void *out) {
    const tiling g = tiling_make(walk, 0, (tile){.out = out, .in = {value}}, sizeof(STORED), NULL);
    tiling_run(team, &g, fill_tile);
}

static void where_tile(const tile *t) {
    const int64_t os = t->out_stride[1], cs = t->in_stride[0][1], as = t->in_stride[1][1], bs = t->in_stride[2][1];
    ROWS(t) {
        const uint8_t *condition = IN(uint8_t, t, 0);
        const STORED *a = IN(STORED, t, 1), *b = IN(STORED, t, 2);
        STORED *out = OUT(STORED, t);
        if (os == 1 && cs == 1 && as == 1 && bs == 1)
            COLUMNS(t) out[i] = condition[i] ? a[i] : b[i];
        else
            COLUMNS(t) out[i * os] = condition[i * cs] ? a[i * as] : b[i * bs];
    }
}

static void where(const cnn_team *team, const cnn_walk *walk, const uint8_t *condition, const void *a, const void *b,
                  void *out) {
    const tile whole = {.out = out, .in = {(const char *)condition, a, b}};
    const tiling g = tiling_make(walk, 3, whole, sizeof(STORED), (int[3]){1, sizeof(STORED), sizeof(STORED)});
    tiling_run(team, &g, where_tile);
}

/* Copying is casting to the own type. */
#define CAST_OR_COPY(target, TARGET) (ELEMENT == TARGET ? copy : cast_##target)

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
    .cast = {CAST_OR_COPY(f32, CNN_F32), CAST_OR_COPY(f64, CNN_F64), CAST_OR_COPY(bf16, CNN_BF16),
             CAST_OR_COPY(i64, CNN_I64), CAST_OR_COPY(u8, CNN_U8), CAST_OR_COPY(bool, CNN_BOOL)},
    .fill = fill,
    .where = where};
