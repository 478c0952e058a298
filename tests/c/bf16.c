/* SPDX-License-Identifier: MIT
 * The vector kernels that keep bfloat16 in memory against those of float32 at the same level, given the same numbers:
 * what comes out must be float32's result, rounded, bit for bit (sums of a variance are made in another order, and come
 * near); for teams of 1, 2 and 3. */
#include "tests/c/kernel_harness.h"

static char label[160];

#define EACH_LEVEL(level)  for (cnn_level level = CNN_LEVEL_BASELINE; level <= cnn_level_detect(); level++)
#define EACH_TEAM(threads) for (int threads = 1; threads <= 3; threads++)

/* n numbers that bfloat16 holds, some of them special. */
static uint16_t *halves(int64_t n, bool special) {
    static const float specials[] = {NAN, INFINITY, -INFINITY, -0.0f, 0x1p-133f, -0x1p-133f, 3.3e38f};
    uint16_t *x = harness_array(n, sizeof *x);
    for (int64_t i = 0; i < n; i++)
        x[i] = cnn_bf16_round(special && harness_int(0, 60) == 0 ? specials[harness_int(0, 6)] : (float)harness_real());
    return x;
}

static float *widened(const uint16_t *x, int64_t n) {
    float *y = harness_array(n, sizeof *y);
    for (int64_t i = 0; i < n; i++) y[i] = cnn_bf16_widen(x[i]);
    return y;
}

static float *floats(int64_t n) {
    float *x = harness_array(n, sizeof *x);
    for (int64_t i = 0; i < n; i++) x[i] = (float)harness_real();
    return x;
}

static void same(const char *what, cnn_level level, int threads, const uint16_t *got, const float *want, int64_t n) {
    int64_t wrong = 0, at = 0;
    for (int64_t i = 0; i < n; i++) {
        const bool nans = want[i] != want[i] && cnn_bf16_widen(got[i]) != cnn_bf16_widen(got[i]);
        if (!nans && got[i] != cnn_bf16_round(want[i])) wrong++, at = i;
    }
    CHECK_SHOW(wrong == 0, "%s: %s at %s with %d threads: %lld of %lld wrong, as %g for %.9g", label, what,
               cnn_level_name(level), threads, (long long)wrong, (long long)n,
               (double)cnn_bf16_widen(got[wrong ? at : 0]), (double)want[wrong ? at : 0]);
}

/* ---- conversions ---- */

/* Every bfloat16 there and back; and what lies between two of them goes to the nearer, the middle to the even one. */
static void test_rounding(void) {
    int64_t wrong = 0;
    for (uint32_t bits = 0; bits < 0x10000; bits++) {
        const float x = cnn_bf16_widen((uint16_t)bits);
        wrong += x == x ? cnn_bf16_round(x) != bits : cnn_bf16_round(x) != (bits | 0x40);
    }
    CHECK_SHOW(wrong == 0, "%lld of all bfloat16 do not come back", (long long)wrong);
    for (uint32_t bits = 0; bits < 0x7f80; bits += 7) {
        const uint32_t above = bits << 16 | 0x8001, middle = bits << 16 | 0x8000, below = bits << 16 | 0x7fff;
        float x[3];
        memcpy(&x[0], &above, 4), memcpy(&x[1], &middle, 4), memcpy(&x[2], &below, 4);
        CHECK(cnn_bf16_round(x[0]) == bits + 1 && cnn_bf16_round(x[1]) == bits + (bits & 1) &&
              cnn_bf16_round(x[2]) == bits);
        CHECK(cnn_bf16_round(-x[0]) == (0x8000 | (bits + 1)));
    }
}

/* ---- chains ---- */

typedef struct norm_vectors {
    const float *mean, *scale, *shift;
} norm_vectors;

/* value = round(fma(value - mean, scale, shift)), by the level's float32 chain */
static void normed(cnn_level level, int64_t rows, int64_t channels, const norm_vectors *k, float *value) {
    const cnn_chain chain = {.x = value, .mean = k->mean, .scale = k->scale, .shift = k->shift};
    harness_kernels(level)->chain[CNN_F32]->run(harness_team(1), rows, channels, &chain, value);
    for (int64_t i = 0; i < rows * channels; i++) value[i] = cnn_bf16_widen(cnn_bf16_round(value[i]));
}

