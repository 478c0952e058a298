/* SPDX-License-Identifier: MIT
 * What convolutions do on the way in and out, against the same done in passes of its own, on random shapes.
 *
 * Each level and algorithm that says it can fuse something is asked to, and must give the bits that it gives without,
 * from arrays on which the rest was done here; sums are checked against sums in double. Bits must not depend on the
 * number of threads. Usage: conv2d_fusion [shapes], CNN_TEST_SEED repeats a run. */
#include "tests/c/kernel_harness.h"

typedef struct arrays {
    float *input, *residual, *weight, *bias, *output, *doutput;
    float *mean, *scale, *shift, *d_mean, *d_scale, *d_slope, *d_shift;
} arrays;

typedef struct results {
    float *output, *staged, *moments, *dinput, *dweight, *sums;
} results;

/* One level, algorithm, shape and choice of what is fused. */
typedef struct trial {
    const cnn_conv2d_kernels *kernels;
    bool exact; /* the level's fma rounds once */
    const char *name;
    cnn_conv2d_params a;
    cnn_conv2d_fusion wanted; /* pointers say what; those to results are set for each run */
    int64_t inputs, weights, outputs;
} trial;

static float *floats(int64_t n) {
    float *x = harness_array(n, sizeof(float));
    for (int64_t i = 0; i < n; i++) x[i] = (float)(harness_next() >> 40) / (1 << 22) - 2;
    return x;
}

static arrays arrays_new(const trial *t) {
    const int64_t c = t->a.c, k = t->a.k;
    return (arrays){floats(t->inputs),  floats(t->inputs), floats(t->weights), floats(k), floats(t->outputs),
                    floats(t->outputs), floats(c),         floats(c),          floats(c), floats(k),
                    floats(k),          floats(k),         floats(k)};
}

static results results_new(const trial *t) {
    return (results){floats(t->outputs), floats(t->inputs),  floats(3 * t->a.n * t->a.k),
                     floats(t->inputs),  floats(t->weights), floats(2 * t->a.n * t->a.c)};
}

static float fused(const trial *t, float x, float y, float z) {
    return t->exact ? fmaf(x, y, z) : x * y + z;
}

/* input' and doutput', by the contract's formulas. */
static float input_of(const trial *t, const arrays *x, int64_t i) {
    const cnn_conv2d_fusion *f = &t->wanted;
    const int64_t c = i % t->a.c;
    float v = x->input[i];
    if (f->mean) v = fused(t, v - x->mean[c], x->scale[c], x->shift[c]);
    if (f->residual) v += x->residual[i];
    return f->relu && !(v > 0) ? 0 : v;
}

static float doutput_of(const trial *t, const arrays *x, int64_t i) {
    const int64_t k = i % t->a.k;
    if (!t->wanted.output) return x->doutput[i];
    return fused(t, x->d_scale[k], x->doutput[i], fused(t, x->d_slope[k], x->output[i] - x->d_mean[k], x->d_shift[k]));
}

/* ---- running it ---- */

static cnn_conv2d_fusion fusion_for(const trial *t, const arrays *x, const results *r) {
    const cnn_conv2d_fusion *w = &t->wanted;
    cnn_conv2d_fusion f = {.relu = w->relu,
                           .residual = w->residual ? x->residual : NULL,
                           .staged = w->staged ? r->staged : NULL,
                           .moments = w->moments ? r->moments : NULL,
                           .sums = w->sums ? r->sums : NULL};
    if (w->mean) f.mean = x->mean, f.scale = x->scale, f.shift = x->shift;
    if (w->output)
        f.output = x->output, f.d_mean = x->d_mean, f.d_scale = x->d_scale, f.d_slope = x->d_slope,
        f.d_shift = x->d_shift;
    return f;
}

