/* SPDX-License-Identifier: MIT
 * Every level's batch norm, and the chains of steps around it, against the double reference, on random shapes, for
 * teams of 1, 2 and 3. A chain has the bits of its single steps. */
#include "tests/c/kernel_harness.h"

enum { TEAMS = 3 };

static char label[256]; /* what is being tested, for messages */

#define EACH_LEVEL(level)  for (cnn_level level = CNN_LEVEL_REFERENCE; level <= cnn_level_detect(); level++)
#define EACH_TEAM(threads) for (int threads = 1; threads <= TEAMS; threads++)

typedef struct norm_case {
    int64_t rows, channels, n;
    const double *x, *dy, *mean, *var, *invstd, *weight, *bias; /* weight and bias may be NULL */
} norm_case;

/* Per element, what a result of the given kind is a sum of, all positive. */
static double *norm_terms(const norm_case *t, const double *dw, const double *db, bool gradient) {
    double *terms = harness_array(t->n, sizeof(double));
    for (int64_t i = 0; i < t->n; i++) {
        const int64_t c = i % t->channels;
        const double scale = fabs(t->invstd[c] * (t->weight ? t->weight[c] : 1)), d = fabs(t->x[i]) + fabs(t->mean[c]);
        const double rows = (double)t->rows;
        terms[i] = gradient ? scale * (fabs(t->dy[i]) + db[c] / rows + d * t->invstd[c] * dw[c] / rows)
                            : d * scale + (t->bias ? fabs(t->bias[c]) : 0);
    }
    return terms;
}

static void norm_statistics(const norm_case *t, cnn_level level, int threads, const float *x, float *first) {
    const cnn_batch_norm_kernels *k = harness_kernels(level)->batch_norm[CNN_F32];
    const cnn_team *team = harness_team(threads);
    float *result = harness_array(2 * t->channels, sizeof(float));
    double *terms = harness_array(t->channels, sizeof(double));
    k->statistics(team, t->rows, t->channels, x, result, result + t->channels,
                  harness_workspace(k->workspace_bytes(team, t->rows, t->channels)));
    for (int64_t c = 0; c < t->channels; c++) terms[c] = fabs(t->mean[c]) + sqrt(t->var[c]);
    harness_compare(label, CNN_F32, result, t->mean, terms, t->channels, 2);
    for (int64_t c = 0; c < t->channels; c++) terms[c] = t->var[c] + 1e-12 * t->mean[c] * t->mean[c];
    harness_compare(label, CNN_F32, result + t->channels, t->var, terms, t->channels, 4);
    if (threads > 1) harness_same_bits(label, threads, first, result, 2 * t->channels, sizeof(float));
    if (threads == 1) memcpy(first, result, (size_t)(2 * t->channels) * sizeof(float));
}

/* A second array and a gate, or NULL; in float for the level, in double for the oracle. */
typedef struct extras {
    double *y, *gate;
    const float *y_single, *gate_single;
} extras;

static extras extras_make(int64_t n, bool second, bool gate) {
    extras e = {0};
    if (second) e.y = harness_reals(n), e.y_single = harness_as(CNN_F32, e.y, n);
    if (gate) e.gate = harness_reals(n), e.gate_single = harness_as(CNN_F32, e.gate, n);
    return e;
}

