/* SPDX-License-Identifier: MIT
 * Every level's pooling, matrix product, cross entropy, random numbers and SGD against the double
 * reference, on random shapes, for teams of 1, 2 and 3. Convolutions have conv2d.c, batch norm has
 * batch_norm.c, strided walks have pointwise.c. */
#include "tests/c/kernel_harness.h"
#include "kernels/philox.h"

enum { TEAMS = 3 };

static char label[256]; /* what is being tested, for messages */

#define EACH_LEVEL(level)  for (cnn_level level = CNN_LEVEL_REFERENCE; level <= cnn_level_detect(); level++)
#define EACH_TEAM(threads) for (int threads = 1; threads <= TEAMS; threads++)

/* ---- pooling ---- */

static int64_t pool_size(int64_t size, int64_t pad, int64_t window, int64_t dilation, int64_t stride, bool ceil_mode) {
    const int64_t room = size + 2 * pad - dilation * (window - 1) - 1;
    int64_t n = (room + (ceil_mode ? stride - 1 : 0)) / stride + 1;
    if (ceil_mode && (n - 1) * stride >= size + pad) n--;
    return room < 0 ? 0 : n;
}

static cnn_pool2d_params pool_random(bool max) {
    cnn_pool2d_params g = {0};
    const bool ceil_mode = harness_int(0, 1);
    do {
        g = (cnn_pool2d_params){.n = harness_int(0, 3),
                                .c = harness_int(1, 70),
                                .h = harness_int(1, 12),
                                .w = harness_int(1, 12),
                                .r = harness_int(1, 4),
                                .s = harness_int(1, 4),
                                .stride_h = harness_int(1, 3),
                                .stride_w = harness_int(1, 3),
                                .dilation_h = 1,
                                .dilation_w = 1};
        if (max) g.dilation_h = harness_int(1, 2), g.dilation_w = harness_int(1, 2);
        g.pad_h = harness_int(0, g.r / 2), g.pad_w = harness_int(0, g.s / 2);
        g.count_include_pad = harness_int(0, 1);
        if (harness_int(0, 4) == 0) g.divisor = harness_int(1, 9);
        g.p = pool_size(g.h, g.pad_h, g.r, g.dilation_h, g.stride_h, ceil_mode);
        g.q = pool_size(g.w, g.pad_w, g.s, g.dilation_w, g.stride_w, ceil_mode);
    } while (g.p < 1 || g.q < 1);
    return g;
}

/* Values from a small set, so that there are equals, with some NaN and infinities for the largest. */
static double *pool_values(int64_t n, bool special) {
    double *x = harness_array(n, sizeof(double));
    for (int64_t i = 0; i < n; i++) {
        x[i] = (double)harness_int(-8, 8);
        if (special && harness_int(0, 40) == 0) x[i] = harness_int(0, 1) ? NAN : -INFINITY;
    }
    return x;
}

static void test_max_pool(cnn_pool2d_params g) {
    const int64_t in = g.n * g.h * g.w * g.c, out = g.n * g.p * g.q * g.c;
    const cnn_pool2d_kernels *oracle = harness_kernels(CNN_LEVEL_REFERENCE)->pool2d[CNN_F64];
    double *x = pool_values(in, true), *dy = harness_reals(out), *y = harness_array(out, 8), *dx = harness_array(in, 8);
    double *terms = harness_array(in, 8);
    int64_t *index = harness_array(out, 8);
    oracle->max_forward(harness_team(1), &g, x, y, index);
    oracle->max_backward(harness_team(1), &g, dy, index, dx);
    oracle->max_backward(harness_team(1), &g, harness_abs(dy, out), index, terms);
    float *single = harness_as(CNN_F32, x, in), *gradient = harness_as(CNN_F32, dy, out);
    EACH_LEVEL(level) EACH_TEAM(threads) {
        const cnn_pool2d_kernels *k = harness_kernels(level)->pool2d[CNN_F32];
        float *got = harness_array(out, 4), *dgot = harness_array(in, 4);
        int64_t *place = harness_array(out, 8);
        snprintf(label, sizeof label, "max_pool2d %s, %lldx%lldx%lldx%lld", cnn_level_name(level), (long long)g.n,
                 (long long)g.h, (long long)g.w, (long long)g.c);
        k->max_forward(harness_team(threads), &g, single, got, place);
        k->max_backward(harness_team(threads), &g, gradient, place, dgot);
        harness_compare(label, CNN_F32, got, y, y, out, 0);
        harness_same_bits(label, threads, index, place, out, 8);
        harness_compare(label, CNN_F32, dgot, dx, terms, in, 8);
    }
    harness_zones(label);
    harness_free_all();
}