static void run(const trial *t, const cnn_team *team, cnn_conv2d_pass pass, const cnn_conv2d_fusion *f, const arrays *x,
                const results *r) {
    const cnn_conv2d_kernels *k = t->kernels;
    void *workspace = harness_workspace(k->workspace_bytes(team, &t->a, pass));
    if (pass == CNN_CONV2D_FORWARD)
        k->forward(team, &t->a, f, x->input, x->weight, x->bias, r->output, NULL, workspace);
    else if (pass == CNN_CONV2D_BACKWARD_INPUT)
        k->backward_input(team, &t->a, f, x->input, x->doutput, x->weight, r->dinput, workspace);
    else if (pass == CNN_CONV2D_BACKWARD_WEIGHT)
        k->backward_weight(team, &t->a, f, x->input, NULL, x->doutput, r->dweight, workspace);
    else
        k->backward(team, &t->a, f, x->input, NULL, x->weight, x->doutput, r->dinput, r->dweight, workspace);
}

static void same(const trial *t, const char *what, const float *got, const float *want, int64_t n) {
    int64_t i = 0;
    while (i < n && got[i] == want[i]) i++;
    CHECK_SHOW(i == n, "%s, %s %lld of %lld is %.9g, not %.9g: n %d c %d h %d w %d k %d pad %d %d", t->name, what,
               (long long)i, (long long)n, (double)got[i < n ? i : 0], (double)want[i < n ? i : 0], (int)t->a.n,
               (int)t->a.c, (int)t->a.h, (int)t->a.w, (int)t->a.k, (int)t->a.pad_h, (int)t->a.pad_w);
}

static void near(const trial *t, const char *what, double got, double want, double tolerance) {
    CHECK_SHOW(fabs(got - want) <= tolerance, "%s, %s is %.9g, not %.9g: n %d c %d h %d w %d k %d", t->name, what, got,
               want, (int)t->a.n, (int)t->a.c, (int)t->a.h, (int)t->a.w, (int)t->a.k);
}

/* Sums of `count` floats in runs of any order are off by less than this part of their terms. */
static double part(int64_t count) {
    return FLT_EPSILON * (4 + (double)count / 4);
}

/* moments of the output, per image and filter */
static void check_moments(const trial *t, const results *r) {
    const int64_t pixels = t->a.p * t->a.q, k = t->a.k;
    for (int64_t j = 0; j < t->a.n * k; j++) {
        const float *m = r->moments + j / k * 3 * k + j % k, *y = r->output + j / k * pixels * k + j % k;
        double low = y[0], high = y[0], first = 0, second = 0, terms = 0;
        for (int64_t i = 0; i < pixels; i++) {
            const double apart = (double)y[i * k] - m[0];
            low = fmin(low, y[i * k]), high = fmax(high, y[i * k]);
            first += apart, second += apart * apart, terms += fabs(apart);
        }
        CHECK_SHOW(m[0] >= low && m[0] <= high, "%s: %g is not among %g to %g", t->name, (double)m[0], low, high);
        near(t, "a moment's sum", m[k], first, part(pixels) * terms);
        near(t, "a moment's sum of squares", m[2 * k], second, part(pixels) * second);
    }
}

/* sums of the input's gradient, per image and channel */
static void check_sums(const trial *t, const arrays *x, const results *r) {
    const int64_t pixels = t->a.h * t->a.w, c = t->a.c;
    for (int64_t j = 0; j < t->a.n * c; j++) {
        const float *s = r->sums + j / c * 2 * c + j % c, *d = r->dinput + j / c * pixels * c + j % c;
        const float *input = x->input + j / c * pixels * c + j % c;
        double first = 0, second = 0, terms = 0, products = 0;
        for (int64_t i = 0; i < pixels; i++) {
            const double product = (double)d[i * c] * (double)(input[i * c] - x->mean[j % c]);
            first += d[i * c], second += product, terms += fabs((double)d[i * c]), products += fabs(product);
        }
        near(t, "a sum of dinput", s[0], first, part(pixels) * terms);
        near(t, "a sum of dinput * input", s[c], second, part(pixels) * products);
    }
}

