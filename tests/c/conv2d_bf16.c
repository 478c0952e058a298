/* SPDX-License-Identifier: MIT
 * bfloat16's convolutions against float32's, on random shapes: what both compute from the same numbers must be the same
 * bits, once float32's results are rounded as bfloat16's are when they are written.
 *
 * So every algorithm, level and fusion that float32's tests have found right is right here, or off in the last bit. For
 * a fusion, float32 is given arrays on which the rest was done here, step by step, each rounded. Sums are compared with
 * sums in double over what was written. Bits must not depend on the number of threads. Only direct convolution's
 * dweight, which adds the images in another order, has a tolerance. Usage: conv2d_bf16 [shapes], CNN_TEST_SEED repeats
 * a run. */
#include "tests/c/kernel_harness.h"

/* Numbers that bfloat16 has, in both types. */
typedef struct image {
    int64_t n;
    uint16_t *narrow;
    float *wide;
} image;

static float round_float(float x) {
    return cnn_bf16_widen(cnn_bf16_round(x));
}

static float random_float(void) {
    return (float)harness_int(-100000, 100000) / 65536;
}

static image image_of(const float *x, int64_t n) {
    image m = {n, harness_array(n, sizeof(uint16_t)), harness_array(n, sizeof(float))};
    for (int64_t i = 0; i < n; i++) m.narrow[i] = cnn_bf16_round(x ? x[i] : random_float());
    for (int64_t i = 0; i < n; i++) m.wide[i] = cnn_bf16_widen(m.narrow[i]);
    return m;
}

static float *floats(int64_t n) {
    float *x = harness_array(n, sizeof(float));
    for (int64_t i = 0; i < n; i++) x[i] = random_float();
    return x;
}

typedef struct trial {
    const cnn_conv2d_kernels *narrow, *wide;
    bool exact; /* the level's fma rounds once */
    const char *name;
    cnn_conv2d_params a;
    bool norm, relu, residual, staged, gradient, numbers; /* what is fused; numbers: moments or sums */
    image input, other, doutput, output;
    float *weight, *bias, *mean, *scale, *shift, *d_mean, *d_scale, *d_slope, *d_shift;
    float *input2, *doutput2; /* input' and doutput' */
} trial;

static float fma_of(const trial *t, float x, float y, float z) {
    return t->exact ? fmaf(x, y, z) : x * y + z;
}

static float input_of(const trial *t, int64_t i) {
    const int64_t c = i % t->a.c;
    float v = t->input.wide[i];
    if (t->norm) v = round_float(fma_of(t, v - t->mean[c], t->scale[c], t->shift[c]));
    if (t->residual) v = round_float(v + t->other.wide[i]);
    return t->relu && !(v > 0) ? 0 : v;
}

static float doutput_of(const trial *t, int64_t i) {
    const int64_t k = i % t->a.k;
    if (!t->gradient) return t->doutput.wide[i];
    const float rest = fma_of(t, t->d_slope[k], t->output.wide[i] - t->d_mean[k], t->d_shift[k]);
    return round_float(fma_of(t, t->d_scale[k], t->doutput.wide[i], rest));
}

static void trial_fill(trial *t) {
    const cnn_conv2d_params *a = &t->a;
    const int64_t inputs = a->n * a->h * a->w * a->c, outputs = a->n * a->p * a->q * a->k;
    t->input = image_of(NULL, inputs), t->other = image_of(NULL, inputs);
    t->doutput = image_of(NULL, outputs), t->output = image_of(NULL, outputs);
    t->weight = floats(a->k * (a->c / a->groups) * a->r * a->s), t->bias = floats(a->k);
    t->mean = floats(a->c), t->scale = floats(a->c), t->shift = floats(a->c);
    t->d_mean = floats(a->k), t->d_scale = floats(a->k), t->d_slope = floats(a->k), t->d_shift = floats(a->k);
    t->input2 = floats(inputs), t->doutput2 = floats(outputs);
    for (int64_t i = 0; i < inputs; i++) t->input2[i] = input_of(t, i);
    for (int64_t i = 0; i < outputs; i++) t->doutput2[i] = doutput_of(t, i);
}

/* ---- running it ---- */

typedef struct results {
    void *image, *staged; /* output or dinput */
    float *dweight, *numbers, *kept;
} results;

static size_t element(bool narrow) {
    return narrow ? sizeof(uint16_t) : sizeof(float);
}