static void test_avg_pool(cnn_pool2d_params g) {
    const int64_t in = g.n * g.h * g.w * g.c, out = g.n * g.p * g.q * g.c;
    const cnn_pool2d_kernels *oracle = harness_kernels(CNN_LEVEL_REFERENCE)->pool2d[CNN_F64];
    double *x = harness_reals(in), *dy = harness_reals(out), *y = harness_array(out, 8), *dx = harness_array(in, 8);
    double *terms = harness_array(out, 8), *dterms = harness_array(in, 8);
    oracle->avg_forward(harness_team(1), &g, x, y);
    oracle->avg_forward(harness_team(1), &g, harness_abs(x, in), terms);
    oracle->avg_backward(harness_team(1), &g, dy, dx);
    oracle->avg_backward(harness_team(1), &g, harness_abs(dy, out), dterms);
    float *single = harness_as(CNN_F32, x, in), *gradient = harness_as(CNN_F32, dy, out);
    EACH_LEVEL(level) EACH_TEAM(threads) {
        const cnn_pool2d_kernels *k = harness_kernels(level)->pool2d[CNN_F32];
        float *got = harness_array(out, 4), *dgot = harness_array(in, 4);
        snprintf(label, sizeof label, "avg_pool2d %s, %lldx%lldx%lldx%lld", cnn_level_name(level), (long long)g.n,
                 (long long)g.h, (long long)g.w, (long long)g.c);
        k->avg_forward(harness_team(threads), &g, single, got);
        k->avg_backward(harness_team(threads), &g, gradient, dgot);
        harness_compare(label, CNN_F32, got, y, terms, out, 1);
        harness_compare(label, CNN_F32, dgot, dx, dterms, in, 8);
    }
    harness_zones(label);
    harness_free_all();
}

/* ---- gemm ---- */

static void test_gemm(cnn_dtype dtype, int64_t m, int64_t n, int64_t k, bool transpose_a, bool transpose_b) {
    cnn_gemm_params p = {.transpose_a = transpose_a, .transpose_b = transpose_b, .m = m, .n = n, .k = k};
    p.beta = (int)harness_int(0, 1);
    const int64_t a_rows = p.transpose_a ? k : m, b_rows = p.transpose_b ? n : k;
    p.lda = (p.transpose_a ? m : k) + harness_int(0, 3) + 1;
    p.ldb = (p.transpose_b ? k : n) + harness_int(0, 3) + 1;
    p.ldc = n + harness_int(0, 3);
    const int64_t size_a = a_rows * p.lda, size_b = b_rows * p.ldb, size_c = m * p.ldc;
    const cnn_gemm_kernels *oracle = harness_kernels(CNN_LEVEL_REFERENCE)->gemm[CNN_F64];
    double *a = harness_reals(size_a), *b = harness_reals(size_b), *c = harness_reals(size_c);
    double *want = harness_copy(c, size_c, 8), *terms = harness_abs(c, size_c);
    oracle->gemm(harness_team(1), &p, a, b, want);
    oracle->gemm(harness_team(1), &p, harness_abs(a, size_a), harness_abs(b, size_b), terms);
    void *as = harness_as(dtype, a, size_a), *bs = harness_as(dtype, b, size_b), *first = NULL;
    EACH_LEVEL(level) EACH_TEAM(threads) {
        void *got = harness_as(dtype, c, size_c);
        snprintf(label, sizeof label, "gemm %s f%d, %lld x %lld x %lld, transposed %d %d, beta %d",
                 cnn_level_name(level), dtype == CNN_F64 ? 64 : 32, (long long)m, (long long)n, (long long)k,
                 p.transpose_a, p.transpose_b, p.beta);
        harness_kernels(level)->gemm[dtype]->gemm(harness_team(threads), &p, as, bs, got);
        harness_compare(label, dtype, got, want, terms, size_c, dtype == CNN_F64 ? 16 : 4);
        if (threads == 1) first = got;
        harness_same_bits(label, threads, first, got, size_c, harness_size(dtype));
    }
    harness_zones(label);
    harness_free_all();
}

