/* SPDX-License-Identifier: MIT
 * Random numbers, one counter at a time: element i takes word i % 4 of the block of counter offset + i / 4. */
#include "kernels/random.h"
#include "kernels/philox.h"

/* The word >> 8 of element i, a whole number below 2^24. */
static uint32_t random_bits(uint64_t seed, uint64_t offset, int64_t i) {
    uint32_t word[4];
    philox(seed, offset + (uint64_t)i / 4, word);
    return word[i % 4] >> 8;
}

/* The largest element below high: what low + (high - low) * u is clipped to when it rounds up to high. */
static REAL below(double low, REAL high) {
    return CNN_REAL_IS_FLOAT ? (REAL)nextafterf((float)high, (float)low) : (REAL)nextafter((double)high, low);
}

static void uniform(const cnn_team *team, uint64_t seed, uint64_t offset, int64_t n, double low, double high,
                    void *out) {
    const REAL from = (REAL)low, width = (REAL)high - from, last = below(low, (REAL)high);
    for (int64_t i = 0; i < n; i++) {
        if (i % 65536 == 0 && *team->stop) return;
        const REAL value = from + width * ((REAL)random_bits(seed, offset, i) * (REAL)0x1p-24);
        ((REAL *)out)[i] = value > last ? last : value;
    }
}

static void normal(const cnn_team *team, uint64_t seed, uint64_t offset, int64_t n, double mean, double std,
                   void *out) {
    for (int64_t i = 0; i < n; i += 4) {
        if (i % 65536 == 0 && *team->stop) return;
        uint32_t word[4];
        double number[4];
        philox(seed, offset + (uint64_t)i / 4, word);
        philox_normal(word[0], word[1], &number[0], &number[1]);
        philox_normal(word[2], word[3], &number[2], &number[3]);
        for (int64_t j = 0; j < 4 && i + j < n; j++) ((REAL *)out)[i + j] = (REAL)(mean + std * number[j]);
    }
}

static void bernoulli(const cnn_team *team, uint64_t seed, uint64_t offset, int64_t n, double p, double value,
                      void *out) {
    for (int64_t i = 0; i < n; i++) {
        if (i % 65536 == 0 && *team->stop) return;
        ((REAL *)out)[i] = random_bits(seed, offset, i) * 0x1p-24 < p ? (REAL)value : 0;
    }
}

const cnn_random_kernels CNN_VARIANT(cnn_random) = {uniform, normal, bernoulli};
