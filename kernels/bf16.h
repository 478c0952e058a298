/* SPDX-License-Identifier: MIT
 * bfloat16: the upper half of a float32, as memory holds it. Numbers are computed in float32 and rounded when they are
 * stored: to the nearest, halves to even, too large ones to infinity; a NaN stays one. */
#ifndef CNN_KERNELS_BF16_H
#define CNN_KERNELS_BF16_H

#include <stdint.h>
#include <string.h>

static inline float cnn_bf16_widen(uint16_t x) {
    const uint32_t bits = (uint32_t)x << 16;
    float wide;
    memcpy(&wide, &bits, sizeof wide);
    return wide;
}

static inline uint16_t cnn_bf16_round(float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    const uint32_t rounded = (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
    /* rounding could carry a NaN over into the sign: it is cut off instead, and made quiet */
    return (uint16_t)(x != x ? bits >> 16 | 0x40 : rounded);
}

#endif