static void test_chain(int64_t rows, int64_t channels, int kind) {
    const int64_t n = rows * channels;
    const uint16_t *x = halves(n, true), *y = halves(n, true), *gate = halves(n, true);
    const norm_vectors k = {floats(channels), floats(channels), floats(channels)};
    const norm_vectors g = {floats(channels), floats(channels), floats(channels)};
    const bool norm = kind & 1, second = kind & 2, relu = (kind & 12) == 4, gated = kind & 8, gate_norm = kind & 4;
    snprintf(label, sizeof label, "chain %d of %lld rows, %lld channels", kind, (long long)rows, (long long)channels);
    EACH_LEVEL(level) {
        cnn_chain chain = {.x = x, .relu = relu};
        float *want = widened(x, n), *open = widened(gate, n);
        const float *more = widened(y, n);
        if (norm) {
            chain.mean = k.mean, chain.scale = k.scale, chain.shift = k.shift;
            normed(level, rows, channels, &k, want);
        }
        if (second) chain.y = y;
        if (gated) chain.gate = gate;
        if (gated && gate_norm) {
            chain.gate_mean = g.mean, chain.gate_scale = g.scale, chain.gate_shift = g.shift;
            normed(level, rows, channels, &g, open);
        }
        for (int64_t i = 0; i < n; i++) {
            if (second) want[i] = cnn_bf16_widen(cnn_bf16_round(want[i] + more[i]));
            if (relu && want[i] < 0) want[i] = 0;
            if (gated && !(open[i] > 0)) want[i] = 0;
        }
        EACH_TEAM(threads) {
            uint16_t *out = harness_array(n, sizeof *out);
            harness_kernels(level)->chain[CNN_BF16]->run(harness_team(threads), rows, channels, &chain, out);
            same("result", level, threads, out, want, n);
        }
        harness_zones(label);
    }
    harness_free_all();
}

/* The reference's steps, written down once more. */
static void test_reference_chain(void) {
    enum { ROWS = 9, CHANNELS = 5, N = ROWS * CHANNELS };
    const uint16_t *x = halves(N, true), *y = halves(N, true);
    const norm_vectors k = {floats(CHANNELS), floats(CHANNELS), floats(CHANNELS)};
    const cnn_chain chain = {.x = x, .mean = k.mean, .scale = k.scale, .shift = k.shift, .y = y, .relu = true};
    uint16_t *out = harness_array(N, sizeof *out);
    float *want = widened(x, N);
    for (int i = 0; i < N; i++) {
        const int c = i % CHANNELS;
        want[i] = (float)fma(want[i] - k.mean[c], k.scale[c], k.shift[c]);
        want[i] = cnn_bf16_widen(cnn_bf16_round(want[i])) + cnn_bf16_widen(y[i]);
        if (want[i] < 0) want[i] = 0;
    }
    snprintf(label, sizeof label, "reference chain");
    harness_kernels(CNN_LEVEL_REFERENCE)->chain[CNN_BF16]->run(harness_team(1), ROWS, CHANNELS, &chain, out);
    same("result", CNN_LEVEL_REFERENCE, 1, out, want, N);
    harness_free_all();
}

/* ---- batch norm ---- */

static void test_statistics(int64_t rows, int64_t channels) {
    const uint16_t *x = halves(rows * channels, false);
    const float *wide = widened(x, rows * channels);
    float *first = harness_array(2 * channels, sizeof *first);
    snprintf(label, sizeof label, "statistics of %lld rows, %lld channels", (long long)rows, (long long)channels);
    EACH_LEVEL(level) EACH_TEAM(threads) {
        const cnn_batch_norm_kernels *half = harness_kernels(level)->batch_norm[CNN_BF16];
        const cnn_batch_norm_kernels *single = harness_kernels(level)->batch_norm[CNN_F32];
        const cnn_team *team = harness_team(threads);
        const size_t bytes = half->workspace_bytes(team, rows, channels);
        float *got = harness_array(2 * channels, 4), *want = harness_array(2 * channels, 4);
        half->statistics(team, rows, channels, x, got, got + channels, harness_workspace(bytes));
        single->statistics(team, rows, channels, wide, want, want + channels, harness_workspace(bytes));
        for (int64_t i = 0; i < 2 * channels; i++) {
            const double scale = fabs((double)want[i % channels]) + fabs((double)want[channels + i % channels]);
            CHECK_SHOW(fabs((double)got[i] - (double)want[i]) <= 1e-5 * scale, "%s at %s: %.9g, not %.9g", label,
                       cnn_level_name(level), (double)got[i], (double)want[i]);
        }
        if (threads == 1) memcpy(first, got, (size_t)(2 * channels) * sizeof(float));
        harness_same_bits(label, threads, first, got, 2 * channels, sizeof(float));
        harness_zones(label);
    }
    harness_free_all();
}

