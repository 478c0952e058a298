/* SPDX-License-Identifier: MIT
 * Every level's pointwise functions, copies and reductions on random walks: sliced, transposed, broadcast operands of
 * every element type, against the reference of the type (integers, copies and comparisons exactly) or the double one.
 *
 * Arrays are exactly as large as the walk reaches, so a step too far crashes on the page behind. */
#include "tests/c/kernel_harness.h"

enum { TEAMS = 3 };

static char label[256];

#define EACH_LEVEL(level)  for (cnn_level level = CNN_LEVEL_BASELINE; level <= cnn_level_detect(); level++)
#define EACH_TEAM(threads) for (int threads = 1; threads <= TEAMS; threads++)

static const char *const type_names[CNN_DTYPES] = {"float32", "float64", "bfloat16", "int64", "uint8", "bool"};

/* ---- random walks ---- */

/* Elements that strides reach: 1 + the sum of (size - 1) * stride. */
static int64_t walk_extent(int ndim, const int64_t *size, const int64_t *stride) {
    int64_t extent = 1;
    for (int d = 0; d < ndim; d++) {
        if (size[d] == 0) return 0;
        extent += (size[d] - 1) * stride[d];
    }
    return extent;
}

/* Strides of a layout in random order of the dimensions, some of them broadcast or with gaps. */
static void random_strides(int ndim, const int64_t *size, bool broadcast, int64_t *stride) {
    int order[CNN_MAX_DIMS];
    int64_t step = harness_int(0, 5) ? 1 : 2;
    for (int d = 0; d < ndim; d++) order[d] = d;
    const bool shuffled = harness_int(0, 1);
    for (int d = ndim - 1; d > 0 && shuffled; d--) {
        const int other = (int)harness_int(0, d), kept = order[d];
        order[d] = order[other], order[other] = kept;
    }
    for (int d = ndim - 1; d >= 0; d--) {
        const int i = order[d];
        stride[i] = broadcast && harness_int(0, 3) == 0 ? 0 : step;
        if (stride[i]) step *= size[i] + (harness_int(0, 6) == 0);
    }
}

/* The result's strides fall from dimension to dimension, as core makes walks. */
static cnn_walk random_walk(int64_t largest) {
    cnn_walk w = {.ndim = (int)harness_int(1, 4)};
    int64_t step = harness_int(0, 5) ? 1 : 3;
    for (int d = w.ndim - 1; d >= 0; d--) {
        w.size[d] = harness_int(0, 30) ? harness_int(1, largest) : 0;
        w.out_stride[d] = step;
        step *= w.size[d] + (harness_int(0, 6) == 0);
    }
    for (int k = 0; k < 3; k++) random_strides(w.ndim, w.size, true, w.in_stride[k]);
    return w;
}

/* Small whole numbers, with signs and specials where the type has them. */
static void *random_elements(cnn_dtype dtype, int64_t n, bool special) {
    void *x = harness_array(n, harness_size(dtype));
    for (int64_t i = 0; i < n; i++) {
        double real = harness_int(0, 3) ? harness_real() : (double)harness_int(-3, 3);
        if (special && harness_int(0, 20) == 0) {
            const double specials[] = {NAN, INFINITY, -INFINITY, 1e30, -1e30, 300.7, -0.0, 1e-40};
            real = (float)specials[harness_int(0, 7)];
        }
        if (dtype == CNN_F32) ((float *)x)[i] = (float)real;
        if (dtype == CNN_F64) ((double *)x)[i] = real;
        if (dtype == CNN_BF16) ((uint16_t *)x)[i] = cnn_bf16_round((float)real);
        if (dtype == CNN_I64) ((int64_t *)x)[i] = harness_int(0, 9) ? harness_int(-9, 9) : (int64_t)harness_next();
        if (dtype == CNN_U8) ((uint8_t *)x)[i] = (uint8_t)harness_next();
        if (dtype == CNN_BOOL) ((uint8_t *)x)[i] = (uint8_t)harness_int(0, 1);
    }
    return x;
}

