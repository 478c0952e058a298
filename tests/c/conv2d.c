/* SPDX-License-Identifier: MIT
 * Every level's convolution and its gradients against the double reference, on random shapes.
 *
 * Each array ends where its last page ends and the next page may not be touched, so a read or write behind it is a
 * crash; a pattern in front shows writes before it. Every algorithm that suits a shape is forced on it. Tolerance per
 * element: a constant of the algorithm times eps times the sum of |terms|, which the reference gives when it is run on
 * absolute values. Results must be the same bits for 1, 2 and 3 threads.
 * Usage: conv2d [seed [shapes]] */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "kernels/kernels.h"
#include "tests/c/check.h"

enum { RED_ZONE = 256, PATTERN = 0xA5 };

static uint64_t rng_state;

static uint64_t random_bits(void) {
    rng_state ^= rng_state << 13;
    rng_state ^= rng_state >> 7;
    rng_state ^= rng_state << 17;
    return rng_state >> 11;
}

static int64_t random_int(int64_t low, int64_t high) {
    return low + (int64_t)(random_bits() % (uint64_t)(high - low + 1));
}

/* ---- arrays between forbidden pages ---- */

typedef struct array {
    char *map;
    size_t map_bytes;
    unsigned char *red; /* RED_ZONE bytes of PATTERN in front of data */
    void *data;
    size_t bytes;
} array;

