/* SPDX-License-Identifier: MIT
 * exp, expm1, log, log1p and tanh of float32 in straight lines that the compiler turns into vectors; errors below 2
 * units in the last place (the tests measure them). Whatever is not here goes to the C library, element by element.
 *
 *   exp   x = n ln 2 + r with |r| <= ln 2 / 2; a polynomial in r; times 2^n in two steps, so that results below the
 *         normal range are rounded once and those above become inf
 *   log   x = m 2^n with m between sqrt(1/2) and sqrt(2); f = m - 1, s = f / (2 + f), ln m = 2 atanh(s) written as
 *         f - (f^2/2 - s (f^2/2 + …)), which keeps the digits of a small f
 *   expm1 as exp, with 1 - 2^-n added to the polynomial instead of 1: nothing is taken away from a small result
 *   log1p ln u for the rounded u = 1 + x, and what the rounding lost divided by u
 *   tanh  near 0 an odd polynomial, else 1 - 2 / (exp(2 |x|) + 1); both of |x|, with the sign of x put back, also on 0
 *   erfc  near 0 it is 1 minus an odd polynomial; from there on exp(-x^2) R(x), where (1 + 2 x) R(x) is a polynomial in
 *         (x - 2) / (x + 2) and what x^2 loses when it is rounded is made up for; 2 - erfc(-x) below 0. Both
 * polynomials were fitted for this file. Errors below 4 units */
#ifndef CNN_KERNELS_CPU_MATH_H
#define CNN_KERNELS_CPU_MATH_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#if defined(__FMA__)
#define MATH_FMA(a, b, c) __builtin_fmaf(a, b, c)
#else
#define MATH_FMA(a, b, c) ((a) * (b) + (c))
#endif

/* 2^n for -126 <= n <= 127 */
static inline float math_power_of_2(int32_t n) {
    const uint32_t bits = ((uint32_t)n + 127) << 23;
    float power;
    memcpy(&power, &bits, sizeof power);
    return power;
}

/* x = n ln 2 + r, for x between low and 89 (others count as the nearer end): *n, and exp(r) - 1 */
static inline float math_exp_reduced(float x, float low, int32_t *n) {
    const float round = 0x1.8p23f; /* adding it leaves the nearest whole number in the low bits */
    const float raised = x < low ? low : x, clamped = raised > 89 ? 89 : raised;
    const float shifted = MATH_FMA(clamped, 0x1.715476p0f, round), whole = shifted - round;
    uint32_t bits;
    memcpy(&bits, &shifted, sizeof bits);
    *n = (int32_t)(bits - 0x4B400000u); /* the bits of `round` */
    /* ln 2 in two parts; whole * the first is exact */
    const float r = MATH_FMA(whole, 0x1.bd0106p-13f, MATH_FMA(whole, -0x1.63p-1f, clamped));
    float sum = 1.394208315e-03f;
    sum = MATH_FMA(sum, r, 8.363776178e-03f);
    sum = MATH_FMA(sum, r, 4.166636441e-02f);
    sum = MATH_FMA(sum, r, 1.666657336e-01f);
    sum = MATH_FMA(sum, r, 5.000000028e-01f);
    return MATH_FMA(sum * r, r, r);
}

static inline float math_exp(float x) {
    int32_t n;
    const float power = math_exp_reduced(x, -104, &n) + 1;
    const int32_t half = n >> 1;
    return power * math_power_of_2(half) * math_power_of_2(n - half);
}

static inline float math_expm1(float x) {
    int32_t n;
    const float power = math_exp_reduced(x, -30, &n);
    const int32_t half = n >> 1;
    const float rest = 1 - math_power_of_2(-half) * math_power_of_2(half - n);
    return (power + rest) * math_power_of_2(half) * math_power_of_2(n - half);
}

static inline float math_tanh(float x) {
    const float size = __builtin_fabsf(x), z = x * x;
    float sum = -6.113104052e-03f;
    sum = MATH_FMA(sum, z, 2.101001345e-02f);
    sum = MATH_FMA(sum, z, -5.385405330e-02f);
    sum = MATH_FMA(sum, z, 1.333279442e-01f);
    sum = MATH_FMA(sum, z, -3.333332925e-01f);
    const float near = MATH_FMA(sum * z, size, size);
    const float far = 1 - 2 / (math_exp(2 * size) + 1);
    return __builtin_copysignf(size < 0.625f ? near : far, x);
}