static void check_forward(const trial *t, const arrays *x, const arrays *apart) {
    const results want = results_new(t);
    run(t, harness_team(1), CNN_CONV2D_FORWARD, NULL, apart, &want);
    results first = {0};
    for (int threads = 1; threads <= 3; threads++) {
        const results r = results_new(t);
        const cnn_conv2d_fusion f = fusion_for(t, x, &r);
        run(t, harness_team(threads), CNN_CONV2D_FORWARD, &f, x, &r);
        same(t, "output", r.output, want.output, t->outputs);
        if (f.staged) same(t, "staged", r.staged, apart->input, t->inputs);
        if (threads == 1) first = r;
        if (f.moments) harness_same_bits("moments", threads, first.moments, r.moments, 3 * t->a.n * t->a.k, 4);
        if (f.moments && threads == 1) check_moments(t, &r);
    }
}

static void check_backward(const trial *t, const arrays *x, const arrays *apart, cnn_conv2d_pass pass) {
    const results want = results_new(t);
    results first = {0};
    if (pass != CNN_CONV2D_BACKWARD_WEIGHT) {
        run(t, harness_team(1), CNN_CONV2D_BACKWARD_INPUT, NULL, apart, &want);
        for (int64_t i = 0; i < t->inputs && t->wanted.relu; i++)
            if (apart->input[i] == 0) want.dinput[i] = 0;
    }
    if (pass != CNN_CONV2D_BACKWARD_INPUT) run(t, harness_team(1), CNN_CONV2D_BACKWARD_WEIGHT, NULL, apart, &want);
    for (int threads = 1; threads <= 3; threads++) {
        const results r = results_new(t);
        const cnn_conv2d_fusion f = fusion_for(t, x, &r);
        run(t, harness_team(threads), pass, &f, x, &r);
        if (threads == 1) first = r;
        if (pass != CNN_CONV2D_BACKWARD_INPUT) same(t, "dweight", r.dweight, want.dweight, t->weights);
        if (pass == CNN_CONV2D_BACKWARD_WEIGHT) continue;
        same(t, "dinput", r.dinput, want.dinput, t->inputs);
        if (f.sums) harness_same_bits("sums", threads, first.sums, r.sums, 2 * t->a.n * t->a.c, 4);
        if (f.sums && threads == 1) check_sums(t, x, &r);
    }
}

/* ---- what is tried ---- */

static int tried[CNN_CONV2D_PASSES];

static void check_trial(trial t, cnn_conv2d_pass pass) {
    static const char set;
    const bool forward = pass == CNN_CONV2D_FORWARD, residual = forward && harness_int(0, 1);
    const float *any = (const float *)(const void *)&set; /* stands for: this one, please */
    if (harness_int(0, 3)) t.wanted.mean = any, t.wanted.relu = harness_int(0, 3) > 0;
    if (t.wanted.mean && residual) t.wanted.residual = any, t.wanted.staged = (void *)(uintptr_t)any;
    if (t.wanted.mean && forward && harness_int(0, 3) == 0) t.wanted.staged = (void *)(uintptr_t)any;
    if (forward && harness_int(0, 1)) t.wanted.moments = (float *)(uintptr_t)any;
    if (!forward && harness_int(0, 1)) t.wanted.output = any;
    if (t.wanted.mean && !forward && pass != CNN_CONV2D_BACKWARD_WEIGHT && harness_int(0, 1))
        t.wanted.sums = (float *)(uintptr_t)any;
    if (!t.kernels->fuses || !t.kernels->fuses(harness_team(1), &t.a, pass, &t.wanted)) return;
    tried[pass]++;
    const arrays x = arrays_new(&t);
    arrays apart = x;
    apart.input = floats(t.inputs);
    apart.doutput = floats(t.outputs);
    for (int64_t i = 0; i < t.inputs; i++) apart.input[i] = input_of(&t, &x, i);
    for (int64_t i = 0; i < t.outputs; i++) apart.doutput[i] = doutput_of(&t, &x, i);
    if (forward)
        check_forward(&t, &x, &apart);
    else
        check_backward(&t, &x, &apart, pass);
    harness_zones(t.name);
    harness_free_all();
}