/* ---- cross entropy ---- */

static void test_cross_entropy(int64_t rows, int64_t classes, double scale) {
    const int64_t n = rows * classes;
    const cnn_cross_entropy_kernels *oracle = harness_kernels(CNN_LEVEL_REFERENCE)->cross_entropy[CNN_F64];
    double *x = harness_reals(n), *loss = harness_array(rows, 8), *terms = harness_array(rows, 8);
    double *dloss = harness_reals(rows), *dx = harness_array(n, 8), *dterms = harness_array(n, 8);
    int64_t *labels = harness_array(rows, 8);
    for (int64_t i = 0; i < n; i++) x[i] = (float)(x[i] * scale);
    if (scale > 100 && rows > 2 && classes > 1) x[0] = NAN, x[classes] = -INFINITY, x[2 * classes + 1] = INFINITY;
    for (int64_t i = 0; i < rows; i++) labels[i] = harness_int(1, classes);
    oracle->forward(harness_team(1), rows, classes, x, labels, loss);
    oracle->backward(harness_team(1), rows, classes, x, labels, dloss, dx);
    /* an exponential's error is that of its argument, times the argument */
    for (int64_t i = 0; i < rows; i++) terms[i] = fabs(loss[i]) + 1;
    for (int64_t i = 0; i < n; i++)
        dterms[i] = (fabs(dx[i]) + (i % classes == labels[i / classes] - 1)) * (1 + scale / 2);
    for (int64_t i = 0; i < n; i++) dterms[i] *= fabs(dloss[i / classes]) + 1;
    float *single = harness_as(CNN_F32, x, n), *gradient = harness_as(CNN_F32, dloss, rows), *first = NULL;
    EACH_LEVEL(level) EACH_TEAM(threads) {
        const cnn_cross_entropy_kernels *k = harness_kernels(level)->cross_entropy[CNN_F32];
        float *got = harness_array(rows, 4), *dgot = harness_array(n, 4);
        snprintf(label, sizeof label, "cross_entropy %s, %lld x %lld, logits about %g", cnn_level_name(level),
                 (long long)rows, (long long)classes, scale);
        k->forward(harness_team(threads), rows, classes, single, labels, got);
        k->backward(harness_team(threads), rows, classes, single, labels, gradient, dgot);
        harness_compare(label, CNN_F32, got, loss, terms, rows, 2);
        harness_compare(label, CNN_F32, dgot, dx, dterms, n, 4);
        if (threads == 1) first = dgot;
        harness_same_bits(label, threads, first, dgot, n, 4);
    }
    harness_zones(label);
    harness_free_all();
}

/* ---- SGD ---- */

static void test_sgd(int64_t n) {
    const double choices[] = {0, 0.9, 0.1, 1e-4};
    cnn_sgd_params p = {.lr = 0.05,
                        .momentum = choices[harness_int(0, 1)],
                        .dampening = choices[2 * harness_int(0, 1)],
                        .weight_decay = choices[3 * harness_int(0, 1)],
                        .nesterov = harness_int(0, 1),
                        .maximize = harness_int(0, 1),
                        .first = harness_int(0, 1)};
    double *param = harness_reals(n), *grad = harness_reals(n), *buffer = harness_reals(n),
           *terms = harness_array(n, 8);
    float *start = harness_as(CNN_F32, param, n), *velocity = harness_as(CNN_F32, buffer, n);
    float *g = harness_as(CNN_F32, grad, n);
    for (int64_t i = 0; i < n; i++) terms[i] = 2 * fabs(param[i]) + fabs(grad[i]) + fabs(buffer[i]);
    harness_kernels(CNN_LEVEL_REFERENCE)
        ->sgd[CNN_F64]
        ->step(harness_team(1), &p, 1, &(cnn_sgd_item){n, grad, param, buffer});
    EACH_LEVEL(level) EACH_TEAM(threads) {
        float *x = harness_copy(start, n, 4), *v = harness_copy(velocity, n, 4);
        snprintf(label, sizeof label, "sgd %s, %lld elements", cnn_level_name(level), (long long)n);
        const int64_t half = n / 2; /* two parameters */
        const cnn_sgd_item item[2] = {{half, g, x, v}, {n - half, g + half, x + half, v + half}};
        harness_kernels(level)->sgd[CNN_F32]->step(harness_team(threads), &p, 2, item);
        harness_compare(label, CNN_F32, x, param, terms, n, 4);
        if (p.momentum != 0) harness_compare(label, CNN_F32, v, buffer, terms, n, 4);
    }
    harness_zones(label);
    harness_free_all();
}