static inline float math_log(float x) {
    const bool small = x < 0x1p-126f;
    const float scaled = small ? x * 0x1p25f : x;
    uint32_t bits;
    memcpy(&bits, &scaled, sizeof bits);
    const int32_t e = (int32_t)(bits - 0x3F3504F3u) >> 23; /* the exponent, rounded up from sqrt(1/2) on */
    bits -= (uint32_t)e << 23;
    float m;
    memcpy(&m, &bits, sizeof m);
    const float f = m - 1, s = f / (2 + f), z = s * s, half = 0.5f * f * f;
    float sum = 2.0f / 11;
    sum = MATH_FMA(sum, z, 2.0f / 9);
    sum = MATH_FMA(sum, z, 2.0f / 7);
    sum = MATH_FMA(sum, z, 2.0f / 5);
    sum = MATH_FMA(sum, z, 2.0f / 3);
    const float n = (float)(small ? e - 25 : e);
    /* ln 2 in two parts, the small terms first */
    const float tail = half - MATH_FMA(s, MATH_FMA(sum, z, half), n * -0x1.bd0106p-13f);
    const float finite = MATH_FMA(n, 0x1.63p-1f, f - tail);
    const float special = x == 0 ? -INFINITY : x > 0 ? x : NAN; /* 0, inf; below 0 and NaN */
    return x > 0 && x < INFINITY ? finite : special;
}

static inline float math_log1p(float x) {
    const float u = 1 + x, lost = x - (u - 1), value = math_log(u);
    return u > 0 && u < INFINITY ? value + lost / u : value;
}

static inline float math_sqrt(float x) {
    return __builtin_sqrtf(x);
}
static inline float math_fabs(float x) {
    return __builtin_fabsf(x);
}
static inline float math_pow(float x, float y) {
    return powf(x, y);
}

/* x * x - square, where square is x * x rounded */
static inline float math_square_error(float x, float square) {
#if defined(__FMA__)
    return __builtin_fmaf(x, x, -square);
#else
    return (float)((double)x * x - square);
#endif
}

static inline float math_erfc(float x) {
    const float size = __builtin_fabsf(x), t = size > 11 ? 11 : size; /* from 10.06 on it is 0 */
    const float q = (t - 2) / (t + 2), square = t * t;
    float sum = -4.23322493e-04f;
    sum = MATH_FMA(sum, q, -1.26237720e-03f);
    sum = MATH_FMA(sum, q, 1.32829174e-03f);
    sum = MATH_FMA(sum, q, 8.66313716e-03f);
    sum = MATH_FMA(sum, q, -8.06145042e-03f);
    sum = MATH_FMA(sum, q, -5.42140764e-02f);
    sum = MATH_FMA(sum, q, 1.64055060e-01f);
    sum = MATH_FMA(sum, q, -1.66030427e-01f);
    sum = MATH_FMA(sum, q, -9.27639562e-02f);
    sum = MATH_FMA(sum, q, 1.27697838e+00f);
    const float scale = math_exp(-square), exact = MATH_FMA(-math_square_error(t, square), scale, scale);
    const float right = exact * (sum / MATH_FMA(2, t, 1)), far = x < 0 ? 2 - right : right;
    float small = 4.662264264e-03f;
    small = MATH_FMA(small, square, -2.673135149e-02f);
    small = MATH_FMA(small, square, 1.128245589e-01f);
    small = MATH_FMA(small, square, -3.761259235e-01f);
    small = MATH_FMA(small, square, 1.128379164e+00f);
    return size < 0.525f ? 1 - x * small : far;
}
static inline float math_sin(float x) {
    return sinf(x);
}
static inline float math_cos(float x) {
    return cosf(x);
}
static inline float math_floor(float x) {
    return __builtin_floorf(x);
}
static inline float math_ceil(float x) {
    return __builtin_ceilf(x);
}
static inline float math_trunc(float x) {
    return __builtin_truncf(x);
}
static inline float math_rint(float x) {
    return __builtin_rintf(x);
}

#endif