static results results_new(const trial *t, cnn_conv2d_pass pass, bool narrow) {
    const cnn_conv2d_params *a = &t->a;
    const bool forward = pass == CNN_CONV2D_FORWARD;
    return (results){harness_array(forward ? t->output.n : t->input.n, element(narrow)),
                     harness_array(t->input.n, element(narrow)),
                     harness_array(a->k * (a->c / a->groups) * a->r * a->s, sizeof(float)),
                     harness_array(a->n * (forward ? 3 * a->k : 2 * a->c), sizeof(float)), NULL};
}

static cnn_conv2d_fusion fusion_of(const trial *t, cnn_conv2d_pass pass, const results *r) {
    const bool forward = pass == CNN_CONV2D_FORWARD;
    cnn_conv2d_fusion f = {.relu = t->relu};
    if (t->norm) f.mean = t->mean, f.scale = t->scale, f.shift = t->shift;
    if (t->residual) f.residual = t->other.narrow;
    if (t->staged) f.staged = r->staged;
    if (t->numbers && forward) f.moments = r->numbers;
    if (t->numbers && !forward) f.sums = r->numbers;
    if (t->gradient)
        f.output = t->output.narrow, f.d_mean = t->d_mean, f.d_scale = t->d_scale, f.d_slope = t->d_slope,
        f.d_shift = t->d_shift;
    return f;
}

static void run(const trial *t, bool narrow, const cnn_team *team, cnn_conv2d_pass pass, const cnn_conv2d_fusion *f,
                void *kept, const results *r) {
    const cnn_conv2d_kernels *k = narrow ? t->narrow : t->wide;
    const void *input = narrow ? (const void *)t->input.narrow : t->input2;
    const void *doutput = narrow ? (const void *)t->doutput.narrow : t->doutput2;
    void *workspace = harness_workspace(k->workspace_bytes(team, &t->a, pass));
    if (pass == CNN_CONV2D_FORWARD)
        k->forward(team, &t->a, f, input, t->weight, t->bias, r->image, kept, workspace);
    else if (pass == CNN_CONV2D_BACKWARD_INPUT)
        k->backward_input(team, &t->a, f, narrow ? input : NULL, doutput, t->weight, r->image, workspace);
    else if (pass == CNN_CONV2D_BACKWARD_WEIGHT)
        k->backward_weight(team, &t->a, f, input, kept, doutput, r->dweight, workspace);
    else
        k->backward(team, &t->a, f, input, kept, t->weight, doutput, r->image, r->dweight, workspace);
}

/* ---- what is compared ---- */

static void same_image(const trial *t, const char *what, const uint16_t *got, const float *want, int64_t n) {
    int64_t i = 0;
    while (i < n && cnn_bf16_widen(got[i]) == round_float(want[i])) i++;
    CHECK_SHOW(i == n, "%s, %s %lld of %lld is %g, not %g: n %d c %d h %d w %d k %d r %d s %d pad %d %d", t->name, what,
               (long long)i, (long long)n, (double)cnn_bf16_widen(got[i < n ? i : 0]), (double)want[i < n ? i : 0],
               (int)t->a.n, (int)t->a.c, (int)t->a.h, (int)t->a.w, (int)t->a.k, (int)t->a.r, (int)t->a.s,
               (int)t->a.pad_h, (int)t->a.pad_w);
}

/* The sums of each weight's terms, with all signs positive: from float32's kernels. */
static void near_weights(const trial *t, const float *got, const float *want) {
    const cnn_conv2d_params *a = &t->a;
    const int64_t weights = a->k * (a->c / a->groups) * a->r * a->s;
    trial positive = *t;
    const results r = results_new(t, CNN_CONV2D_BACKWARD_WEIGHT, false);
    positive.input2 = harness_copy(t->input2, t->input.n, sizeof(float));
    positive.doutput2 = harness_copy(t->doutput2, t->output.n, sizeof(float));
    for (int64_t i = 0; i < t->input.n; i++) positive.input2[i] = fabsf(t->input2[i]);
    for (int64_t i = 0; i < t->output.n; i++) positive.doutput2[i] = fabsf(t->doutput2[i]);
    run(&positive, false, harness_team(1), CNN_CONV2D_BACKWARD_WEIGHT, NULL, NULL, &r);
    int64_t i = 0;
    while (i < weights && fabsf(got[i] - want[i]) <= 8 * FLT_EPSILON * r.dweight[i]) i++;
    CHECK_SHOW(i == weights, "%s, dweight %lld is %.9g, not %.9g: n %d c %d h %d w %d k %d", t->name, (long long)i,
               (double)got[i < weights ? i : 0], (double)want[i < weights ? i : 0], (int)a->n, (int)a->c, (int)a->h,
               (int)a->w, (int)a->k);
}

