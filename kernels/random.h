/* SPDX-License-Identifier: MIT
 * CONTRACT random: numbers from the counter-based generator Philox 4x32-10.
 *
 * Block i of a call encrypts the counter (offset + i) as 128 bits (low word first: {lo32, hi32, 0, 0}) under the key
 * `seed` ({lo32, hi32}) and yields four 32-bit words for elements 4*i … 4*i+3. So the numbers depend on seed and
 * offset alone: not on the device, the level or the number of threads. A call for n elements uses ceil(n/4) counters.
 *
 *   uniform  [0, 1): word >> 8 times 2^-24 (float32 and float64 give the same values)
 *   normal   Box-Muller on the pairs (w0, w1), (w2, w3): u1 = (w0 + 1) * 2^-32 in (0, 1], u2 = w1 * 2^-32;
 *            sqrt(-2 ln u1) * cos(2 pi u2), then the same with sin; computed in float64, then rounded
 * Source: Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3". */
#ifndef CNN_KERNELS_RANDOM_H
#define CNN_KERNELS_RANDOM_H

#include "base.h"

typedef struct cnn_random_kernels {
    /* out[i] = low + (high - low) * u, computed in the element type and kept below high */
    void (*uniform)(const cnn_team *team, uint64_t seed, uint64_t offset, int64_t n, double low, double high,
                    void *out);
    void (*normal)(const cnn_team *team, uint64_t seed, uint64_t offset, int64_t n, double mean, double std, void *out);
    /* out[i] = (u < p) ? value : 0 */
    void (*bernoulli)(const cnn_team *team, uint64_t seed, uint64_t offset, int64_t n, double p, double value,
                      void *out);
} cnn_random_kernels;

#endif
