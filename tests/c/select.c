/* SPDX-License-Identifier: MIT
 * The kernels that work along one dimension: select, scan and sort, of every element type, level and team.
 *
 * Nothing here leaves room for rounding: moves copy, sums go in one order, and a sorted row is unique. So every version
 * must give the reference's bits, between red zones; and the reference is compared with what the contracts say, written
 * down once more in double or index by index. */
#include "tests/c/kernel_harness.h"

#define EACH_LEVEL(level)  for (cnn_level level = CNN_LEVEL_REFERENCE; level <= cnn_level_detect(); level++)
#define EACH_TEAM(threads) for (int threads = 1; threads <= 3; threads++)

static char label[128];

static double element(cnn_dtype dtype, const void *x, int64_t i) {
    switch (dtype) {
    case CNN_F32:
        return (double)((const float *)x)[i];
    case CNN_F64:
        return ((const double *)x)[i];
    case CNN_I64:
        return (double)((const int64_t *)x)[i];
    default:
        return ((const uint8_t *)x)[i];
    }
}

/* n elements out of few values, so that equal ones meet; reals may be NaN and -0. */
static void *elements(cnn_dtype dtype, int64_t n, bool special) {
    void *x = harness_array(n, harness_size(dtype));
    for (int64_t i = 0; i < n; i++) {
        const int64_t value = harness_int(-6, 6);
        const double real = special && value == 6 ? (double)NAN : special && value == 5 ? -0.0 : (double)value / 4;
        if (dtype == CNN_F32) ((float *)x)[i] = (float)real;
        if (dtype == CNN_F64) ((double *)x)[i] = real;
        if (dtype == CNN_I64) ((int64_t *)x)[i] = value * ((int64_t)1 << 40);
        if (dtype == CNN_U8) ((uint8_t *)x)[i] = (uint8_t)(value + 100);
        if (dtype == CNN_BOOL) ((uint8_t *)x)[i] = value > 0;
    }
    return x;
}

static int64_t *places(int64_t count, int64_t n) {
    int64_t *index = harness_array(count, sizeof(int64_t));
    for (int64_t i = 0; i < count; i++) index[i] = harness_int(0, 1) ? harness_int(1, n) : harness_int(-n, -1);
    return index;
}

static void same(const char *what, cnn_level level, int threads, const void *got, const void *want, int64_t n,
                 size_t size) {
    CHECK_SHOW(n == 0 || memcmp(got, want, (size_t)n * size) == 0, "%s, %s at level %s: other bits with %d threads",
               label, what, cnn_level_name(level), threads);
}

/* ---- select ---- */

/* One of the four functions: into y, or into a copy of x. Returns what was written. */
static void *select_run(cnn_level level, int threads, cnn_dtype dtype, const cnn_select_params *p, int which,
                        const void *x, const void *y, const int64_t *index) {
    const cnn_select_kernels *k = harness_kernels(level)->select[dtype];
    const cnn_team *team = harness_team(threads);
    const int64_t n_x = p->outer * p->n * p->inner, n_y = p->outer * p->m * p->inner;
    void *out = which < 2 ? harness_array(n_y, harness_size(dtype)) : harness_copy(x, n_x, harness_size(dtype));
    if (which == 0) k->gather(team, p, x, index, out);
    if (which == 1) k->take(team, p, x, index, out);
    if (which == 2) k->scatter(team, p, index, y, out);
    if (which == 3) k->put(team, p, index, y, out);
    return out;
}

/* What gather and take read, element by element. */
static void check_reads(cnn_dtype dtype, const cnn_select_params *p, int which, const void *x, const void *y,
                        const int64_t *index) {
    bool right = true;
    for (int64_t e = 0; which < 2 && e < p->outer * p->m * p->inner; e++) {
        const int64_t i = e % p->inner, j = e / p->inner % p->m, o = e / p->inner / p->m;
        const int64_t at = which == 0 ? index[e] : index[j], from = at > 0 ? at - 1 : p->n + at;
        const double want = element(dtype, x, (o * p->n + from) * p->inner + i), got = element(dtype, y, e);
        right &= got == want || (isnan(got) && isnan(want));
    }
    CHECK_SHOW(right, "%s: the reference reads other elements", label);
}