/* ---- pointwise ---- */

/* One kernel of a table, whatever its kind. */
typedef struct subject {
    char name[64];
    enum { UNARY_KIND, BINARY_KIND, FILL_KIND, WHERE_KIND } kind;
    size_t offset; /* of the function pointer in cnn_pointwise_kernels */
    cnn_dtype result;
    double ulps;  /* allowed; 0: the same bits (any NaN) */
    bool cancels; /* a derivative that crosses zero: the units are those of doutput where that is larger */
} subject;

static void subject_run(const subject *s, const cnn_kernels *table, cnn_dtype dtype, const cnn_team *team,
                        const cnn_walk *walk, void *const in[3], const uint8_t *condition, void *out) {
    const cnn_pointwise_kernels *k = table->pointwise[dtype];
    const char *slot = (const char *)k + s->offset;
    if (s->kind == UNARY_KIND) (*(cnn_unary_kernel *const *)slot)(team, walk, in[0], out);
    if (s->kind == BINARY_KIND) (*(cnn_binary_kernel *const *)slot)(team, walk, in[0], in[1], out);
    if (s->kind == FILL_KIND) k->fill(team, walk, in[0], out);
    if (s->kind == WHERE_KIND) k->where(team, walk, condition, in[1], in[2], out);
}

/* Whether a[i] and b[i] are `ulps` apart, counted at the larger of b[i] and, if given, unit[i]. */
static bool same_element(cnn_dtype dtype, const void *a, const void *b, const void *unit, int64_t i, double ulps) {
    if (dtype == CNN_F32) {
        const float x = ((const float *)a)[i], y = ((const float *)b)[i];
        const float size = unit ? fmaxf(fabsf(y), fabsf(((const float *)unit)[i])) : fabsf(y);
        return (isnan(x) && isnan(y)) || x == y || fabsf(x - y) <= (float)ulps * (FLT_EPSILON * size + 0x1p-148f);
    }
    if (dtype == CNN_F64) {
        const double x = ((const double *)a)[i], y = ((const double *)b)[i];
        const double size = unit ? fmax(fabs(y), fabs(((const double *)unit)[i])) : fabs(y);
        return (isnan(x) && isnan(y)) || x == y || fabs(x - y) <= ulps * DBL_EPSILON * size;
    }
    if (dtype == CNN_BF16) { /* allowed float32 units may make it round the other way: to a neighbour */
        const uint16_t x = ((const uint16_t *)a)[i], y = ((const uint16_t *)b)[i];
        const float u = cnn_bf16_widen(x), v = cnn_bf16_widen(y);
        return (isnan(u) && isnan(v)) || x == y || (ulps > 0 && fabsf(u - v) <= 0x1p-7f * fabsf(v));
    }
    return memcmp((const char *)a + i * (int64_t)harness_size(dtype),
                  (const char *)b + i * (int64_t)harness_size(dtype), harness_size(dtype)) == 0;
}

static void subject_compare(const subject *s, const void *got, const void *want, const void *unit, int64_t n) {
    int64_t wrong = 0, at = 0;
    for (int64_t i = 0; i < n; i++)
        if (!same_element(s->result, got, want, unit, i, s->ulps)) {
            wrong++;
            at = i;
        }
    if (wrong && s->result == CNN_F32)
        printf("  %.9g, not %.9g\n", (double)((const float *)got)[at], (double)((const float *)want)[at]);
    CHECK_SHOW(wrong == 0, "%s: %lld of %lld elements differ, the last at %lld", label, (long long)wrong, (long long)n,
               (long long)at);
}

/* What errors are counted in, for a subject that cancels: -doutput at each place of the result. */
static void *subject_unit(const subject *s, cnn_dtype dtype, const cnn_walk *walk, void *const in[3], const void *want,
                          int64_t n) {
    if (!s->cancels) return NULL;
    void *unit = harness_copy(want, n, harness_size(dtype));
    const cnn_pointwise_kernels *k = harness_kernels(CNN_LEVEL_REFERENCE)->pointwise[dtype];
    k->unary_backward[CNN_UNARY_neg](harness_team(1), walk, in[0], in[1], unit);
    return unit;
}