static array array_new(size_t bytes) {
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    const size_t used = (bytes + RED_ZONE + page - 1) / page * page;
    array a = {.map_bytes = used + page, .bytes = bytes};
    a.map = mmap(NULL, a.map_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (a.map == MAP_FAILED || mprotect(a.map + used, page, PROT_NONE) != 0) {
        perror("mmap");
        exit(2);
    }
    a.data = a.map + used - bytes;
    a.red = (unsigned char *)a.data - RED_ZONE;
    memset(a.red, PATTERN, RED_ZONE + bytes);
    return a;
}

static bool array_intact(const array *a) {
    for (int i = 0; i < RED_ZONE; i++)
        if (a->red[i] != PATTERN) return false;
    return true;
}

static void array_free(array *a) {
    munmap(a->map, a->map_bytes);
}

/* ---- one shape ---- */

typedef struct sizes {
    size_t input, weight, output;
} sizes;

static sizes sizes_of(const cnn_conv2d_params *a) {
    return (sizes){(size_t)(a->n * a->h * a->w * a->c), (size_t)(a->k * (a->c / a->groups) * a->r * a->s),
                   (size_t)(a->n * a->p * a->q * a->k)};
}

static const char *const pass_names[] = {"forward", "backward_input", "backward_weight", "backward"};

/* For messages; the text lives until the next call. */
static const char *shape_text(const cnn_conv2d_params *a) {
    static char text[256];
    snprintf(text, sizeof text,
             "%s n %ld c %ld h %ld w %ld k %ld r %ld s %ld stride %ld,%ld pad %ld,%ld dilation %ld,%ld groups %ld",
             cnn_conv2d_algorithm_name(a->algorithm), (long)a->n, (long)a->c, (long)a->h, (long)a->w, (long)a->k,
             (long)a->r, (long)a->s, (long)a->stride_h, (long)a->stride_w, (long)a->pad_h, (long)a->pad_w,
             (long)a->dilation_h, (long)a->dilation_w, (long)a->groups);
    return text;
}

/* first, second: the pass's operands in order; bias only in forward */
static void run_pass(const cnn_conv2d_kernels *kernels, cnn_conv2d_pass pass, const cnn_team *team,
                     const cnn_conv2d_params *a, const void *first, const void *second, const void *bias,
                     void *result) {
    const size_t bytes = (kernels->workspace_bytes(team, a, pass) + 63) / 64 * 64;
    array workspace = array_new(bytes);
    memset(workspace.data, 0xFF, bytes); /* NaN */
    if (pass == CNN_CONV2D_FORWARD)
        kernels->forward(team, a, NULL, first, second, bias, result, NULL, workspace.data);
    else if (pass == CNN_CONV2D_BACKWARD_INPUT)
        kernels->backward_input(team, a, NULL, NULL, first, second, result, workspace.data);
    else
        kernels->backward_weight(team, a, NULL, first, NULL, second, result, workspace.data);
    CHECK_SHOW(array_intact(&workspace), "%s wrote before the workspace: %s", pass_names[pass], shape_text(a));
    array_free(&workspace);
}

/* Operands in float for the level, in double for the reference, and their absolute values. */
typedef struct operand {
    array value;
    double *exact, *magnitude;
} operand;

static operand operand_new(size_t count) {
    operand x = {array_new(count * sizeof(float)), malloc((count + 1) * sizeof(double)),
                 malloc((count + 1) * sizeof(double))};
    for (size_t i = 0; i < count; i++) {
        const float value = (float)random_int(-1000, 1000) / 512;
        ((float *)x.value.data)[i] = value;
        x.exact[i] = value;
        x.magnitude[i] = fabs(value);
    }
    return x;
}

static void operand_free(operand *x) {
    array_free(&x->value);
    free(x->exact);
    free(x->magnitude);
}

/* Rounding errors of a direct sum come from its own terms. A transform mixes the numbers of a tile: an error of one
 * result is in proportion to the largest sum that the tile's neighbourhood has. `reach`: rows and columns of it, on
 * each side. Replaces every magnitude of [images, h, w, step] by the largest in reach. */
static void spread_magnitudes(double *magnitude, int64_t images, int64_t h, int64_t w, int64_t step, int64_t reach) {
    const size_t row = (size_t)(w * step), count = (size_t)(images * h) * row;
    double *wide = malloc((count + 1) * sizeof(double));
    for (int vertical = 0; vertical < 2; vertical++) {
        memcpy(wide, magnitude, count * sizeof(double));
        const int64_t size = vertical ? h : w, pitch = vertical ? (int64_t)row : step;
        for (size_t i = 0; i < count; i++) {
            const int64_t at = (int64_t)i / pitch % size;
            for (int64_t d = at < reach ? -at : -reach; d <= reach && at + d < size; d++)
                magnitude[i] = fmax(magnitude[i], wide[(int64_t)i + d * pitch]);
        }
    }
    free(wide);
}

/* How far an element may be from the reference, in eps times its magnitude. A direct sum: a few eps. Winograd: the rows
 * of B^T, G and A^T have absolute sums of up to 5.0, 1.5 and 7.2, each used in both directions, but the largest rows
 * never meet, signs alternate and errors average out: millions of random sums stayed below 13. */
static const double tolerances[CNN_CONV2D_ALGORITHMS] = {4, 4, 32, 6, 4};

static double sum_of_squares(const double *x, int64_t size, int64_t step) {
    double sum = 0;
    for (int64_t i = 0; i < size; i++) sum += x[i * step] * x[i * step];
    return sum;
}

/* Norms of each channel of a pair of images [n, pixels, channels]: [pairs, channels] */
static double *pair_norms(const double *images, int64_t n, int64_t pixels, int64_t channels) {
    double *norms = calloc((size_t)((n + 1) / 2 * channels + 1), sizeof(double));
    for (int64_t i = 0; i < n * channels; i++)
        norms[i / channels / 2 * channels + i % channels] +=
            sum_of_squares(images + i / channels * pixels * channels + i % channels, pixels, channels);
    for (int64_t i = 0; i < (n + 1) / 2 * channels; i++) norms[i] = sqrt(norms[i]);
    return norms;
}

/* A transform keeps the Euclidean norm, so what rounding does to a product of spectra, at each frequency in proportion
 * to |X| |W|, comes back as at most ||x|| ||w|| (Cauchy and Schwarz) of the whole planes that were transformed, two
 * images at once; channels add up. Most of it averages out: the factor beside eps is small. */
static void transform_magnitudes(const cnn_conv2d_params *a, cnn_conv2d_pass pass, const double *first,
                                 const double *second, double *magnitude, size_t count) {
    const int64_t filter = a->r * a->s, image = pass == CNN_CONV2D_BACKWARD_INPUT ? a->h * a->w : a->p * a->q;
    const int64_t lanes = pass == CNN_CONV2D_BACKWARD_INPUT ? a->c : a->k;
    const bool out = pass == CNN_CONV2D_BACKWARD_INPUT, weights = pass == CNN_CONV2D_BACKWARD_WEIGHT;
    double *x = pair_norms(first, a->n, out ? a->p * a->q : a->h * a->w, out ? a->k : a->c);
    double *y = weights ? pair_norms(second, a->n, a->p * a->q, a->k) : NULL;
    for (size_t i = 0; i < count; i++) {
        const int64_t at = (int64_t)i, pair = at / (image * lanes) / 2, lane = at % lanes;
        double sum = 0;
        for (int64_t m = 0; m < (weights ? (a->n + 1) / 2 : out ? a->k : a->c); m++) {
            if (weights)
                sum += x[m * a->c + at / filter % a->c] * y[m * a->k + at / filter / a->c];
            else
                sum += x[pair * (out ? a->k : a->c) + m] *
                       sqrt(sum_of_squares(second + (out ? m * a->c + lane : lane * a->c + m) * filter, filter, 1));
        }
        magnitude[i] = fmax(magnitude[i], sum);
    }
    free(x);
    free(y);
}

/* `first` and `second` are the pass's operands. */
static void widen(const cnn_conv2d_params *a, cnn_conv2d_pass pass, const double *first, const double *second,
                  double *magnitude, size_t count) {
    if (a->algorithm == CNN_CONV2D_FFT) transform_magnitudes(a, pass, first, second, magnitude, count);
    if (a->algorithm != CNN_CONV2D_WINOGRAD) return;
    if (pass == CNN_CONV2D_FORWARD)
        spread_magnitudes(magnitude, a->n, a->p, a->q, a->k, 3);
    else if (pass == CNN_CONV2D_BACKWARD_INPUT)
        spread_magnitudes(magnitude, a->n, a->h, a->w, a->c, 3);
    else
        spread_magnitudes(magnitude, a->k * (a->c / a->groups), a->r, a->s, 1, 2);
}

/* The first element beyond the tolerance, or count. */
static size_t first_wrong(const float *got, const double *want, const double *magnitude, size_t count, double c) {
    size_t i = 0;
    while (i < count && fabs(got[i] - want[i]) <= c * 1.1920929e-7 * magnitude[i] + 1e-30) i++;
    return i;
}

/* One level: right numbers, the same bits for 1 to 3 threads, nothing written elsewhere, also when interrupted. */
static void check_level(const cnn_conv2d_kernels *kernels, const char *level, cnn_conv2d_pass pass,
                        const cnn_conv2d_params *a, const operand *first, const operand *second, const operand *bias,
                        const double *want, const double *magnitude, size_t count) {
    static const volatile sig_atomic_t interrupted = 1;
    array result[4];
    for (int i = 0; i < 4; i++) {
        const cnn_team team = {.threads = i < 3 ? i + 1 : 2, .stop = i < 3 ? NULL : &interrupted};
        result[i] = array_new(count * sizeof(float));
        run_pass(kernels, pass, &team, a, first->value.data, second->value.data, bias ? bias->value.data : NULL,
                 result[i].data);
        CHECK_SHOW(array_intact(&result[i]), "%s %s wrote before the result: %s", level, pass_names[pass],
                   shape_text(a));
        if (i == 1 || i == 2)
            CHECK_SHOW(memcmp(result[i].data, result[0].data, result[0].bytes) == 0,
                       "%s %s, %d threads, other bits: %s", level, pass_names[pass], i + 1, shape_text(a));
    }
    const size_t wrong = first_wrong(result[0].data, want, magnitude, count, tolerances[a->algorithm]);
    CHECK_SHOW(wrong == count, "%s %s element %zu is %.9g, not %.9g: %s", level, pass_names[pass], wrong,
               ((float *)result[0].data)[wrong], want[wrong], shape_text(a));
    for (int i = 0; i < 4; i++) array_free(&result[i]);
}

static const cnn_team one = {.threads = 1, .stop = NULL};

/* Whether a level runs the algorithm of `a` in this pass; the reference has nothing to choose. */
static bool runs(const cnn_conv2d_kernels *kernels, const cnn_conv2d_params *a, cnn_conv2d_pass pass) {
    if (!kernels->algorithm) return a->algorithm == CNN_CONV2D_AUTO;
    return a->algorithm != CNN_CONV2D_AUTO && kernels->algorithm(&one, a, pass, NULL) == a->algorithm;
}

static void check_pass(const cnn_kernels *tables, int levels, cnn_conv2d_pass pass, const cnn_conv2d_params *shape) {
    const sizes size = sizes_of(shape);
    const size_t counts[3][3] = {{size.input, size.weight, size.output},
                                 {size.output, size.weight, size.input},
                                 {size.input, size.output, size.weight}};
    const size_t count = counts[pass][2];
    const cnn_conv2d_kernels *oracle = tables[0].conv2d[CNN_F64];
    operand first = operand_new(counts[pass][0]), second = operand_new(counts[pass][1]);
    operand bias = operand_new((size_t)shape->k);
    const bool with_bias = random_int(0, 1) == 1;
    double *want = malloc((count + 1) * sizeof(double)), *magnitude = malloc((count + 1) * sizeof(double)),
           *wide = malloc((count + 1) * sizeof(double));
    run_pass(oracle, pass, &one, shape, first.exact, second.exact, with_bias ? bias.exact : NULL, want);
    run_pass(oracle, pass, &one, shape, first.magnitude, second.magnitude, with_bias ? bias.magnitude : NULL,
             magnitude);
    for (int algorithm = CNN_CONV2D_AUTO; algorithm < CNN_CONV2D_ALGORITHMS; algorithm++) {
        cnn_conv2d_params a = *shape;
        a.algorithm = (cnn_conv2d_algorithm)algorithm;
        if (!runs(tables[levels - 1].conv2d[CNN_F32], &a, pass) && algorithm != CNN_CONV2D_AUTO) continue;
        memcpy(wide, magnitude, count * sizeof(double));
        widen(&a, pass, first.exact, second.exact, wide, count);
        for (int level = 0; level < levels; level++) {
            if (runs(tables[level].conv2d[CNN_F32], &a, pass))
                check_level(tables[level].conv2d[CNN_F32], cnn_level_name((cnn_level)level), pass, &a, &first, &second,
                            with_bias ? &bias : NULL, want, wide, count);
        }
    }
    free(want);
    free(magnitude);
    free(wide);
    operand_free(&first);
    operand_free(&second);
    operand_free(&bias);
}

/* Fills `kept` by a forward pass. */
static array keep(const cnn_conv2d_kernels *kernels, const cnn_team *team, const cnn_conv2d_params *a,
                  const operand *input, const operand *weight) {
    array kept = array_new((kernels->kept_bytes(team, a) + 63) / 64 * 64);
    array output = array_new(sizes_of(a).output * sizeof(float));
    array workspace = array_new((kernels->workspace_bytes(team, a, CNN_CONV2D_FORWARD) + 63) / 64 * 64);
    kernels->forward(team, a, NULL, input->value.data, weight->value.data, NULL, output.data, kept.data,
                     workspace.data);
    CHECK_SHOW(array_intact(&kept), "forward wrote before what it keeps: %s", shape_text(a));
    array_free(&output);
    array_free(&workspace);
    return kept;
}

/* Both gradients at once are the same bits as one after the other, also from what forward has kept of the input. */
static void check_both(const cnn_conv2d_kernels *kernels, const char *level, const cnn_conv2d_params *a) {
    const sizes size = sizes_of(a);
    operand input = operand_new(size.input), weight = operand_new(size.weight), doutput = operand_new(size.output);
    array dinput[2], dweight[2];
    for (int i = 0; i < 2; i++) {
        dinput[i] = array_new(size.input * sizeof(float));
        dweight[i] = array_new(size.weight * sizeof(float));
    }
    const cnn_team team = {.threads = 2, .stop = NULL};
    run_pass(kernels, CNN_CONV2D_BACKWARD_INPUT, &team, a, doutput.value.data, weight.value.data, NULL, dinput[0].data);
    run_pass(kernels, CNN_CONV2D_BACKWARD_WEIGHT, &team, a, input.value.data, doutput.value.data, NULL,
             dweight[0].data);
    array workspace = array_new((kernels->workspace_bytes(&team, a, CNN_CONV2D_BACKWARD) + 63) / 64 * 64);
    const bool keeps = kernels->kept_bytes && kernels->kept_bytes(&team, a) > 0;
    for (int from_kept = 0; from_kept <= (keeps ? 1 : 0); from_kept++) {
        array kept = from_kept ? keep(kernels, &team, a, &input, &weight) : array_new(0);
        kernels->backward(&team, a, NULL, input.value.data, from_kept ? kept.data : NULL, weight.value.data,
                          doutput.value.data, dinput[1].data, dweight[1].data, workspace.data);
        array_free(&kept);
        CHECK_SHOW(array_intact(&workspace) && array_intact(&dinput[1]) && array_intact(&dweight[1]),
                   "%s backward wrote before an array: %s", level, shape_text(a));
        CHECK_SHOW(memcmp(dinput[0].data, dinput[1].data, dinput[0].bytes) == 0 &&
                       memcmp(dweight[0].data, dweight[1].data, dweight[0].bytes) == 0,
                   "%s both gradients at once%s have other bits: %s", level,
                   from_kept ? ", from what forward kept," : "", shape_text(a));
    }
    array_free(&workspace);
    for (int i = 0; i < 2; i++) {
        array_free(&dinput[i]);
        array_free(&dweight[i]);
    }
    operand_free(&input);
    operand_free(&weight);
    operand_free(&doutput);
}

static void check_shape(const cnn_kernels *tables, int levels, const cnn_conv2d_params *shape) {
    for (int pass = 0; pass < 3; pass++) check_pass(tables, levels, (cnn_conv2d_pass)pass, shape);
    for (int level = 0; level < levels; level++) {
        const cnn_conv2d_kernels *kernels = tables[level].conv2d[CNN_F32];
        for (int algorithm = CNN_CONV2D_AUTO; algorithm < CNN_CONV2D_ALGORITHMS && kernels->backward; algorithm++) {
            cnn_conv2d_params a = *shape;
            a.algorithm = (cnn_conv2d_algorithm)algorithm;
            if (algorithm == CNN_CONV2D_AUTO || runs(kernels, &a, CNN_CONV2D_BACKWARD_WEIGHT))
                check_both(kernels, cnn_level_name((cnn_level)level), &a);
        }
    }
}

/* ---- shapes ---- */

static int64_t result_size(int64_t size, int64_t taps, int64_t pad, int64_t dilation, int64_t stride) {
    const int64_t room = size + 2 * pad - dilation * (taps - 1) - 1;
    return room < 0 ? 0 : room / stride + 1;
}

/* Fills in p and q; false if the window is larger than the padded image. */
static bool complete(cnn_conv2d_params *a) {
    a->p = result_size(a->h, a->r, a->pad_h, a->dilation_h, a->stride_h);
    a->q = result_size(a->w, a->s, a->pad_w, a->dilation_w, a->stride_w);
    return a->p >= 1 && a->q >= 1;
}

static int64_t random_channels(void) {
    static const int64_t usual[] = {1, 2, 3, 4, 8, 10, 16, 17, 20, 31, 32, 33, 40, 48, 64};
    return usual[random_int(0, (int64_t)(sizeof usual / sizeof *usual) - 1)];
}

static cnn_conv2d_params random_shape(void) {
    cnn_conv2d_params a;
    do {
        const int64_t kind = random_int(0, 9); /* 0 depthwise, 1 and 2 grouped, else ordinary */
        a = (cnn_conv2d_params){.n = random_int(0, 20) == 0 ? 0 : random_int(1, 5),
                                .h = random_int(1, 20),
                                .w = random_int(1, 36),
                                .r = random_int(1, 7),
                                .s = random_int(1, 7),
                                .stride_h = 1,
                                .stride_w = 1,
                                .dilation_h = 1,
                                .dilation_w = 1};
        a.groups = kind == 0 ? random_channels() : kind <= 2 ? random_int(2, 5) : 1;
        a.c = kind == 0 ? a.groups : a.groups * (kind <= 2 ? random_int(1, 20) : random_channels());
        a.k = kind == 0 ? a.groups : a.groups * (kind <= 2 ? random_int(1, 20) : random_channels());
        if (random_int(0, 1)) a.stride_h = random_int(1, 4), a.stride_w = random_int(1, 4);
        if (random_int(0, 3) == 0) a.dilation_h = random_int(1, 4), a.dilation_w = random_int(1, 4);
        if (random_int(0, 2)) a.pad_h = random_int(0, 4), a.pad_w = random_int(0, 9);
        if (random_int(0, 9) == 0) a.r = a.h, a.s = a.w;
        if (random_int(0, 2) == 0) /* Winograd's */
            a.r = a.s = 3, a.stride_h = a.stride_w = a.dilation_h = a.dilation_w = 1, a.pad_h = random_int(0, 2),
            a.pad_w = random_int(0, 2);
        if (random_int(0, 9) == 0) a.r = a.s = 1;
    } while (!complete(&a) ||
             a.n * a.p * a.q * a.k * (a.c / a.groups) * a.r * a.s > (random_int(0, 19) ? 200000 : 4000000));
    return a;
}

/* Shapes that random ones seldom make. */
static const cnn_conv2d_params special[] = {
    {.n = 17,
     .c = 64,
     .h = 22,
     .w = 22,
     .k = 3,
     .r = 2,
     .s = 2,
     .stride_h = 1,
     .stride_w = 1,
     .pad_h = 0,
     .pad_w = 0,
     .dilation_h = 1,
     .dilation_w = 1,
     .groups = 1}, /* spectra and a gradient too large for the caches */
    {.n = 70,
     .c = 3,
     .h = 6,
     .w = 7,
     .k = 5,
     .r = 3,
     .s = 4,
     .stride_h = 1,
     .stride_w = 1,
     .pad_h = 1,
     .pad_w = 2,
     .dilation_h = 1,
     .dilation_w = 1,
     .groups = 1}, /* spectra summed in groups of images */
    {.n = 2,
     .c = 2,
     .h = 59,
     .w = 3,
     .k = 3,
     .r = 20,
     .s = 2,
     .stride_h = 1,
     .stride_w = 1,
     .pad_h = 3,
     .pad_w = 0,
     .dilation_h = 1,
     .dilation_w = 1,
     .groups = 1}, /* a long transform one way */
    {.n = 3,
     .c = 700,
     .h = 5,
     .w = 6,
     .k = 20,
     .r = 3,
     .s = 3,
     .stride_h = 1,
     .stride_w = 1,
     .pad_h = 1,
     .pad_w = 1,
     .dilation_h = 1,
     .dilation_w = 1,
     .groups = 1}, /* a run longer than a chunk */
    {.n = 1,
     .c = 500,
     .h = 7,
     .w = 7,
     .k = 3,
     .r = 3,
     .s = 3,
     .stride_h = 2,
     .stride_w = 1,
     .pad_h = 1,
     .pad_w = 1,
     .dilation_h = 2,
     .dilation_w = 2,
     .groups = 1}, /* the same with separate columns */
    {.n = 1,
     .c = 3,
     .h = 200,
     .w = 150,
     .k = 4,
     .r = 3,
     .s = 3,
     .stride_h = 1,
     .stride_w = 1,
     .pad_h = 1,
     .pad_w = 1,
     .dilation_h = 1,
     .dilation_w = 1,
     .groups = 1}, /* several bands of rows */
    {.n = 1,
     .c = 64,
     .h = 1,
     .w = 3000,
     .k = 1,
     .r = 1,
     .s = 5,
     .stride_h = 1,
     .stride_w = 2,
     .pad_h = 0,
     .pad_w = 2,
     .dilation_h = 1,
     .dilation_w = 1,
     .groups = 1}, /* bands of columns */
    {.n = 40,
     .c = 16,
     .h = 8,
     .w = 8,
     .k = 16,
     .r = 3,
     .s = 3,
     .stride_h = 1,
     .stride_w = 1,
     .pad_h = 1,
     .pad_w = 1,
     .dilation_h = 1,
     .dilation_w = 1,
     .groups = 1}, /* eight parts of the weight gradient */
    {.n = 33,
     .c = 16,
     .h = 31,
     .w = 33,
     .k = 16,
     .r = 3,
     .s = 3,
     .stride_h = 1,
     .stride_w = 1,
     .pad_h = 1,
     .pad_w = 1,
     .dilation_h = 1,
     .dilation_w = 1,
     .groups = 1}, /* large enough to be written past the caches */
    {.n = 1,
     .c = 2,
     .h = 1,
     .w = 2,
     .k = 2,
     .r = 1,
     .s = 1,
     .stride_h = 9,
     .stride_w = 7,
     .pad_h = 20,
     .pad_w = 30,
     .dilation_h = 1,
     .dilation_w = 1,
     .groups = 1}, /* windows that see nothing but zeros */
    {.n = 2,
     .c = 4,
     .h = 11,
     .w = 13,
     .k = 5,
     .r = 1,
     .s = 2,
     .stride_h = 3,
     .stride_w = 5,
     .pad_h = 0,
     .pad_w = 1,
     .dilation_h = 1,
     .dilation_w = 6,
     .groups = 1}, /* pixels between the windows */
};

int main(int argc, char **argv) {
    const uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 0) : (uint64_t)time(NULL);
    const int shapes = argc > 2 ? atoi(argv[2]) : 100;
    const int specials = (int)(sizeof special / sizeof *special);
    cnn_kernels tables[CNN_LEVELS];
    const int levels = (int)cnn_level_detect() + 1;
    for (int level = 0; level < levels; level++) cnn_kernels_fill(&tables[level], (cnn_level)level);
    rng_state = seed * 2654435761u + 88172645463325252u;
    int done = 0;
    for (; done < specials + shapes && checks_failed < 10; done++) {
        cnn_conv2d_params a;
        if (done < specials) {
            a = special[done];
            complete(&a);
        } else {
            a = random_shape();
        }
        check_shape(tables, levels, &a);
    }
    printf("%d shapes, %d levels, seed %llu\n", done, levels, (unsigned long long)seed);
    return check_result();
}