static void test_select(cnn_dtype dtype, int64_t outer, int64_t n, int64_t m, int64_t inner) {
    static const char *const names[] = {"gather", "take", "scatter", "put"};
    const int64_t n_x = outer * n * inner, n_y = outer * m * inner;
    snprintf(label, sizeof label, "[%lld, %lld -> %lld, %lld], type %d", (long long)outer, (long long)n, (long long)m,
             (long long)inner, (int)dtype);
    for (int which = 0; which < 4; which++)
        for (int add = 0; add <= (which >= 2); add++) {
            const cnn_select_params p = {outer, n, m, inner, add};
            const int64_t *index = places(which % 2 ? m : n_y, n);
            const void *x = elements(dtype, n_x, true), *y = elements(dtype, n_y, true);
            const void *want = select_run(CNN_LEVEL_REFERENCE, 1, dtype, &p, which, x, y, index);
            check_reads(dtype, &p, which, x, want, index);
            EACH_LEVEL(level)
            EACH_TEAM(threads)
            same(names[which], level, threads, select_run(level, threads, dtype, &p, which, x, y, index), want,
                 which < 2 ? n_y : n_x, harness_size(dtype));
            harness_zones(label);
            harness_free_all();
        }
}

static void test_nonzero(cnn_dtype dtype, int64_t n) {
    const void *x = elements(dtype, n, true);
    int64_t count = 0;
    snprintf(label, sizeof label, "nonzero of %lld, type %d", (long long)n, (int)dtype);
    for (int64_t i = 0; i < n; i++) count += element(dtype, x, i) != 0;
    EACH_LEVEL(level) {
        const cnn_select_kernels *k = harness_kernels(level)->select[dtype];
        int64_t *at = harness_array(count, sizeof(int64_t)), *few = harness_array(count / 2, sizeof(int64_t)), seen = 0;
        CHECK_SHOW(k->nonzero(harness_team(2), n, x, 0, NULL) == count, "%s: the count", label);
        CHECK_SHOW(k->nonzero(harness_team(2), n, x, count, at) == count, "%s: the count", label);
        CHECK_SHOW(k->nonzero(harness_team(2), n, x, count / 2, few) == count, "%s: the count, without room", label);
        for (int64_t i = 0; i < n; i++)
            if (element(dtype, x, i) != 0 && at[seen] == i + 1) seen++;
        CHECK_SHOW(seen == count, "%s: the positions", label);
        same("half of them", level, 2, few, at, count / 2, sizeof(int64_t));
    }
    harness_zones(label);
    harness_free_all();
}

/* ---- scan ---- */

static void *scan_run(cnn_level level, int threads, cnn_dtype dtype, const cnn_scan_params *p, int which, const void *a,
                      const void *x) {
    const cnn_scan_kernels *k = harness_kernels(level)->scan[dtype];
    void *y = harness_array(p->outer * p->n * p->inner, harness_size(dtype < CNN_REALS ? dtype : CNN_I64));
    if (which == 0) k->sum(harness_team(threads), p, x, y);
    if (which == 1) k->product(harness_team(threads), p, x, y);
    if (which == 2) k->linear(harness_team(threads), p, a, x, y);
    return y;
}

/* The reference's line of sums begins with x and goes on by differences of x. */
static void check_sums(cnn_dtype dtype, const cnn_scan_params *p, const void *x, const void *y) {
    const cnn_dtype sums = dtype < CNN_REALS ? dtype : CNN_I64;
    double worst = 0;
    for (int64_t e = 0; e < p->outer * p->n * p->inner; e++) {
        const int64_t k = e / p->inner % p->n, last = p->reverse ? p->n - 1 : 0;
        const double before = k == last ? 0 : element(sums, y, p->reverse ? e + p->inner : e - p->inner);
        const double off = fabs(element(sums, y, e) - before - element(dtype, x, e));
        if (!(off <= worst)) worst = off;
    }
    CHECK_SHOW(worst <= 1e-3, "%s: a sum is off by %g", label, worst);
}

