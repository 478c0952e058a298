/* SPDX-License-Identifier: MIT
 * What tests of kernels share: random numbers from a printed seed, arrays between red zones, a walk over levels and
 * teams, and the comparison with the double reference.
 *
 * An element passes when |got - want| <= c * eps * terms, where `terms` is what the element was summed from with all
 * signs made positive: an error that hides in a large neighbour is found, and cancellation is not held against a
 * kernel. CNN_TEST_SEED repeats a run. */
#ifndef CNN_TESTS_C_KERNEL_HARNESS_H
#define CNN_TESTS_C_KERNEL_HARNESS_H

#include "kernels/bf16.h"
#include "kernels/kernels.h"
#include "tests/c/check.h"
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

/* ---- random numbers ---- */

static uint64_t harness_state;

static uint64_t harness_next(void) {
    uint64_t z = harness_state += 0x9E3779B97F4A7C15u; /* splitmix64 */
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

__attribute__((unused)) static void harness_seed(void) {
    const char *given = getenv("CNN_TEST_SEED");
    harness_state = given ? strtoull(given, NULL, 10) : (uint64_t)time(NULL);
    printf("CNN_TEST_SEED=%llu\n", (unsigned long long)harness_state);
}

/* low … high, both included */
__attribute__((unused)) static int64_t harness_int(int64_t low, int64_t high) {
    return low + (int64_t)(harness_next() % (uint64_t)(high - low + 1));
}

/* About normal, exact in float32. */
__attribute__((unused)) static double harness_real(void) {
    double sum = -6;
    for (int i = 0; i < 12; i++) sum += (double)(harness_next() >> 11) * 0x1p-53;
    return (float)sum;
}

/* ---- arrays between red zones ---- */

enum { RED_ZONE = 256, RED_BYTE = 0xA5, HARNESS_ARRAYS = 4096 };

static struct harness_array {
    unsigned char *map, *data;
    size_t map_bytes;
} harness_arrays[HARNESS_ARRAYS];
static int harness_count;

/* Ends where a page ends and the next one may not be touched: reading or writing behind it is a crash. A pattern in
 * front of it shows what was written there. Filled with the pattern as well. Freed by harness_free_all. */
__attribute__((unused)) static void *harness_array(int64_t n, size_t size) {
    const size_t bytes = (size_t)n * size, page = (size_t)sysconf(_SC_PAGESIZE);
    const size_t used = (bytes + RED_ZONE + page - 1) / page * page;
    unsigned char *map = mmap(NULL, used + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (map == MAP_FAILED || harness_count == HARNESS_ARRAYS || mprotect(map + used, page, PROT_NONE) != 0) {
        perror("harness_array");
        exit(2);
    }
    unsigned char *data = map + used - bytes;
    memset(data - RED_ZONE, RED_BYTE, bytes + RED_ZONE);
    harness_arrays[harness_count++] = (struct harness_array){map, data, used + page};
    return data;
}

/* Scratch memory as the contracts promise it: aligned to 64 bytes, not initialised. */
__attribute__((unused)) static void *harness_workspace(size_t bytes) {
    return harness_array((int64_t)((bytes + 63) / 64 * 64), 1);
}

__attribute__((unused)) static void *harness_copy(const void *data, int64_t n, size_t size) {
    void *copy = harness_array(n, size);
    if (n) memcpy(copy, data, (size_t)n * size);
    return copy;
}

/* Checks all red zones. */
__attribute__((unused)) static void harness_zones(const char *what) {
    bool intact = true;
    for (int i = 0; i < harness_count; i++)
        for (int j = 1; j <= RED_ZONE; j++) intact &= harness_arrays[i].data[-j] == RED_BYTE;
    CHECK_SHOW(intact, "%s wrote in front of an array", what);
}

__attribute__((unused)) static void harness_free_all(void) {
    for (int i = 0; i < harness_count; i++) munmap(harness_arrays[i].map, harness_arrays[i].map_bytes);
    harness_count = 0;
}

/* n random reals, exact in float32, in float64. */
__attribute__((unused)) static double *harness_reals(int64_t n) {
    double *x = harness_array(n, sizeof(double));
    for (int64_t i = 0; i < n; i++) x[i] = harness_real();
    return x;
}

__attribute__((unused)) static double *harness_abs(const double *x, int64_t n) {
    double *y = harness_array(n, sizeof(double));
    for (int64_t i = 0; i < n; i++) y[i] = fabs(x[i]);
    return y;
}

/* The same numbers in the element type of a table. */
__attribute__((unused)) static void *harness_as(cnn_dtype dtype, const double *x, int64_t n) {
    if (dtype == CNN_F64) return harness_copy(x, n, sizeof(double));
    if (dtype == CNN_BF16) {
        uint16_t *narrow = harness_array(n, sizeof(uint16_t));
        for (int64_t i = 0; i < n; i++) narrow[i] = cnn_bf16_round((float)x[i]);
        return narrow;
    }
    float *y = harness_array(n, sizeof(float));
    for (int64_t i = 0; i < n; i++) y[i] = (float)x[i];
    return y;
}

__attribute__((unused)) static size_t harness_size(cnn_dtype dtype) {
    static const size_t size[CNN_DTYPES] = {4, 8, 2, 8, 1, 1};
    return size[dtype];
}

/* ---- levels and teams ---- */

static volatile sig_atomic_t harness_stop;

__attribute__((unused)) static const cnn_kernels *harness_kernels(cnn_level level) {
    static cnn_kernels table[CNN_LEVELS];
    cnn_kernels_fill(&table[level], level);
    return &table[level];
}

__attribute__((unused)) static const cnn_team *harness_team(int threads) {
    static cnn_team team[4];
    team[threads] = (cnn_team){threads, &harness_stop};
    return &team[threads];
}

/* ---- comparison ---- */

static bool harness_close(double got, double want, double tolerance) {
    if (isnan(want)) return isnan(got);
    if (isinf(want)) return got == want;
    return fabs(got - want) <= tolerance;
}

static double harness_get(cnn_dtype dtype, const void *x, int64_t i) {
    if (dtype == CNN_BF16) return cnn_bf16_widen(((const uint16_t *)x)[i]);
    return dtype == CNN_F64 ? ((const double *)x)[i] : (double)((const float *)x)[i];
}

/* Every element within c * eps * terms (and a smallest number for results below the normal range). */
__attribute__((unused)) static void harness_compare(const char *what, cnn_dtype dtype, const void *got,
                                                    const double *want, const double *terms, int64_t n, double c) {
    const double eps = dtype == CNN_F64    ? DBL_EPSILON
                       : dtype == CNN_BF16 ? 0x1p-7
                                           : FLT_EPSILON,
                 tiny = dtype == CNN_F64 ? 0x1p-1070 : 0x1p-148;
    int64_t worst = -1;
    for (int64_t i = 0; i < n && worst < 0; i++) {
        if (!harness_close(harness_get(dtype, got, i), want[i], c * eps * terms[i] + tiny)) worst = i;
    }
    if (worst < 0) {
        CHECK(true);
        return;
    }
    const double value = harness_get(dtype, got, worst);
    CHECK_SHOW(false, "%s: element %lld of %lld is %.9g, not %.9g (terms %g, error %.3g eps of them)", what,
               (long long)worst, (long long)n, value, want[worst], terms[worst],
               fabs(value - want[worst]) / (eps * terms[worst]));
}

/* The first team's result is kept, the others' must have the same bits. */
__attribute__((unused)) static void harness_same_bits(const char *what, int threads, const void *first,
                                                      const void *other, int64_t n, size_t size) {
    CHECK_SHOW(n == 0 || memcmp(first, other, (size_t)n * size) == 0, "%s: %d threads give other bits than one", what,
               threads);
}

#endif