/* ---- the adaptive optimisers ---- */

/* Kernel `which` of the three on these arrays; memories that `p` does without are not passed on. */
static void run_adaptive(cnn_level level, cnn_dtype dtype, int threads, int which, bool optional,
                         const cnn_adaptive_params *p, int64_t n, const void *grad, void *param,
                         void *const memory[3]) {
    const cnn_adaptive_kernels *k = harness_kernels(level)->adaptive[dtype];
    const cnn_team *team = harness_team(threads);
    if (which == 0)
        k->adam(team, p, n, grad, param, memory[0], memory[1], optional ? memory[2] : NULL);
    else if (which == 1)
        k->rmsprop(team, p, n, grad, param, memory[0], optional ? memory[1] : NULL, optional ? memory[2] : NULL);
    else
        k->adagrad(team, p, n, grad, param, memory[0]);
}

static void test_adaptive(int64_t n) {
    static const char *const names[] = {"adam", "rmsprop", "adagrad"};
    const int which = (int)harness_int(0, 2);
    const bool optional = harness_int(0, 1);
    const cnn_adaptive_params p = {.step_size = 0.05,
                                   .eps = 0.1,
                                   .weight_decay = harness_int(0, 1) ? 0.01 : 0,
                                   .shrink = harness_int(0, 1) ? 0.99 : 1,
                                   .beta1 = 0.9,
                                   .beta2 = 0.99,
                                   .root_correction = 0.5,
                                   .alpha = 0.9,
                                   .momentum = 0.5,
                                   .maximize = harness_int(0, 1)};
    double *param = harness_reals(n), *grad = harness_reals(n), *terms = harness_array(n, 8);
    void *memory[3], *single[3];
    for (int i = 0; i < 3; i++) {
        double *x = memory[i] = harness_reals(n);
        /* squares are positive, and far enough above the squares of means that no difference cancels */
        const bool square = which == 0 ? i > 0 : i == 0;
        for (int64_t j = 0; j < n; j++) x[j] = square ? 2 + fabs(x[j]) : x[j] / (1 + fabs(x[j]));
        single[i] = harness_as(CNN_F32, x, n);
    }
    float *start = harness_as(CNN_F32, param, n), *g = harness_as(CNN_F32, grad, n), *first = NULL;
    for (int64_t i = 0; i < n; i++) terms[i] = 4 * (1 + fabs(param[i]) + fabs(grad[i]) + grad[i] * grad[i]);
    run_adaptive(CNN_LEVEL_REFERENCE, CNN_F64, 1, which, optional, &p, n, grad, param, memory);
    EACH_LEVEL(level) EACH_TEAM(threads) {
        float *x = harness_copy(start, n, 4);
        void *m[3];
        for (int i = 0; i < 3; i++) m[i] = harness_copy(single[i], n, 4);
        snprintf(label, sizeof label, "%s %s, %lld elements", names[which], cnn_level_name(level), (long long)n);
        run_adaptive(level, CNN_F32, threads, which, optional, &p, n, g, x, m);
        harness_compare(label, CNN_F32, x, param, terms, n, 8);
        for (int i = 0; i < 3; i++) harness_compare(label, CNN_F32, m[i], memory[i], terms, n, 8);
        if (!first) first = x;
        harness_same_bits(label, threads, first, x, n, 4);
    }
    harness_zones(label);
    harness_free_all();
}