/* On one random walk, at every level and with every team; places between the result's elements must stay as they are.
 */
static void test_subject(const subject *s, cnn_dtype dtype, int64_t largest) {
    const cnn_walk walk = random_walk(largest);
    const int64_t n = walk_extent(walk.ndim, walk.size, walk.out_stride);
    const size_t size = harness_size(s->result);
    void *in[3], *want = harness_array(n, size);
    for (int k = 0; k < 3; k++)
        in[k] = random_elements(dtype, walk_extent(walk.ndim, walk.size, walk.in_stride[k]) + (n == 0), true);
    const uint8_t *condition = random_elements(CNN_BOOL, walk_extent(walk.ndim, walk.size, walk.in_stride[0]), false);
    subject_run(s, harness_kernels(CNN_LEVEL_REFERENCE), dtype, harness_team(1), &walk, in, condition, want);
    const void *unit = subject_unit(s, dtype, &walk, in, want, n);
    EACH_LEVEL(level) {
        snprintf(label, sizeof label, "%s of %s, %s, %d dimensions", s->name, type_names[dtype], cnn_level_name(level),
                 walk.ndim);
        void *first = NULL;
        EACH_TEAM(threads) {
            void *got = harness_array(n, size);
            subject_run(s, harness_kernels(level), dtype, harness_team(threads), &walk, in, condition, got);
            subject_compare(s, got, want, unit, n);
            if (threads == 1) first = got;
            harness_same_bits(label, threads, first, got, n, size);
        }
    }
    harness_zones(label);
    harness_free_all();
}

/* In place: the result over operand 0. */
static void test_in_place(const subject *s, cnn_dtype dtype, int64_t largest) {
    cnn_walk walk = random_walk(largest);
    memcpy(walk.in_stride[0], walk.out_stride, sizeof walk.out_stride);
    const int64_t n = walk_extent(walk.ndim, walk.size, walk.out_stride);
    void *in[3] = {NULL, random_elements(dtype, walk_extent(walk.ndim, walk.size, walk.in_stride[1]) + 1, true), NULL};
    void *x = random_elements(dtype, n, true), *want = harness_copy(x, n, harness_size(dtype));
    in[0] = x;
    subject_run(s, harness_kernels(CNN_LEVEL_REFERENCE), dtype, harness_team(1), &walk, in, NULL, want);
    const void *unit = subject_unit(s, dtype, &walk, in, want, n);
    EACH_LEVEL(level) {
        void *got = in[0] = harness_copy(x, n, harness_size(dtype));
        snprintf(label, sizeof label, "%s of %s in place, %s", s->name, type_names[dtype], cnn_level_name(level));
        subject_run(s, harness_kernels(level), dtype, harness_team(2), &walk, in, NULL, got);
        subject_compare(s, got, want, unit, n);
    }
    harness_free_all();
}

static subject subjects[96];
static int subject_count;

static void add_subject(const char *prefix, const char *name, int kind, size_t offset, cnn_dtype result, double ulps) {
    subject *s = &subjects[subject_count++];
    *s = (subject){.kind = (unsigned int)kind, .offset = offset, .result = result, .ulps = ulps};
    snprintf(s->name, sizeof s->name, "%s%s", prefix, name);
}

#define SLOT(member, index) (offsetof(cnn_pointwise_kernels, member) + (size_t)(index) * sizeof(cnn_unary_kernel *))

