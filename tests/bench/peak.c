/* SPDX-License-Identifier: MIT
 * What this machine can do at most: float32 fused multiply-adds by registers alone, and bytes from and to memory.
 *
 * scripts/bench.lua divides by these. Arithmetic: 12 independent sums in registers, enough to fill two multipliers of 4
 * cycles, in the widest vectors of the level (CNN_CPU-like names: baseline, avx2, avx512). Memory: arrays of 256 MiB in
 * all, far beyond the second-level cache. Each figure is the best of several rounds, all threads at once. Usage: peak
 * [threads [level]]. Prints lines `fma GFLOP/s`, `read GB/s`, `copy GB/s` (bytes read and written). */
#include <omp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kernels/kernels.h"

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

#define SUMS   12
#define ROUNDS 12
#define BYTES  ((size_t)128 << 20)

static double seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* A function that does `steps` times SUMS multiply-adds of vectors and returns something of them. The sums are
 * variables with names: an array would be left in memory. */
#define EACH_SUM(DO) DO(0) DO(1) DO(2) DO(3) DO(4) DO(5) DO(6) DO(7) DO(8) DO(9) DO(10) DO(11)
#define START(i)     sum##i = SET((float)i);
#define STEP(i)      sum##i = FMA(sum##i, a, b);
#define GATHER(i)    total = FMA(total, a, sum##i);
#define FMA_LOOP(name, target, vector)                                                                                 \
    target static float name(long steps) {                                                                             \
        vector sum0, sum1, sum2, sum3, sum4, sum5, sum6, sum7, sum8, sum9, sum10, sum11;                               \
        vector a = SET(0.999f), b = SET(0.001f), total = b;                                                            \
        float out[sizeof(vector) / sizeof(float)];                                                                     \
        EACH_SUM(START)                                                                                                \
        for (long step = 0; step < steps; step++) {                                                                    \
            EACH_SUM(STEP)                                                                                             \
        }                                                                                                              \
        EACH_SUM(GATHER)                                                                                               \
        memcpy(out, &total, sizeof out);                                                                               \
        return out[0];                                                                                                 \
    }

#if defined(__x86_64__)
#define SET          _mm_set1_ps
#define FMA(x, a, b) _mm_add_ps(_mm_mul_ps(x, a), b)
FMA_LOOP(fma_baseline, , __m128)
#undef SET
#undef FMA
#define SET _mm256_set1_ps
#define FMA _mm256_fmadd_ps
FMA_LOOP(fma_avx2, __attribute__((target("avx2,fma"))), __m256)
#undef SET
#undef FMA
#define SET _mm512_set1_ps
#define FMA _mm512_fmadd_ps
FMA_LOOP(fma_avx512, __attribute__((target("avx512f"))), __m512)
static float (*const loops[CNN_LEVELS])(long) = {fma_baseline, fma_baseline, fma_avx2, fma_avx512};
static const int lanes[CNN_LEVELS] = {4, 4, 8, 16};
#elif defined(__aarch64__)
#define SET          vdupq_n_f32
#define FMA(x, a, b) vfmaq_f32(b, x, a)
FMA_LOOP(fma_baseline, , float32x4_t)
static float (*const loops[CNN_LEVELS])(long) = {fma_baseline, fma_baseline, fma_baseline, fma_baseline};
static const int lanes[CNN_LEVELS] = {4, 4, 4, 4};
#else
#define SET(x)       (x)
#define FMA(x, a, b) ((x) * (a) + (b))
FMA_LOOP(fma_baseline, , float)
static float (*const loops[CNN_LEVELS])(long) = {fma_baseline, fma_baseline, fma_baseline, fma_baseline};
static const int lanes[CNN_LEVELS] = {1, 1, 1, 1};
#endif

static double fma_gflops(cnn_level level, int threads) {
    const long steps = 2000000;
    double best = 0;
    float sink = 0;
    for (int round = 0; round < ROUNDS; round++) {
        const double start = seconds();
#pragma omp parallel num_threads(threads) reduction(+ : sink)
        sink += loops[level](steps);
        const double rate = 2.0 * SUMS * lanes[level] * (double)steps * threads / (seconds() - start) * 1e-9;
        if (rate > best) best = rate;
    }
    return sink == 0.5f ? 0 : best; /* the sums are used */
}

typedef uint64_t line __attribute__((vector_size(64)));

/* Four sums of cache lines, so that the additions do not wait for each other. */
static uint64_t read_part(const line *x, size_t count) {
    line a = {0}, b = {0}, c = {0}, d = {0};
    for (size_t i = 0; i + 4 <= count; i += 4) a += x[i], b += x[i + 1], c += x[i + 2], d += x[i + 3];
    a += b + c + d;
    return a[0] + a[1] + a[2] + a[3] + a[4] + a[5] + a[6] + a[7];
}

static void memory(int threads, double *read, double *copy) {
    const size_t part = BYTES / (size_t)threads / 64 * 64;
    char *from = aligned_alloc(64, BYTES), *to = aligned_alloc(64, BYTES);
    uint64_t sink = 0;
    *read = *copy = 0;
    if (!from || !to) {
        perror("peak");
        exit(2);
    }
#pragma omp parallel num_threads(threads)
    {
        const size_t at = part * (size_t)omp_get_thread_num();
        memset(from + at, 1, part);
        memset(to + at, 2, part);
    }
    for (int round = 0; round < ROUNDS; round++) {
        double start = seconds();
#pragma omp parallel num_threads(threads) reduction(+ : sink)
        sink += read_part((const line *)(from + part * (size_t)omp_get_thread_num()), part / 64);
        double rate = (double)part * threads / (seconds() - start) * 1e-9;
        if (rate > *read) *read = rate;
        start = seconds();
#pragma omp parallel num_threads(threads)
        memcpy(to + part * (size_t)omp_get_thread_num(), from + part * (size_t)omp_get_thread_num(), part);
        rate = 2.0 * (double)part * threads / (seconds() - start) * 1e-9;
        if (rate > *copy) *copy = rate;
    }
    if (sink == 1) *read = 0;
    free(from);
    free(to);
}

int main(int argc, char **argv) {
    const int threads = argc > 1 ? atoi(argv[1]) : omp_get_num_procs();
    cnn_level level = cnn_level_detect();
    double read, copy;
    if (threads < 1) {
        fprintf(stderr, "usage: peak [threads [level]]\n");
        return 2;
    }
    for (cnn_level l = CNN_LEVEL_REFERENCE; argc > 2 && l < level; l++)
        if (strcmp(argv[2], cnn_level_name(l)) == 0) level = l;
    memory(threads, &read, &copy);
    printf("fma %.1f\nread %.1f\ncopy %.1f\n", fma_gflops(level, threads), read, copy);
    return 0;
}