static void test_backward(int64_t rows, int64_t channels, bool training, bool second, bool gate, bool gather) {
    const int64_t n = rows * channels;
    const uint16_t *x = halves(n, false), *dy = halves(n, false), *dy2 = halves(n, false), *open = halves(n, false);
    const float *mean = floats(channels), *invstd = floats(channels);
    const float *weight = harness_int(0, 1) ? floats(channels) : NULL, *wide = widened(x, n);
    const cnn_chain chain = {.x = dy, .y = second ? dy2 : NULL, .gate = gate ? open : NULL};
    float *sum = widened(dy, n);
    for (int64_t i = 0; i < n; i++) {
        if (second) sum[i] = cnn_bf16_widen(cnn_bf16_round(sum[i] + cnn_bf16_widen(dy2[i])));
        if (gate && !(cnn_bf16_widen(open[i]) > 0)) sum[i] = 0;
    }
    snprintf(label, sizeof label, "gradient of %lld rows, %lld channels, %d%d%d%d", (long long)rows,
             (long long)channels, training, second, gate, gather);
    EACH_LEVEL(level) EACH_TEAM(threads) {
        const cnn_batch_norm_kernels *half = harness_kernels(level)->batch_norm[CNN_BF16];
        const cnn_batch_norm_kernels *single = harness_kernels(level)->batch_norm[CNN_F32];
        const cnn_team *team = harness_team(threads);
        const size_t bytes = half->workspace_bytes(team, rows, channels);
        uint16_t *dx = harness_array(n, 2), *gathered = harness_array(n, 2);
        float *want = harness_array(n, 4), *d = harness_array(2 * channels, 4),
              *d_want = harness_array(2 * channels, 4);
        half->backward(team, rows, channels, training, x, &chain, gather ? gathered : NULL, mean, invstd, weight, dx, d,
                       d + channels, harness_workspace(bytes));
        single->backward(team, rows, channels, training, wide, &(cnn_chain){.x = sum}, NULL, mean, invstd, weight, want,
                         d_want, d_want + channels, harness_workspace(bytes));
        same("dinput", level, threads, dx, want, n);
        if (gather) same("the gradient summed", level, threads, gathered, sum, n);
        harness_same_bits(label, threads, d_want, d, 2 * channels, sizeof(float));
        harness_zones(label);
    }
    harness_free_all();
}

/* ---- pooling ---- */

static void test_pool(int64_t c, int64_t r, int64_t stride, int64_t pad) {
    cnn_pool2d_params g = {.n = 2,
                           .c = c,
                           .h = 4 * r,
                           .w = 3 * r,
                           .r = r,
                           .s = r,
                           .stride_h = stride,
                           .stride_w = stride,
                           .pad_h = pad,
                           .pad_w = pad,
                           .dilation_h = 1,
                           .dilation_w = 1,
                           .count_include_pad = pad & 1};
    g.p = (g.h + 2 * pad - r) / stride + 1, g.q = (g.w + 2 * pad - r) / stride + 1;
    const int64_t in = g.n * g.h * g.w * c, out = g.n * g.p * g.q * c;
    const bool tiles = stride == r && pad == 0;
    const uint16_t *x = halves(in, true), *dy = halves(out, false);
    const float *wide = widened(x, in), *dy_wide = widened(dy, out);
    snprintf(label, sizeof label, "pooling of %lld channels, window %lld, stride %lld", (long long)c, (long long)r,
             (long long)stride);
    EACH_LEVEL(level) EACH_TEAM(threads) {
        const cnn_pool2d_kernels *half = harness_kernels(level)->pool2d[CNN_BF16];
        const cnn_pool2d_kernels *single = harness_kernels(level)->pool2d[CNN_F32];
        const cnn_team *team = harness_team(threads);
        uint16_t *y = harness_array(out, 2), *dx = harness_array(in, 2);
        float *want = harness_array(out, 4), *dwant = harness_array(in, 4);
        int64_t *at = harness_array(out, 8), *at_want = harness_array(out, 8);
        half->max_forward(team, &g, x, y, at);
        single->max_forward(team, &g, wide, want, at_want);
        same("max", level, threads, y, want, out);
        harness_same_bits(label, threads, at_want, at, out, sizeof(int64_t));
        if (tiles) {
            half->max_backward(team, &g, dy, at, dx);
            single->max_backward(team, &g, dy_wide, at, dwant);
            same("max backward", level, threads, dx, dwant, in);
        }
        half->avg_forward(team, &g, x, y);
        single->avg_forward(team, &g, wide, want);
        same("avg", level, threads, y, want, out);
        if (tiles) {
            half->avg_backward(team, &g, dy, dx);
            single->avg_backward(team, &g, dy_wide, dwant);
            same("avg backward", level, threads, dx, dwant, in);
        }
        harness_zones(label);
    }
    harness_free_all();
}

int main(void) {
    static const int64_t channels[] = {1, 3, 8, 16, 17, 64, 70};
    harness_seed();
    test_rounding();
    test_reference_chain();
    for (size_t i = 0; i < sizeof channels / sizeof *channels; i++) {
        const int64_t c = channels[i], rows = harness_int(1, 200);
        for (int kind = 0; kind < 16; kind++) test_chain(rows, c, kind);
        test_statistics(rows, c);
        for (int kind = 0; kind < 16; kind++) test_backward(rows, c, kind & 1, kind & 2, kind & 4, kind & 8);
        test_pool(c, 2, 2, 0);
        test_pool(c, 3, 2, 1);
        test_pool(c, 3, 3, 0);
    }
    test_chain(4000, 16, 7);
    test_statistics(4000, 16);
    test_backward(4000, 16, true, true, true, true);
    return check_result();
}
