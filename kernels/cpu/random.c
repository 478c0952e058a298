/* SPDX-License-Identifier: MIT
 * Philox for many counters side by side: LANES blocks at once make 4 * LANES numbers, the compiler's vectors run over
 * the lanes. Integers and the float64 formulas of philox.h have one result, so every level gives the reference's bits.
 */
#include "kernels/random.h"
#include "kernels/philox.h"

enum {
    LANES = 32,        /* counters side by side */
    BLOCK = 4 * LANES, /* numbers made at once */
    PARALLEL = 32768   /* numbers from which waking the team pays */
};

/* words[4 * i + j] = word j of counter + i */
static void random_words(uint64_t seed, uint64_t counter, uint32_t words[BLOCK]) {
    uint32_t c[4][LANES], k0 = (uint32_t)seed, k1 = (uint32_t)(seed >> 32);
    for (int i = 0; i < LANES; i++) {
        c[0][i] = (uint32_t)(counter + (uint64_t)i);
        c[1][i] = (uint32_t)((counter + (uint64_t)i) >> 32);
        c[2][i] = c[3][i] = 0;
    }
    for (int round = 0; round < 10; round++, k0 += 0x9E3779B9u, k1 += 0xBB67AE85u)
        for (int i = 0; i < LANES; i++) {
            const uint64_t p0 = (uint64_t)0xD2511F53u * c[0][i], p1 = (uint64_t)0xCD9E8D57u * c[2][i];
            c[0][i] = (uint32_t)(p1 >> 32) ^ c[1][i] ^ k0;
            c[2][i] = (uint32_t)(p0 >> 32) ^ c[3][i] ^ k1;
            c[1][i] = (uint32_t)p1;
            c[3][i] = (uint32_t)p0;
        }
    for (int i = 0; i < LANES; i++)
        for (int j = 0; j < 4; j++) words[4 * i + j] = c[j][i];
}

/* What becomes of the words of a block. */
typedef struct recipe {
    void (*make)(const struct recipe *r, const uint32_t words[BLOCK], float out[BLOCK]);
    float low, width, last; /* uniform */
    double mean, std;       /* normal */
    uint32_t threshold;     /* bernoulli: word >> 8 below it is a success */
    float value;
} recipe;

static void generate(const cnn_team *team, uint64_t seed, uint64_t offset, int64_t n, const recipe *r, float *out) {
#pragma omp parallel for num_threads(team->threads) schedule(static) if (team->threads > 1 && n >= PARALLEL)
    for (int64_t at = 0; at < n; at += BLOCK) {
        uint32_t words[BLOCK];
        float last[BLOCK];
        if (*team->stop) continue;
        random_words(seed, offset + (uint64_t)at / 4, words);
        if (n - at >= BLOCK) {
            r->make(r, words, out + at);
        } else {
            r->make(r, words, last);
            memcpy(out + at, last, (size_t)(n - at) * sizeof(float));
        }
    }
}

static void make_uniform(const recipe *r, const uint32_t words[BLOCK], float out[BLOCK]) {
    const float low = r->low, width = r->width, last = r->last;
#pragma omp simd
    for (int i = 0; i < BLOCK; i++) {
        const float value = low + width * ((float)(int32_t)(words[i] >> 8) * 0x1p-24f);
        out[i] = value > last ? last : value;
    }
}

static void uniform(const cnn_team *team, uint64_t seed, uint64_t offset, int64_t n, double low, double high,
                    void *out) {
    const recipe r = {.make = make_uniform,
                      .low = (float)low,
                      .width = (float)high - (float)low,
                      .last = nextafterf((float)high, (float)low)};
    generate(team, seed, offset, n, &r, out);
}

static void make_normal(const recipe *r, const uint32_t words[BLOCK], float out[BLOCK]) {
    const double mean = r->mean, std = r->std;
#pragma omp simd
    for (int i = 0; i < BLOCK / 2; i++) {
        double first, second;
        philox_normal(words[2 * i], words[2 * i + 1], &first, &second);
        out[2 * i] = (float)(mean + std * first);
        out[2 * i + 1] = (float)(mean + std * second);
    }
}

static void normal(const cnn_team *team, uint64_t seed, uint64_t offset, int64_t n, double mean, double std,
                   void *out) {
    generate(team, seed, offset, n, &(recipe){.make = make_normal, .mean = mean, .std = std}, out);
}

static void make_bernoulli(const recipe *r, const uint32_t words[BLOCK], float out[BLOCK]) {
    const int32_t threshold = (int32_t)r->threshold;
    const float value = r->value;
#pragma omp simd
    for (int i = 0; i < BLOCK; i++) out[i] = (int32_t)(words[i] >> 8) < threshold ? value : 0;
}

static void bernoulli(const cnn_team *team, uint64_t seed, uint64_t offset, int64_t n, double p, double value,
                      void *out) {
    const double threshold = p >= 1 ? 0x1p24 : p > 0 ? ceil(p * 0x1p24) : 0;
    generate(team, seed, offset, n,
             &(recipe){.make = make_bernoulli, .threshold = (uint32_t)threshold, .value = (float)value}, out);
}

const cnn_random_kernels CNN_VARIANT(cnn_random) = {uniform, normal, bernoulli};
