/* SPDX-License-Identifier: MIT
 * How a kernel file that computes in float32 vectors keeps its arrays in memory: as float, or, when it is compiled with
 * -DELEMENT_bf16, as bfloat16 (kernels/bf16.h), half as wide.
 *
 *   STORED         an element in memory
 *   load_stored    VF_WIDTH of them, or the first `lanes`, as float; beyond these memory is not touched
 *   store_stored   the same way back: rounded to the nearest, halves to even
 *   rounded        a vector as it would come back from memory: what ends a step whose result is not written
 *   store_rounded  the same way back for what `rounded` has given: nothing is left to round
 *   stored_scalar  one number, for memory
 *   ABOVE_0        rounded(v) > 0 exactly where v > ABOVE_0
 *
 * Shifts and additions of integers do it at every level; what has an instruction for it gives the same bits. */
#ifndef CNN_KERNELS_CPU_STORED_H
#define CNN_KERNELS_CPU_STORED_H

#include "kernels/bf16.h"
#include "kernels/cpu/vector.h"

static ALWAYS_INLINE VF load_lanes(const float *p, int64_t lanes) {
    return lanes == VF_WIDTH ? vf_load(p) : vf_load_tail(p, lanes);
}

static ALWAYS_INLINE void store_lanes(float *p, VF v, int64_t lanes) {
    if (lanes == VF_WIDTH)
        vf_store(p, v);
    else
        vf_store_tail(p, v, lanes);
}

#if defined(ELEMENT_bf16)
typedef uint16_t STORED;
typedef uint16_t VH __attribute__((vector_size(VF_BYTES / 2)));
typedef uint32_t VU __attribute__((vector_size(VF_BYTES)));

#define ABOVE_0 0x1p-134f /* half of the smallest number, which is rounded to 0 */

static ALWAYS_INLINE VH half_load(const STORED *p, int64_t lanes) {
    VH h = {0};
#if defined(__AVX512BW__) && defined(__AVX512VL__)
    if (lanes < VF_WIDTH) return (VH)_mm256_maskz_loadu_epi16((__mmask16)((1u << lanes) - 1), p);
#endif
    memcpy(&h, p, (size_t)lanes * sizeof *p);
    return h;
}

static ALWAYS_INLINE void half_store(STORED *p, VH h, int64_t lanes) {
#if defined(__AVX512BW__) && defined(__AVX512VL__)
    if (lanes < VF_WIDTH) {
        _mm256_mask_storeu_epi16(p, (__mmask16)((1u << lanes) - 1), (__m256i)h);
        return;
    }
#endif
    memcpy(p, &h, (size_t)lanes * sizeof *p);
}

static ALWAYS_INLINE VF load_stored(const STORED *p, int64_t lanes) {
    return (VF)(__builtin_convertvector(half_load(p, lanes), VU) << 16);
}

/* Rounded, in the upper halves; what is in the lower ones is of no account. */
static ALWAYS_INLINE VU round_upper(VF v) {
    const VU bits = (VU)v, nan = (VU)(v != v);
    return (~nan & (bits + 0x7fff + (bits >> 16 & 1))) | (nan & (bits | 0x400000));
}

static ALWAYS_INLINE VF rounded(VF v) {
    return (VF)(round_upper(v) & 0xffff0000);
}

static ALWAYS_INLINE void store_stored(STORED *p, VF v, int64_t lanes) {
    half_store(p, __builtin_convertvector(round_upper(v) >> 16, VH), lanes);
}

static ALWAYS_INLINE void store_rounded(STORED *p, VF v, int64_t lanes) {
    half_store(p, __builtin_convertvector((VU)v >> 16, VH), lanes);
}

static inline STORED stored_scalar(float x) {
    return cnn_bf16_round(x);
}

static inline float scalar_stored(STORED x) {
    return cnn_bf16_widen(x);
}
#else
typedef float STORED;

#define ABOVE_0 0.0f

static ALWAYS_INLINE VF load_stored(const STORED *p, int64_t lanes) {
    return load_lanes(p, lanes);
}

static ALWAYS_INLINE void store_stored(STORED *p, VF v, int64_t lanes) {
    store_lanes(p, v, lanes);
}

static ALWAYS_INLINE void store_rounded(STORED *p, VF v, int64_t lanes) {
    store_lanes(p, v, lanes);
}

static ALWAYS_INLINE VF rounded(VF v) {
    return v;
}

static inline STORED stored_scalar(float x) {
    return x;
}

static inline float scalar_stored(STORED x) {
    return x;
}
#endif

#endif
