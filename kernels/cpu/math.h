/* SPDX-License-Identifier: MIT
 * exp and tanh of float32 in straight lines that the compiler turns into vectors; errors below 2 units in the last
 * place (the tests measure them). Whatever is not here goes to the C library, element by element.
 *
 *   exp   x = n ln 2 + r with |r| <= ln 2 / 2; a polynomial in r; times 2^n in two steps, so that results below the
 *         normal range are rounded once and those above become inf
 *   tanh  near 0 an odd polynomial, else 1 - 2 / (exp(2 |x|) + 1) with the sign of x */
#ifndef CNN_KERNELS_CPU_MATH_H
#define CNN_KERNELS_CPU_MATH_H

#include <math.h>
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

static inline float math_exp(float x) {
    const float round = 0x1.8p23f; /* adding it leaves the nearest whole number in the low bits */
    const float low = x < -104 ? -104 : x, clamped = low > 89 ? 89 : low;
    const float shifted = MATH_FMA(clamped, 0x1.715476p0f, round), whole = shifted - round;
    uint32_t bits;
    memcpy(&bits, &shifted, sizeof bits);
    const int32_t n = (int32_t)(bits - 0x4B400000u); /* the bits of `round` */
    /* ln 2 in two parts; whole * the first is exact */
    const float r = MATH_FMA(whole, 0x1.bd0106p-13f, MATH_FMA(whole, -0x1.63p-1f, clamped));
    float sum = 1.394208315e-03f;
    sum = MATH_FMA(sum, r, 8.363776178e-03f);
    sum = MATH_FMA(sum, r, 4.166636441e-02f);
    sum = MATH_FMA(sum, r, 1.666657336e-01f);
    sum = MATH_FMA(sum, r, 5.000000028e-01f);
    const float power = MATH_FMA(sum * r, r, r) + 1;
    const int32_t half = n >> 1;
    return power * math_power_of_2(half) * math_power_of_2(n - half);
}

static inline float math_tanh(float x) {
    const float size = __builtin_fabsf(x), z = x * x;
    float sum = -6.113104052e-03f;
    sum = MATH_FMA(sum, z, 2.101001345e-02f);
    sum = MATH_FMA(sum, z, -5.385405330e-02f);
    sum = MATH_FMA(sum, z, 1.333279442e-01f);
    sum = MATH_FMA(sum, z, -3.333332925e-01f);
    const float near = MATH_FMA(sum * z, x, x);
    const float far = __builtin_copysignf(1 - 2 / (math_exp(2 * size) + 1), x);
    return size < 0.625f ? near : far;
}

static inline float math_log(float x) {
    return logf(x);
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

#endif