/* ---- random numbers ---- */

/* The known answers that Random123 publishes for philox4x32-10 (kat_vectors): counter, key, words. */
static void test_philox(void) {
    static const uint32_t known[3][10] = {
        {0, 0, 0, 0, 0, 0, 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8},
        {~0u, ~0u, ~0u, ~0u, ~0u, ~0u, 0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd},
        {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0, 0xd16cfe09, 0x94fdcceb, 0x5001e420,
         0x24126ea1}};
    for (int i = 0; i < 3; i++) {
        uint32_t word[4];
        memcpy(word, known[i], sizeof word);
        philox_encrypt(known[i][4], known[i][5], word);
        CHECK_SHOW(memcmp(word, known[i] + 6, sizeof word) == 0, "known answer %d: %08x %08x %08x %08x", i + 1, word[0],
                   word[1], word[2], word[3]);
    }
}

/* log, sine and cosine against the C library. */
static void test_normal_formulas(void) {
    double worst = 0;
    for (int i = 0; i < 200000; i++) {
        const uint32_t w0 = i < 100 ? (uint32_t)i : i < 200 ? ~(uint32_t)(i - 100) : (uint32_t)harness_next();
        const uint32_t w1 = i < 64 ? (uint32_t)i << 26 : (uint32_t)harness_next();
        const double radius = sqrt(-2 * log((w0 + 1.0) * 0x1p-32)), angle = 2 * 3.14159265358979323846 * w1 * 0x1p-32;
        double a, b;
        philox_normal(w0, w1, &a, &b);
        worst = fmax(worst, fmax(fabs(a - radius * cos(angle)), fabs(b - radius * sin(angle))) / (radius + 1e-300));
    }
    CHECK_SHOW(worst < 1e-15, "normal numbers are off by %g", worst);
}

static void random_call(const cnn_random_kernels *k, const cnn_team *team, int kind, uint64_t seed, uint64_t offset,
                        int64_t n, void *out) {
    if (kind == 0) k->uniform(team, seed, offset, n, -1.5, 2.25, out);
    if (kind == 1) k->normal(team, seed, offset, n, 0.5, 2, out);
    if (kind == 2) k->bernoulli(team, seed, offset, n, 0.3, 1.25, out);
}

/* Every level and team gives the reference's bits, from any offset. */
static void test_random(int64_t n) {
    const uint64_t seed = harness_next(), offset = harness_next() >> harness_int(0, 63);
    for (int kind = 0; kind < 3; kind++) {
        float *want = harness_array(n, 4), *later = harness_array(n, 4);
        random_call(harness_kernels(CNN_LEVEL_REFERENCE)->random[CNN_F32], harness_team(1), kind, seed, offset, n,
                    want);
        EACH_LEVEL(level) EACH_TEAM(threads) {
            float *got = harness_array(n, 4);
            snprintf(label, sizeof label, "random %d %s, %lld numbers", kind, cnn_level_name(level), (long long)n);
            random_call(harness_kernels(level)->random[CNN_F32], harness_team(threads), kind, seed, offset, n, got);
            harness_same_bits(label, threads, want, got, n, 4);
        }
        if (n < 8) continue;
        const cnn_kernels *best = harness_kernels(cnn_level_detect());
        random_call(best->random[CNN_F32], harness_team(1), kind, seed, offset + 1, n - 4, later);
        harness_same_bits("random, one counter later", 1, want + 4, later, n - 4, 4);
    }
    harness_zones(label);
    harness_free_all();
}