/* Every kind of chain, against the oracle, and against its single steps: the same bits. */
static void norm_chain(const norm_case *t, cnn_level level, int threads, int kind, const float *x, const extras *e) {
    const cnn_chain_kernels *k = harness_kernels(level)->chain[CNN_F32];
    const cnn_chain_kernels *oracle = harness_kernels(CNN_LEVEL_REFERENCE)->chain[CNN_F64];
    double *scale = harness_array(t->channels, 8), *shift = harness_array(t->channels, 8);
    double *want = harness_array(t->n, sizeof(double)), *terms = norm_terms(t, NULL, NULL, false);
    for (int64_t c = 0; c < t->channels; c++) {
        scale[c] = (float)(t->invstd[c] * (t->weight ? t->weight[c] : 1));
        shift[c] = t->bias ? t->bias[c] : 0;
    }
    cnn_chain exact = {.x = t->x, .mean = t->mean, .scale = scale, .shift = shift};
    cnn_chain chain = {.x = x,
                       .mean = harness_as(CNN_F32, t->mean, t->channels),
                       .scale = harness_as(CNN_F32, scale, t->channels),
                       .shift = harness_as(CNN_F32, shift, t->channels)};
    float *single = harness_array(t->n, sizeof(float)), *y = harness_array(t->n, sizeof(float));
    if (kind & 8) {
        chain.mean = chain.scale = chain.shift = exact.mean = exact.scale = exact.shift = NULL;
        for (int64_t i = 0; i < t->n; i++) terms[i] = fabs(t->x[i]);
    }
    k->run(harness_team(1), t->rows, t->channels, &chain, single);
    if (kind & 1) {
        exact.y = e->y, chain.y = e->y_single;
        for (int64_t i = 0; i < t->n; i++) single[i] += e->y_single[i], terms[i] += fabs(e->y[i]);
    }
    if (kind & 2) {
        exact.gate = e->gate, chain.gate = e->gate_single;
        float *gate = harness_array(t->n, sizeof(float));
        if (t->n) memcpy(gate, e->gate_single, (size_t)t->n * sizeof(float));
        if (kind & 4) {
            exact.gate_mean = scale, exact.gate_scale = shift, exact.gate_shift = t->mean;
            chain.gate_mean = harness_as(CNN_F32, scale, t->channels);
            chain.gate_scale = harness_as(CNN_F32, shift, t->channels);
            chain.gate_shift = harness_as(CNN_F32, t->mean, t->channels);
            const cnn_chain opening = {
                .x = gate, .mean = chain.gate_mean, .scale = chain.gate_scale, .shift = chain.gate_shift};
            k->run(harness_team(1), t->rows, t->channels, &opening, gate);
        }
        for (int64_t i = 0; i < t->n; i++) single[i] = gate[i] > 0 ? single[i] : 0;
    }
    if ((kind & 6) == 4) {
        exact.relu = chain.relu = true;
        for (int64_t i = 0; i < t->n; i++) single[i] = single[i] < 0 ? 0 : single[i];
    }
    oracle->run(harness_team(1), t->rows, t->channels, &exact, want);
    k->run(harness_team(threads), t->rows, t->channels, &chain, y);
    if ((kind & 6) != 6)
        harness_compare(label, CNN_F32, y, want, terms, t->n, 4); /* else a gate may open by rounding */
    harness_same_bits(label, threads, single, y, t->n, sizeof(float));
}

/* The gradient of a batch norm as a chain, with constants that need not belong together. */
static void norm_linear(const norm_case *t, cnn_level level, int threads, const float *x, const extras *e,
                        float *first) {
    const cnn_chain_kernels *k = harness_kernels(level)->chain[CNN_F32];
    const cnn_chain_kernels *oracle = harness_kernels(CNN_LEVEL_REFERENCE)->chain[CNN_F64];
    const int64_t n = t->n, c = t->channels;
    const double *scale = t->weight ? t->weight : t->invstd, *shift = t->bias ? t->bias : t->invstd;
    double *want = harness_array(n, sizeof(double)), *terms = harness_array(n, sizeof(double));
    float *y = harness_array(n, sizeof(float));
    const cnn_chain exact = {.x = e->y, .mean = t->mean, .scale = scale, .shift = shift, .slope = t->invstd, .y = t->x};
    const cnn_chain chain = {.x = e->y_single,
                             .mean = harness_as(CNN_F32, t->mean, c),
                             .scale = harness_as(CNN_F32, scale, c),
                             .shift = harness_as(CNN_F32, shift, c),
                             .slope = harness_as(CNN_F32, t->invstd, c),
                             .y = x};
    oracle->run(harness_team(1), t->rows, c, &exact, want);
    k->run(harness_team(threads), t->rows, c, &chain, y);
    for (int64_t i = 0; i < n; i++)
        terms[i] = fabs(scale[i % c] * e->y[i]) + fabs(shift[i % c]) +
                   fabs(t->invstd[i % c]) * (fabs(t->x[i]) + fabs(t->mean[i % c]));
    harness_compare(label, CNN_F32, y, want, terms, n, 4);
    if (threads > 1) harness_same_bits(label, threads, first, y, n, sizeof(float));
    if (threads == 1 && n) memcpy(first, y, (size_t)n * sizeof(float));
}