/* Tensors so large that they may be written past the caches. */
static const cnn_conv2d_params large = {.n = 33,
                                        .c = 16,
                                        .h = 31,
                                        .w = 33,
                                        .k = 16,
                                        .r = 3,
                                        .s = 3,
                                        .p = 31,
                                        .q = 33,
                                        .stride_h = 1,
                                        .stride_w = 1,
                                        .pad_h = 1,
                                        .pad_w = 1,
                                        .dilation_h = 1,
                                        .dilation_w = 1,
                                        .groups = 1};

static cnn_conv2d_params random_shape(void) {
    static const int64_t channels[] = {1, 3, 8, 16, 17, 24, 32, 33};
    const int64_t r = harness_int(0, 3) ? 3 : harness_int(1, 7), room = r - 1, stride = harness_int(0, 5) ? 1 : 2;
    cnn_conv2d_params a = {.n = harness_int(1, 5),
                           .c = channels[harness_int(0, 7)],
                           .h = harness_int(r, 20),
                           .w = harness_int(0, 9) ? harness_int(r, 24) : harness_int(60, 90),
                           .k = channels[harness_int(0, 7)],
                           .r = r,
                           .s = r,
                           .stride_h = stride,
                           .stride_w = stride,
                           .pad_h = harness_int(0, 1) ? room / 2 : harness_int(0, room),
                           .pad_w = harness_int(0, 1) ? room / 2 : harness_int(0, room),
                           .dilation_h = 1,
                           .dilation_w = 1,
                           .groups = 1};
    if (a.pad_h != a.pad_w && harness_int(0, 1)) a.pad_w = a.pad_h;
    a.p = (a.h + 2 * a.pad_h - a.r) / stride + 1;
    a.q = (a.w + 2 * a.pad_w - a.s) / stride + 1;
    return a;
}

int main(int argc, char **argv) {
    const int shapes = argc > 1 ? atoi(argv[1]) : 60;
    harness_seed();
    for (int i = 0; i < shapes && checks_failed < 10; i++) {
        const cnn_conv2d_params a = i < 2 ? large : random_shape();
        for (int level = CNN_LEVEL_BASELINE; level <= (int)cnn_level_detect(); level++) {
            for (int algorithm = CNN_CONV2D_DIRECT; algorithm < CNN_CONV2D_REFERENCE; algorithm++) {
                char name[64];
                snprintf(name, sizeof name, "%s %s", cnn_level_name((cnn_level)level),
                         cnn_conv2d_algorithm_name((cnn_conv2d_algorithm)algorithm));
                trial t = {harness_kernels((cnn_level)level)->conv2d[CNN_F32],
                           level > CNN_LEVEL_BASELINE,
                           name,
                           a,
                           {0},
                           a.n * a.h * a.w * a.c,
                           a.k * a.c * a.r * a.s,
                           a.n * a.p * a.q * a.k};
                t.a.algorithm = (cnn_conv2d_algorithm)algorithm;
                for (int pass = 0; pass < CNN_CONV2D_PASSES; pass++) {
                    if (t.kernels->algorithm(harness_team(1), &t.a, (cnn_conv2d_pass)pass, NULL) == t.a.algorithm)
                        check_trial(t, (cnn_conv2d_pass)pass);
                }
            }
        }
    }
    printf("fused: %d forward, %d dinput, %d dweight, %d both\n", tried[0], tried[1], tried[2], tried[3]);
    CHECK(tried[0] > 0 && tried[1] > 0 && tried[2] > 0 && tried[3] > 0);
    return check_result();
}
