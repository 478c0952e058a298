/* SPDX-License-Identifier: MIT
 * The generator Philox 4x32-10 and what random numbers are made with, in plain C that vectorises.
 *
 * The normal numbers use log, sin and cos of their own: with additions and multiplications only, in one order, they are
 * the same bits on every level and with every C library. So no fused multiply-add may be made from these lines
 * (-ffp-contract=off). Their error is about one unit in the last place of float64.
 * Source: Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"; Box & Muller 1958. */
#ifndef CNN_KERNELS_PHILOX_H
#define CNN_KERNELS_PHILOX_H

#include <math.h>
#include <stdint.h>
#include <string.h>

/* Encrypts a counter of four words in place. */
static inline void philox_encrypt(uint32_t k0, uint32_t k1, uint32_t c[4]) {
    for (int round = 0; round < 10; round++) {
        const uint64_t p0 = (uint64_t)0xD2511F53u * c[0], p1 = (uint64_t)0xCD9E8D57u * c[2];
        c[0] = (uint32_t)(p1 >> 32) ^ c[1] ^ k0;
        c[2] = (uint32_t)(p0 >> 32) ^ c[3] ^ k1;
        c[1] = (uint32_t)p1;
        c[3] = (uint32_t)p0;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
}

/* The four words of a block: the counter {lo32, hi32, 0, 0} under the key {lo32, hi32} of the seed. */
static inline void philox(uint64_t seed, uint64_t counter, uint32_t word[4]) {
    word[0] = (uint32_t)counter, word[1] = (uint32_t)(counter >> 32), word[2] = word[3] = 0;
    philox_encrypt((uint32_t)seed, (uint32_t)(seed >> 32), word);
}

/* ln(u) for (w + 1) * 2^-32 = u in (0, 1]: u = m * 2^e with m in [0.7, 1.42), ln m = 2 atanh((m - 1) / (m + 1)). */
static inline double philox_log(uint32_t w) {
    const double u = ((double)w + 1) * 0x1p-32;
    int64_t bits;
    memcpy(&bits, &u, sizeof bits);
    const int64_t e = (bits - 0x3FE6A09E00000000) >> 52; /* the exponent, rounded up from sqrt(1/2) on */
    bits -= e * ((int64_t)1 << 52);
    double m;
    memcpy(&m, &bits, sizeof m);
    const double s = (m - 1) / (m + 1), z = s * s;
    double sum = 1.0 / 21;
    sum = sum * z + 1.0 / 19;
    sum = sum * z + 1.0 / 17;
    sum = sum * z + 1.0 / 15;
    sum = sum * z + 1.0 / 13;
    sum = sum * z + 1.0 / 11;
    sum = sum * z + 1.0 / 9;
    sum = sum * z + 1.0 / 7;
    sum = sum * z + 1.0 / 5;
    sum = sum * z + 1.0 / 3;
    return (double)(int32_t)e * 0x1.62e42fefa39efp-1 + 2 * (s + s * (z * sum));
}

/* Cosine and sine of 2 pi t for t = w * 2^-32: the angle is folded into an eighth turn around a multiple of a quarter
 * turn, exactly, and the Taylor series does the rest. */
static inline void philox_circle(uint32_t w, double *cosine, double *sine) {
    const uint32_t quarter = (w + 0x20000000u) >> 30;
    const double x = (double)(int32_t)(w - (quarter << 30)) * (0x1.921fb54442d18p+2 * 0x1p-32), z = x * x;
    double s = -1.0 / 1307674368000, c = 1.0 / 20922789888000;
    s = s * z + 1.0 / 6227020800;
    s = s * z - 1.0 / 39916800;
    s = s * z + 1.0 / 362880;
    s = s * z - 1.0 / 5040;
    s = s * z + 1.0 / 120;
    s = s * z - 1.0 / 6;
    s = x + x * (z * s);
    c = c * z - 1.0 / 87178291200;
    c = c * z + 1.0 / 479001600;
    c = c * z - 1.0 / 3628800;
    c = c * z + 1.0 / 40320;
    c = c * z - 1.0 / 720;
    c = c * z + 1.0 / 24;
    c = c * z - 1.0 / 2;
    c = 1 + z * c;
    const double a = quarter & 1 ? s : c, b = quarter & 1 ? c : s;
    *cosine = (quarter + 1) & 2 ? -a : a;
    *sine = quarter & 2 ? -b : b;
}

/* Two independent normal numbers of mean 0 and deviation 1 from two words. */
static inline void philox_normal(uint32_t w0, uint32_t w1, double *first, double *second) {
    const double radius = sqrt(-2 * philox_log(w0));
    double cosine, sine;
    philox_circle(w1, &cosine, &sine);
    *first = radius * cosine;
    *second = radius * sine;
}

#endif