static void norm_backward(const norm_case *t, cnn_level level, int threads, bool training, const float *x, float *first,
                          const extras *e) {
    const cnn_batch_norm_kernels *k = harness_kernels(level)->batch_norm[CNN_F32];
    const cnn_batch_norm_kernels *oracle = harness_kernels(CNN_LEVEL_REFERENCE)->batch_norm[CNN_F64];
    const int64_t n = t->n, c = t->channels;
    const float *dy = harness_as(CNN_F32, t->dy, n), *mean = harness_as(CNN_F32, t->mean, c);
    const float *invstd = harness_as(CNN_F32, t->invstd, c),
                *weight = t->weight ? harness_as(CNN_F32, t->weight, c) : NULL;
    float *dx = harness_array(n, sizeof(float)), *d = harness_array(2 * c, sizeof(float));
    float *again = harness_array(n, sizeof(float)), *gathered = harness_array(n, sizeof(float));
    double *want = harness_array(n, sizeof(double)), *dwant = harness_array(2 * c, sizeof(double));
    double *sums = harness_array(2 * c, sizeof(double)), *dsum = harness_array(n, sizeof(double));
    const cnn_chain exact = {.x = t->dy, .y = e->y, .gate = e->gate};
    const cnn_chain chain = {.x = dy, .y = e->y_single, .gate = e->gate_single};
    const size_t bytes = k->workspace_bytes(harness_team(threads), t->rows, c);
    oracle->backward(harness_team(1), t->rows, c, training, t->x, &exact, dsum, t->mean, t->invstd, t->weight, want,
                     dwant, dwant + c, NULL);
    k->backward(harness_team(threads), t->rows, c, training, x, &chain, NULL, mean, invstd, weight, dx, d, d + c,
                harness_workspace(bytes));
    k->backward(harness_team(threads), t->rows, c, training, x, &chain, gathered, mean, invstd, weight, again, d, d + c,
                harness_workspace(bytes));
    harness_same_bits(label, threads, dx, again, n, sizeof(float));
    memset(sums, 0, (size_t)(2 * c) * sizeof(double));
    for (int64_t i = 0; i < n; i++) {
        const double size = fabs(t->dy[i]) + (e->y ? fabs(e->y[i]) : 0);
        sums[i % c] += size * (fabs(t->x[i]) + fabs(t->mean[i % c])) * t->invstd[i % c];
        sums[c + i % c] += size;
        again[i] = (float)(e->y ? dy[i] + e->y_single[i] : dy[i]);
        if (e->gate && !(e->gate_single[i] > 0)) again[i] = 0;
    }
    harness_same_bits(label, threads, again, gathered, n, sizeof(float));
    double *terms = norm_terms(t, sums, sums + c, true);
    for (int64_t i = 0; i < n && e->y; i++)
        terms[i] += fabs(e->y[i]) * t->invstd[i % c] * (t->weight ? fabs(t->weight[i % c]) : 1);
    harness_compare(label, CNN_F32, d, dwant, sums, 2 * c, 2);
    harness_compare(label, CNN_F32, dx, want, terms, n, 6);
    if (threads > 1) harness_same_bits(label, threads, first, dx, n, sizeof(float));
    if (threads == 1 && n) memcpy(first, dx, (size_t)n * sizeof(float));
}

/* Mean and variance come from the reference and are rounded to float32, so that every level is given the same. */
static void test_batch_norm(int64_t rows, int64_t channels, double offset) {
    norm_case t = {.rows = rows, .channels = channels, .n = rows * channels};
    double *x = harness_reals(t.n), *mean = harness_array(channels, 8), *var = harness_array(channels, 8);
    double *invstd = harness_array(channels, 8), *center = harness_array(channels, 8);
    for (int64_t i = 0; i < t.n; i++) x[i] = (float)(x[i] + offset * (double)(1 + i % channels % 3));
    harness_kernels(CNN_LEVEL_REFERENCE)
        ->batch_norm[CNN_F64]
        ->statistics(harness_team(1), rows, channels, x, mean, var, NULL);
    for (int64_t c = 0; c < channels; c++) {
        invstd[c] = (float)(1 / sqrt(var[c] + 1e-5));
        center[c] = (float)mean[c];
    }
    t.x = x, t.dy = harness_reals(t.n), t.mean = mean, t.var = var, t.invstd = invstd;
    if (harness_int(0, 3)) t.weight = harness_reals(channels), t.bias = harness_reals(channels);
    const extras all = extras_make(t.n, true, true), some = extras_make(t.n, harness_int(0, 1), harness_int(0, 1));
    const int arrays = harness_count;
    EACH_LEVEL(level) {
        float *first = harness_array(t.n + 2 * channels, sizeof(float)), *single = harness_as(CNN_F32, x, t.n);
        snprintf(label, sizeof label, "batch_norm %s, %lld rows, %lld channels, mean %g", cnn_level_name(level),
                 (long long)rows, (long long)channels, offset);
        EACH_TEAM(threads) {
            t.mean = mean;
            norm_statistics(&t, level, threads, single, first);
            t.mean = center;
            for (int kind = 0; kind < 16; kind++) norm_chain(&t, level, threads, kind, single, &all);
            norm_linear(&t, level, threads, single, &all, first + 2 * channels);
        }
        for (int training = 0; training < 2; training++)
            EACH_TEAM(threads) norm_backward(&t, level, threads, training, single, first + 2 * channels, &some);
        harness_zones(label);
        while (harness_count > arrays) {
            harness_count--;
            munmap(harness_arrays[harness_count].map, harness_arrays[harness_count].map_bytes);
        }
    }
    harness_free_all();
}

int main(void) {
    harness_seed();
    printf("levels up to %s\n", cnn_level_name(cnn_level_detect()));
    for (int i = 0; i < 12; i++) test_batch_norm(harness_int(1, 200), harness_int(1, 80), 0);
    test_batch_norm(5000, 10, 3); /* sizes that wake the team */
    test_batch_norm(3001, 64, 0);
    test_batch_norm(2000, 100, 1e4);
    test_batch_norm(1030, 3, 1e6);
    return check_result();
}