static void test_scan(cnn_dtype dtype, int64_t outer, int64_t n, int64_t inner) {
    static const char *const names[] = {"sum", "product", "linear"};
    const size_t size = harness_size(dtype < CNN_REALS ? dtype : CNN_I64);
    for (int way = 0; way < 2; way++)
        for (int which = 0; which < (dtype < CNN_REALS ? 3 : 2); which++) {
            const cnn_scan_params p = {outer, n, inner, way};
            const void *a = elements(dtype, outer * n * inner, false), *x = elements(dtype, outer * n * inner, false);
            snprintf(label, sizeof label, "scan of [%lld, %lld, %lld], type %d", (long long)outer, (long long)n,
                     (long long)inner, (int)dtype);
            const void *want = scan_run(CNN_LEVEL_REFERENCE, 1, dtype, &p, which, a, x);
            if (which == 0) check_sums(dtype, &p, x, want);
            EACH_LEVEL(level)
            EACH_TEAM(threads)
            same(names[which], level, threads, scan_run(level, threads, dtype, &p, which, a, x), want,
                 outer * n * inner, size);
            harness_zones(label);
            harness_free_all();
        }
}

/* ---- sort ---- */

/* Does element b stand before a, or at least not after it? */
static bool in_order(bool descending, double a, double b) {
    if (isnan(a) || isnan(b)) return descending ? isnan(a) : isnan(b);
    return descending ? a >= b : a <= b;
}

/* Rows in order, equal elements by position, every value that of its position. */
static void check_sorted(cnn_dtype dtype, const cnn_sort_params *p, const void *x, const void *values,
                         const int64_t *at) {
    bool right = true;
    for (int64_t e = 0; e < p->rows * p->k; e++) {
        const double value = element(dtype, values, e), from = element(dtype, x, e / p->k * p->n + at[e] - 1);
        right &= value == from || (isnan(value) && isnan(from));
        if (e % p->k == 0) continue;
        const double before = element(dtype, values, e - 1);
        const bool tie = before == value || (isnan(before) && isnan(value));
        right &= in_order(p->descending, before, value) && (!tie || at[e - 1] < at[e]);
    }
    CHECK_SHOW(right, "%s: the reference is out of order", label);
}

static void test_sort(cnn_dtype dtype, int64_t rows, int64_t n, int64_t k) {
    for (int way = 0; way < 2; way++) {
        const cnn_sort_params p = {rows, n, k, way};
        const void *x = elements(dtype, rows * n, true);
        const void *want = NULL, *want_at = NULL;
        snprintf(label, sizeof label, "sort of [%lld, %lld], the first %lld, type %d", (long long)rows, (long long)n,
                 (long long)k, (int)dtype);
        EACH_LEVEL(level) EACH_TEAM(threads) {
            const cnn_sort_kernels *kernels = harness_kernels(level)->sort[dtype];
            void *values = harness_array(rows * k, harness_size(dtype));
            int64_t *at = harness_array(rows * k, sizeof(int64_t));
            void *workspace = harness_workspace(kernels->workspace_bytes(harness_team(threads), &p));
            kernels->sort(harness_team(threads), &p, x, values, at, workspace);
            if (!want) check_sorted(dtype, &p, x, want = values, want_at = at);
            same("values", level, threads, values, want, rows * k, harness_size(dtype));
            same("positions", level, threads, at, want_at, rows * k, sizeof(int64_t));
        }
        harness_zones(label);
        harness_free_all();
    }
}

int main(void) {
    harness_seed();
    for (cnn_dtype dtype = 0; dtype < CNN_DTYPES; dtype++) {
        if (dtype == CNN_BF16) continue; /* it is widened for these */
        for (int i = 0; i < 6; i++) {
            test_select(dtype, harness_int(1, 4), harness_int(1, 20), harness_int(0, 20), harness_int(1, 70));
            test_select(dtype, harness_int(1, 90), harness_int(1, 20), harness_int(1, 20), 1);
            test_nonzero(dtype, harness_int(0, 300));
            test_scan(dtype, harness_int(1, 4), harness_int(0, 20), harness_int(1, 70));
            const int64_t n = harness_int(1, i < 3 ? 50 : 400);
            test_sort(dtype, harness_int(1, 5), n, n);
            test_sort(dtype, harness_int(1, 5), n + 30, harness_int(1, n / 12 + 1));
        }
        /* sizes that wake the team, and blocks that end within a row */
        test_select(dtype, 3, 50, 300, 131);
        test_select(dtype, 70, 50, 1100, 1);
        test_nonzero(dtype, 20000);
        test_scan(dtype, 2, 400, 101);
        test_sort(dtype, 3, 9000, 9000);
        test_sort(dtype, 3, 9000, 100);
    }
    return check_result();
}