static void near(const trial *t, const char *what, double got, double want, double tolerance) {
    CHECK_SHOW(fabs(got - want) <= tolerance, "%s, %s is %.9g, not %.9g: n %d c %d h %d w %d k %d", t->name, what, got,
               want, (int)t->a.n, (int)t->a.c, (int)t->a.h, (int)t->a.w, (int)t->a.k);
}

/* Moments of the output, or sums of dinput, as written: per image and channel; the number near the mean is one of
 * them, and sums of so many numbers in any order are off by less than `part` of their terms. */
static void check_numbers(const trial *t, cnn_conv2d_pass pass, const results *r) {
    const bool forward = pass == CNN_CONV2D_FORWARD;
    const int64_t channels = forward ? t->a.k : t->a.c, rows = forward ? 3 : 2;
    const int64_t pixels = forward ? t->a.p * t->a.q : t->a.h * t->a.w;
    const double part = FLT_EPSILON * (4 + (double)pixels / 4);
    for (int64_t j = 0; j < t->a.n * channels; j++) {
        const int64_t at = j / channels * pixels * channels + j % channels;
        const float *m = r->numbers + j / channels * rows * channels + j % channels;
        double first = 0, second = 0, terms = 0, products = 0;
        for (int64_t i = 0; i < pixels; i++) {
            const double y = cnn_bf16_widen(((const uint16_t *)r->image)[at + i * channels]);
            const double x = forward ? y - m[0] : t->input.wide[at + i * channels] - t->mean[j % channels];
            const double product = forward ? x * x : y * x;
            first += forward ? x : y, second += product;
            terms += fabs(forward ? x : y), products += fabs(product);
        }
        near(t, "a sum", m[forward ? channels : 0], first, part * terms);
        near(t, "a sum of products", m[forward ? 2 * channels : channels], second, part * products);
    }
}

static void check_threads(trial *t, cnn_conv2d_pass pass, const results *want, void *kept) {
    const cnn_conv2d_params *a = &t->a;
    const bool images = pass != CNN_CONV2D_BACKWARD_WEIGHT, weight = pass >= CNN_CONV2D_BACKWARD_WEIGHT;
    const int64_t weights = a->k * (a->c / a->groups) * a->r * a->s;
    const bool numbers = t->numbers && images;
    results first = {0};
    for (int threads = 1; threads <= 3; threads++) {
        const results r = results_new(t, pass, true);
        const cnn_conv2d_fusion f = fusion_of(t, pass, &r);
        run(t, true, harness_team(threads), pass, t->narrow->fuses(harness_team(1), a, pass, &f) ? &f : NULL, kept, &r);
        if (threads == 1) first = r;
        if (images) same_image(t, "an image", r.image, want->image, pass ? t->input.n : t->output.n);
        if (t->staged) same_image(t, "staged", r.staged, t->input2, t->input.n);
        if (weight) harness_same_bits("dweight", threads, first.dweight, r.dweight, weights, sizeof(float));
        if (numbers)
            harness_same_bits("sums", threads, first.numbers, r.numbers, a->n * (pass ? 2 * a->c : 3 * a->k),
                              sizeof(float));
    }
    if (weight && a->algorithm == CNN_CONV2D_DIRECT)
        near_weights(t, first.dweight, want->dweight);
    else if (weight)
        CHECK_SHOW(memcmp(first.dweight, want->dweight, (size_t)weights * sizeof(float)) == 0, "%s: other dweight",
                   t->name);
    if (numbers) check_numbers(t, pass, &first);
}

/* float32's results from what was done to the arrays here, with zeros where the ReLU gave 0. */
static void check_pass(trial *t, cnn_conv2d_pass pass) {
    const results want = results_new(t, pass, false);
    const size_t bytes = t->narrow->kept_bytes(harness_team(2), &t->a);
    void *kept = NULL;
    if (bytes && pass >= CNN_CONV2D_BACKWARD_WEIGHT && !t->norm) {
        const results other = results_new(t, CNN_CONV2D_FORWARD, true);
        kept = harness_workspace(bytes);
        run(t, true, harness_team(2), CNN_CONV2D_FORWARD, NULL, kept, &other);
    }
    run(t, false, harness_team(2), pass, NULL, NULL, &want);
    float *dinput = want.image;
    for (int64_t i = 0; i < t->input.n && t->relu && pass; i++)
        if (t->input2[i] == 0) dinput[i] = 0;
    check_threads(t, pass, &want, kept);
}

/* ---- what is tried ---- */

static int tried[CNN_CONV2D_ALGORITHMS], fused;

