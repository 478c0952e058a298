/* SPDX-License-Identifier: MIT
 * Vectors of float and double in the width of the level that a kernel file is compiled for.
 *
 * VF holds VF_WIDTH floats, VD holds VD_WIDTH doubles: 16 bytes at baseline (any x86-64, any arm64), 32 at avx2, 64 at
 * avx512. They are GCC vector types, so + - * / and comparisons work on them as on numbers. Loads and stores need no
 * alignment. Everything is `static inline`: an external inline function compiled with AVX-512 could be linked into the
 * baseline. fma is one rounding at avx2 and avx512, two at baseline; no kernel may depend on which. */
#ifndef CNN_KERNELS_CPU_VECTOR_H
#define CNN_KERNELS_CPU_VECTOR_H

#include <stdint.h>
#include <string.h>
#if defined(__SSE2__)
#include <immintrin.h> /* streaming stores; masked loads and fma where the level has them */
#endif

/* For kernels that are written once and compiled with several constants: a constant argument stays one inside. */
#define ALWAYS_INLINE inline __attribute__((always_inline))

#if defined(__AVX512F__)
#define VF_BYTES 64
#elif defined(__AVX2__)
#define VF_BYTES 32
#else
#define VF_BYTES 16
#endif
#define VF_WIDTH (VF_BYTES / 4)
#define VD_WIDTH (VF_BYTES / 8)

typedef float VF __attribute__((vector_size(VF_BYTES)));
typedef int32_t VI __attribute__((vector_size(VF_BYTES))); /* what comparing two VF gives: 0 or -1 per lane */
typedef double VD __attribute__((vector_size(VF_BYTES)));
typedef int64_t VL __attribute__((vector_size(VF_BYTES))); /* what comparing two VD gives */

static inline VF vf_load(const float *p) {
    VF v;
    memcpy(&v, p, sizeof v);
    return v;
}

static inline void vf_store(float *p, VF v) {
    memcpy(p, &v, sizeof v);
}

/* x in every lane; x - 0 is x, also for -0, so compilers see a plain broadcast (0 + x would cost an addition). */
static inline VF vf_set(float x) {
    return x - (VF){0};
}

/* Past the caches, for results too large to be read again soon; p is aligned to VF_BYTES. */
static inline void vf_stream(float *p, VF v) {
#if defined(__AVX512F__)
    _mm512_stream_ps(p, (__m512)v);
#elif defined(__AVX2__)
    _mm256_stream_ps(p, (__m256)v);
#elif defined(__SSE2__)
    _mm_stream_ps(p, (__m128)v);
#else
    memcpy(p, &v, sizeof v);
#endif
}

/* After the last vf_stream of a thread, before others may read. */
static inline void vf_stream_end(void) {
#if defined(__SSE2__)
    _mm_sfence();
#endif
}

/* The first n lanes (0 … VF_WIDTH) from memory, 0 in the others; memory beyond them is not touched. */
static inline VF vf_load_tail(const float *p, int64_t n) {
#if defined(__AVX512F__)
    return (VF)_mm512_maskz_loadu_ps((__mmask16)((1u << n) - 1), p);
#elif defined(__AVX2__)
    const VI lane = {0, 1, 2, 3, 4, 5, 6, 7};
    return (VF)_mm256_maskload_ps(p, (__m256i)(lane < (int32_t)n));
#else
    VF v = {0};
    for (int64_t i = 0; i < n; i++) v[i] = p[i];
    return v;
#endif
}

/* The first n lanes (0 … VF_WIDTH) to memory, nothing else. */
static inline void vf_store_tail(float *p, VF v, int64_t n) {
#if defined(__AVX512F__)
    _mm512_mask_storeu_ps(p, (__mmask16)((1u << n) - 1), (__m512)v);
#elif defined(__AVX2__)
    const VI lane = {0, 1, 2, 3, 4, 5, 6, 7};
    _mm256_maskstore_ps(p, (__m256i)(lane < (int32_t)n), (__m256)v);
#else
    for (int64_t i = 0; i < n; i++) p[i] = v[i];
#endif
}

/* a * b + c */
static inline VF vf_fma(VF a, VF b, VF c) {
#if defined(__AVX512F__)
    return (VF)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c);
#elif defined(__FMA__)
    return (VF)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c);
#else
    return a * b + c;
#endif
}

static inline VD vd_fma(VD a, VD b, VD c) {
#if defined(__AVX512F__)
    return (VD)_mm512_fmadd_pd((__m512d)a, (__m512d)b, (__m512d)c);
#elif defined(__FMA__)
    return (VD)_mm256_fmadd_pd((__m256d)a, (__m256d)b, (__m256d)c);
#else
    return a * b + c;
#endif
}

/* Per lane: mask ? a : b */
static inline VF vf_select(VI mask, VF a, VF b) {
    return (VF)((mask & (VI)a) | (~mask & (VI)b));
}

/* Per lane the larger number; b where either is NaN. */
static inline VF vf_max(VF a, VF b) {
#if defined(__AVX512F__)
    return (VF)_mm512_max_ps((__m512)a, (__m512)b);
#elif defined(__AVX2__)
    return (VF)_mm256_max_ps((__m256)a, (__m256)b);
#else
    return vf_select(a > b, a, b);
#endif
}

static inline VF vf_min(VF a, VF b) {
    return vf_select(a < b, a, b);
}

/* Sum of the lanes, in halves: the same order always. */
static inline float vf_sum(VF v) {
    float lane[VF_WIDTH];
    memcpy(lane, &v, sizeof v);
    for (int half = VF_WIDTH / 2; half >= 1; half /= 2)
        for (int i = 0; i < half; i++) lane[i] += lane[i + half];
    return lane[0];
}

static inline double vd_sum(VD v) {
    double lane[VD_WIDTH];
    memcpy(lane, &v, sizeof v);
    for (int half = VD_WIDTH / 2; half >= 1; half /= 2)
        for (int i = 0; i < half; i++) lane[i] += lane[i + half];
    return lane[0];
}

/* The lower and the upper half of the lanes as doubles. */
static inline VD vf_low(VF v) {
#if defined(__AVX512F__)
    return (VD)_mm512_cvtps_pd(_mm512_castps512_ps256((__m512)v));
#elif defined(__AVX2__)
    return (VD)_mm256_cvtps_pd(_mm256_castps256_ps128((__m256)v));
#else
    return (VD){v[0], v[1]};
#endif
}

static inline VD vf_high(VF v) {
#if defined(__AVX512F__)
    return (VD)_mm512_cvtps_pd(_mm512_extractf32x8_ps((__m512)v, 1));
#elif defined(__AVX2__)
    return (VD)_mm256_cvtps_pd(_mm256_extractf128_ps((__m256)v, 1));
#else
    return (VD){v[2], v[3]};
#endif
}

static inline VD vd_load(const double *p) {
    VD v;
    memcpy(&v, p, sizeof v);
    return v;
}

static inline void vd_store(double *p, VD v) {
    memcpy(p, &v, sizeof v);
}

#endif