static void test_random_moments(void) {
    enum { N = 400000 };
    const cnn_random_kernels *k = harness_kernels(cnn_level_detect())->random[CNN_F32];
    float *x = harness_array(N, 4), low = 1, high = 0;
    double mean = 0, square = 0, ones = 0;
    k->normal(harness_team(2), harness_next(), 0, N, 0, 1, x);
    for (int i = 0; i < N; i++) mean += x[i] / (double)N, square += (double)x[i] * x[i] / (double)N;
    CHECK_SHOW(fabs(mean) < 6 / sqrt(N) && fabs(square - 1) < 6 * sqrt(2.0 / N), "normal: mean %g, square %g", mean,
               square);
    k->uniform(harness_team(2), harness_next(), 0, N, 0, 1, x);
    mean = 0;
    for (int i = 0; i < N; i++) mean += x[i] / (double)N, low = fminf(low, x[i]), high = fmaxf(high, x[i]);
    CHECK_SHOW(fabs(mean - 0.5) < 6 / sqrt(12.0 * N) && low >= 0 && high < 1, "uniform: mean %g, %g … %g", mean, low,
               high);
    k->bernoulli(harness_team(2), harness_next(), 0, N, 0.25, 1, x);
    for (int i = 0; i < N; i++) ones += x[i];
    CHECK_SHOW(fabs(ones / N - 0.25) < 6 * sqrt(0.1875 / N), "bernoulli: %g", ones / N);
    harness_free_all();
}

/* ---- everything ---- */

static void test_shapes(void) {
    for (int i = 0; i < 12; i++) {
        test_max_pool(pool_random(true));
        test_avg_pool(pool_random(false));
        for (int t = 0; t < 4; t++) {
            test_gemm(harness_int(0, 1), harness_int(0, 70), harness_int(0, 70), harness_int(0, 90), t & 1, t & 2);
            test_gemm(harness_int(0, 1), harness_int(1, 17), harness_int(60, 600), harness_int(1, 40), t & 1, t & 2);
            test_gemm(harness_int(0, 1), harness_int(1, 30), harness_int(1, 18), harness_int(250, 600), t & 1, t & 2);
        }
        test_cross_entropy(harness_int(0, 40), harness_int(1, 40), i % 3 == 0 ? 1000 : 1);
        test_sgd(harness_int(0, 300));
        test_adaptive(harness_int(0, 300));
        test_random(harness_int(0, 700));
    }
}

/* Sizes that wake the team. */
static void test_large_shapes(void) {
    test_max_pool((cnn_pool2d_params){.n = 3,
                                      .c = 37,
                                      .h = 32,
                                      .w = 32,
                                      .r = 3,
                                      .s = 3,
                                      .p = 16,
                                      .q = 16,
                                      .stride_h = 2,
                                      .stride_w = 2,
                                      .pad_h = 1,
                                      .pad_w = 1,
                                      .dilation_h = 1,
                                      .dilation_w = 1});
    /* the second window of each axis lies wholly outside */
    test_max_pool((cnn_pool2d_params){.n = 2,
                                      .c = 5,
                                      .h = 3,
                                      .w = 3,
                                      .r = 2,
                                      .s = 2,
                                      .p = 2,
                                      .q = 2,
                                      .stride_h = 4,
                                      .stride_w = 4,
                                      .pad_h = 1,
                                      .pad_w = 1,
                                      .dilation_h = 2,
                                      .dilation_w = 2});
    /* n c h w, window r s, output p q, strides, padding, dilation, divisor, count_include_pad */
    test_avg_pool((cnn_pool2d_params){9, 64, 8, 8, 8, 8, 1, 1, 1, 1, 0, 0, 1, 1, 0, false});
    for (int t = 0; t < 4; t++) {
        test_gemm(t < 2 ? CNN_F32 : CNN_F64, 128, 10, 4000, t & 1, t & 2);
        test_gemm(CNN_F32, 10, 3000, 128, t & 1, t & 2);
        test_gemm(CNN_F32, 128, 3000, 10, t & 1, t & 2);
        test_gemm(t < 2 ? CNN_F64 : CNN_F32, 257, 300, 301, t & 1, t & 2);
    }
    test_cross_entropy(700, 100, 3);
    test_sgd(100001);
    test_adaptive(100001);
    test_random(100003);
}

int main(void) {
    harness_seed();
    printf("levels up to %s\n", cnn_level_name(cnn_level_detect()));
    test_philox();
    test_normal_formulas();
    test_random_moments();
    test_shapes();
    test_large_shapes();
    return check_result();
}