/* Everything that the table of a type holds; float32 exp and what is made of it may be off by 2 units. */
static void list_subjects(cnn_dtype dtype) {
    const bool real = dtype < CNN_REALS;
    const double near = dtype == CNN_F32 || dtype == CNN_BF16 ? 3 : 0;
    subject_count = 0;
#define UNARY(name, reads, f, df)                                                                                      \
    if (real) add_subject("", #name, UNARY_KIND, SLOT(unary, CNN_UNARY_##name), dtype, near);                          \
    if (real) add_subject(#name, " backward", BINARY_KIND, SLOT(unary_backward, CNN_UNARY_##name), dtype, 0);          \
    if (real && (CNN_UNARY_##name == CNN_UNARY_silu || CNN_UNARY_##name == CNN_UNARY_gelu))                            \
        subjects[subject_count - 1].cancels = true, subjects[subject_count - 1].ulps = 2 * near;
#define REAL_ARITHMETIC(name, f)                                                                                       \
    if (real) add_subject("", #name, BINARY_KIND, SLOT(arithmetic, CNN_ARITHMETIC_##name), dtype, 0);
#define ARITHMETIC(name, f)                                                                                            \
    if (dtype != CNN_BOOL) add_subject("", #name, BINARY_KIND, SLOT(arithmetic, CNN_ARITHMETIC_##name), dtype, 0);
#define COMPARE(name, f) add_subject("", #name, BINARY_KIND, SLOT(compare, CNN_COMPARE_##name), CNN_BOOL, 0);
#include "kernels/pointwise.list"
    for (int t = 0; t < CNN_DTYPES; t++)
        add_subject("cast to ", type_names[t], UNARY_KIND, SLOT(cast, t), (cnn_dtype)t, 0);
    add_subject("", "fill", FILL_KIND, 0, dtype, 0);
    add_subject("", "where", WHERE_KIND, 0, dtype, 0);
}

static void test_pointwise(void) {
    for (int dtype = 0; dtype < CNN_DTYPES; dtype++) {
        list_subjects((cnn_dtype)dtype);
        for (int i = 0; i < subject_count; i++) {
            for (int round = 0; round < 4; round++) test_subject(&subjects[i], (cnn_dtype)dtype, round < 3 ? 9 : 24);
            if (subjects[i].kind < FILL_KIND && subjects[i].result == (cnn_dtype)dtype)
                test_in_place(&subjects[i], (cnn_dtype)dtype, 12);
        }
    }
}

/* Copies between channels-first and channels-last, in both directions, at sizes that fill blocks and do not. */
static void test_transposition(cnn_dtype dtype, int64_t n, int64_t rows, int64_t columns) {
    const cnn_walk walk = {.ndim = 3,
                           .size = {n, rows, columns},
                           .out_stride = {rows * columns, columns, 1},
                           .in_stride = {{rows * columns, 1, rows}}};
    const int64_t count = n * rows * columns;
    const size_t size = harness_size(dtype);
    const char *x = random_elements(dtype, count, true);
    EACH_LEVEL(level) EACH_TEAM(threads) {
        char *y = harness_array(count, size);
        harness_kernels(level)->pointwise[dtype]->cast[dtype](harness_team(threads), &walk, x, y);
        int64_t wrong = 0;
        for (int64_t i = 0; i < n; i++)
            for (int64_t r = 0; r < rows; r++)
                for (int64_t c = 0; c < columns; c++)
                    wrong += memcmp(y + ((i * rows + r) * columns + c) * (int64_t)size,
                                    x + ((i * columns + c) * rows + r) * (int64_t)size, size) != 0;
        CHECK_SHOW(wrong == 0, "transposition of %s, %s, %lldx%lldx%lld: %lld wrong", type_names[dtype],
                   cnn_level_name(level), (long long)n, (long long)rows, (long long)columns, (long long)wrong);
    }
    harness_zones("transposition");
    harness_free_all();
}

/* ---- exp and tanh by themselves ---- */

static double ulps_between(float got, double want) {
    int exponent;
    if (isnan(want) || isinf((float)want)) return (isnan(want) && isnan(got)) || got == (float)want ? 0 : 1e9;
    frexp(fabs(want), &exponent);
    return fabs(got - want) / ldexp(1, (exponent < -125 ? -125 : exponent) - 24);
}

static void test_accuracy(const char *name, int unary, double (*oracle)(double), double low, double high) {
    enum { N = 100000 };
    const cnn_walk walk = {.ndim = 1, .size = {N}, .out_stride = {1}, .in_stride = {{1}}};
    float *x = harness_array(N, 4), *y = harness_array(N, 4);
    for (int i = 0; i < N; i++) x[i] = (float)(low + (high - low) * i / (N - 1));
    EACH_LEVEL(level) {
        double worst = 0;
        harness_kernels(level)->pointwise[CNN_F32]->unary[unary](harness_team(1), &walk, x, y);
        for (int i = 0; i < N; i++) worst = fmax(worst, ulps_between(y[i], oracle(x[i])));
        CHECK_SHOW(worst < 2, "%s, %s, is off by %.2f units in the last place between %g and %g", name,
                   cnn_level_name(level), worst, low, high);
    }
    harness_free_all();
}

/* ---- reductions ---- */

static cnn_reduce_walk random_reduce_walk(int64_t largest, int64_t *extent, int64_t *kept, int64_t *reduced) {
    const int ndim = (int)harness_int(1, 4);
    int64_t size[CNN_MAX_DIMS], stride[CNN_MAX_DIMS];
    cnn_reduce_walk w = {0};
    for (int d = 0; d < ndim; d++) size[d] = harness_int(0, 25) ? harness_int(1, largest) : 0;
    random_strides(ndim, size, false, stride);
    *extent = walk_extent(ndim, size, stride);
    *kept = *reduced = 1;
    for (int d = 0; d < ndim; d++)
        if (harness_int(0, 1)) {
            *kept *= w.kept_size[w.kept_ndim] = size[d];
            w.kept_stride[w.kept_ndim++] = stride[d];
        } else {
            *reduced *= w.reduced_size[w.reduced_ndim] = size[d];
            w.reduced_stride[w.reduced_ndim++] = stride[d];
        }
    return w;
}

/* Real sums against the double reference with sum(|x|); integer sums against their own. */
static void test_sum(cnn_dtype dtype, const cnn_reduce_walk *w, int64_t extent, int64_t kept) {
    const bool real = dtype < CNN_REALS;
    const cnn_reduce_kernels *oracle = harness_kernels(CNN_LEVEL_REFERENCE)->reduce[real ? CNN_F64 : dtype];
    const double *x = harness_reals(extent);
    const void *in = real ? harness_as(dtype, x, extent) : random_elements(dtype, extent, false);
    double *want = harness_array(kept, 8), *terms = harness_array(kept, 8);
    oracle->sum(harness_team(1), w, real ? (const void *)x : in, want);
    if (real) oracle->sum(harness_team(1), w, harness_abs(x, extent), terms);
    const size_t size = real ? harness_size(dtype) : 8;
    EACH_LEVEL(level) {
        void *first = NULL;
        EACH_TEAM(threads) {
            void *got = harness_array(kept, size);
            snprintf(label, sizeof label, "sum of %s, %s, %d dimensions kept, %d reduced", type_names[dtype],
                     cnn_level_name(level), w->kept_ndim, w->reduced_ndim);
            harness_kernels(level)->reduce[dtype]->sum(harness_team(threads), w, in, got);
            if (real) harness_compare(label, dtype, got, want, terms, kept, dtype == CNN_F64 ? 64 : 1);
            if (!real) CHECK_SHOW(kept == 0 || memcmp(got, want, (size_t)kept * 8) == 0, "%s differs", label);
            if (threads == 1) first = got;
            harness_same_bits(label, threads, first, got, kept, size);
        }
    }
    harness_zones(label);
    harness_free_all();
}

static void test_extreme(cnn_dtype dtype, const cnn_reduce_walk *w, int64_t extent, int64_t kept) {
    const size_t size = harness_size(dtype);
    const bool largest = harness_int(0, 1);
    void *x = random_elements(dtype, extent, harness_int(0, 1)), *want = harness_array(kept, size);
    int64_t *at = harness_array(kept, 8);
    harness_kernels(CNN_LEVEL_REFERENCE)->reduce[dtype]->extreme(harness_team(1), w, largest, x, want, at);
    EACH_LEVEL(level) EACH_TEAM(threads) {
        void *got = harness_array(kept, size);
        int64_t *place = harness_array(kept, 8);
        const subject s = {.result = dtype};
        snprintf(label, sizeof label, "extreme of %s, %s", type_names[dtype], cnn_level_name(level));
        harness_kernels(level)->reduce[dtype]->extreme(harness_team(threads), w, largest, x, got, place);
        subject_compare(&s, got, want, NULL, kept);
        harness_same_bits(label, threads, at, place, kept, 8);
        harness_kernels(level)->reduce[dtype]->extreme(harness_team(threads), w, largest, x, NULL, place);
        harness_kernels(level)->reduce[dtype]->extreme(harness_team(threads), w, largest, x, got, NULL);
    }
    harness_zones(label);
    harness_free_all();
}

static void test_reduce(int64_t largest) {
    int64_t extent, kept, reduced;
    for (int dtype = 0; dtype < CNN_DTYPES; dtype++) {
        cnn_reduce_walk w = random_reduce_walk(largest, &extent, &kept, &reduced);
        test_sum((cnn_dtype)dtype, &w, extent, kept);
        w = random_reduce_walk(largest, &extent, &kept, &reduced);
        if (reduced > 0) test_extreme((cnn_dtype)dtype, &w, extent, kept);
    }
}

/* A sum that float32 alone would lose, and the shapes of networks. */
static void test_sum_shapes(void) {
    const int64_t rows = 20000, channels = 37;
    const cnn_reduce_walk bias = {1, 1, {channels}, {1}, {rows}, {channels}};
    const cnn_reduce_walk all = {0, 1, {0}, {0}, {rows * channels}, {1}};
    const cnn_reduce_walk row = {1, 1, {rows}, {channels}, {channels}, {1}};
    test_sum(CNN_F32, &bias, rows * channels, channels);
    test_sum(CNN_F32, &all, rows * channels, 1);
    test_sum(CNN_F64, &all, rows * channels, 1);
    test_sum(CNN_F32, &row, rows * channels, rows);
    test_extreme(CNN_F32, &all, rows * channels, 1);
    test_extreme(CNN_F32, &row, rows * channels, rows);
}

int main(void) {
    harness_seed();
    test_pointwise();
    for (int dtype = 0; dtype < CNN_DTYPES; dtype++) {
        test_transposition((cnn_dtype)dtype, 3, 33, 50);
        test_transposition((cnn_dtype)dtype, 2, 256, 160);
        test_transposition((cnn_dtype)dtype, 1, 3, 1000);
    }
    test_accuracy("exp", CNN_UNARY_exp, exp, -110, 95);
    test_accuracy("exp", CNN_UNARY_exp, exp, -1, 1);
    test_accuracy("log", CNN_UNARY_log, log, -1, 3);
    test_accuracy("log", CNN_UNARY_log, log, 0.9, 1.1);
    test_accuracy("log", CNN_UNARY_log, log, 0, 1e-37);
    test_accuracy("log", CNN_UNARY_log, log, 1, 3e38);
    test_accuracy("expm1", CNN_UNARY_expm1, expm1, -110, 95);
    test_accuracy("expm1", CNN_UNARY_expm1, expm1, -1, 1);
    test_accuracy("expm1", CNN_UNARY_expm1, expm1, -1e-3, 1e-3);
    test_accuracy("log1p", CNN_UNARY_log1p, log1p, -1, 3);
    test_accuracy("log1p", CNN_UNARY_log1p, log1p, -1e-3, 1e-3);
    test_accuracy("log1p", CNN_UNARY_log1p, log1p, 0, 3e38);
    test_accuracy("tanh", CNN_UNARY_tanh, tanh, -12, 12);
    test_accuracy("tanh", CNN_UNARY_tanh, tanh, -0.01, 0.01);
    for (int i = 0; i < 40; i++) test_reduce(i < 35 ? 9 : 30);
    test_sum_shapes();
    return check_result();
}