static void try_pass(trial t, cnn_conv2d_pass pass) {
    const bool forward = pass == CNN_CONV2D_FORWARD;
    if (harness_int(0, 3)) {
        t.norm = harness_int(0, 3), t.relu = t.norm && harness_int(0, 3);
        t.residual = t.norm && forward && harness_int(0, 1);
        t.staged = t.residual || (t.norm && forward && harness_int(0, 3) == 0);
        t.gradient = !forward && harness_int(0, 1);
        t.numbers = harness_int(0, 1) && (forward || (t.norm && pass != CNN_CONV2D_BACKWARD_WEIGHT));
    }
    static float any;
    trial asked = t;
    asked.mean = asked.scale = asked.shift = &any;
    asked.d_mean = asked.d_scale = asked.d_slope = asked.d_shift = &any;
    asked.other.narrow = asked.output.narrow = (uint16_t *)(void *)&any;
    const results to = {.staged = &any, .numbers = &any};
    const cnn_conv2d_fusion f = fusion_of(&asked, pass, &to);
    if (!t.narrow->fuses(harness_team(1), &t.a, pass, &f))
        t.norm = t.relu = t.residual = t.staged = t.gradient = t.numbers = false;
    fused += t.norm || t.gradient || t.numbers;
    tried[t.a.algorithm]++;
    trial_fill(&t);
    check_pass(&t, pass);
    harness_zones(t.name);
    harness_free_all();
}

static cnn_conv2d_params random_shape(void) {
    static const int64_t channels[] = {1, 3, 8, 16, 17, 24, 32, 33};
    const int64_t r = harness_int(0, 3) ? 3 : harness_int(1, 7), stride = harness_int(0, 5) ? 1 : 2;
    cnn_conv2d_params a = {.n = harness_int(1, 5),
                           .c = channels[harness_int(0, 7)],
                           .h = harness_int(r, 20),
                           .w = harness_int(0, 9) ? harness_int(r, 24) : harness_int(60, 90),
                           .k = channels[harness_int(0, 7)],
                           .r = r,
                           .s = r,
                           .stride_h = stride,
                           .stride_w = stride,
                           .pad_h = harness_int(0, 1) ? r / 2 : harness_int(0, r - 1),
                           .pad_w = harness_int(0, 1) ? r / 2 : harness_int(0, r - 1),
                           .dilation_h = 1,
                           .dilation_w = 1,
                           .groups = 1};
    if (a.c == a.k && harness_int(0, 9) == 0) a.groups = a.c;
    if (a.groups == 1 && harness_int(0, 9) == 0)
        a.n = 70, a.c = 16, a.h = a.w = 24; /* several times what is widened at once */
    a.p = (a.h + 2 * a.pad_h - a.r) / stride + 1;
    a.q = (a.w + 2 * a.pad_w - a.s) / stride + 1;
    return a;
}

int main(int argc, char **argv) {
    const int shapes = argc > 1 ? atoi(argv[1]) : 12;
    harness_seed();
    for (int i = 0; i < shapes && checks_failed < 10; i++) {
        const cnn_conv2d_params a = random_shape();
        for (int level = CNN_LEVEL_BASELINE; level <= (int)cnn_level_detect(); level++) {
            for (int algorithm = CNN_CONV2D_DIRECT; algorithm < CNN_CONV2D_REFERENCE; algorithm++) {
                const cnn_kernels *kernels = harness_kernels((cnn_level)level);
                char name[64];
                trial t = {.narrow = kernels->conv2d[CNN_BF16],
                           .wide = kernels->conv2d[CNN_F32],
                           .exact = level > CNN_LEVEL_BASELINE,
                           .name = name,
                           .a = a};
                t.a.algorithm = (cnn_conv2d_algorithm)algorithm;
                for (cnn_conv2d_pass pass = 0; pass < CNN_CONV2D_PASSES; pass++) {
                    snprintf(name, sizeof name, "%s %s pass %d", cnn_level_name((cnn_level)level),
                             cnn_conv2d_algorithm_name(t.a.algorithm), (int)pass);
                    if (t.narrow->algorithm(harness_team(1), &t.a, pass, NULL) == t.a.algorithm) try_pass(t, pass);
                }
            }
        }
    }
    printf("%d direct, %d winograd, %d fft; %d fused\n", tried[CNN_CONV2D_DIRECT], tried[CNN_CONV2D_WINOGRAD],
           tried[CNN_CONV2D_FFT], fused);
    CHECK(tried[CNN_CONV2D_DIRECT] && tried[CNN_CONV2D_WINOGRAD] && tried[CNN_CONV2D_FFT] && fused);
    return check_result();
}
