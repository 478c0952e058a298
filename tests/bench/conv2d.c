/* SPDX-License-Identifier: MIT
 * How fast the convolution is: milliseconds and GFLOP/s of each pass, on the layers of the lab's networks and others.
 *
 * Levels above the machine's are left out; the reference runs on the smallest layer only, as the foot of the ladder.
 * Each number is the fastest of many runs, after one that is not counted. Arithmetic counts every tap, also those on
 * padding. Usage: conv2d [threads [level [layer [algorithm]]]]     by name; the default is every algorithm that suits
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kernels/kernels.h"

typedef struct layer {
    const char *name;
    int64_t n, c, h, k, r, stride, pad, dilation, groups; /* square */
} layer;

static const layer layers[] = {
    {"net conv1 1-32 7x7", 128, 1, 28, 32, 7, 1, 0, 1, 1},    {"net conv2 32-64 7x7", 128, 32, 22, 64, 7, 1, 0, 1, 1},
    {"resnet 3-16", 128, 3, 32, 16, 3, 1, 1, 1, 1},           {"resnet 16-16", 128, 16, 32, 16, 3, 1, 1, 1, 1},
    {"resnet 16-32 /2", 128, 16, 32, 32, 3, 2, 1, 1, 1},      {"resnet 32-32", 128, 32, 16, 32, 3, 1, 1, 1, 1},
    {"resnet 32-64 /2", 128, 32, 16, 64, 3, 2, 1, 1, 1},      {"resnet 64-64", 128, 64, 8, 64, 3, 1, 1, 1, 1},
    {"lenet 6-16 5x5", 128, 6, 14, 16, 5, 1, 0, 1, 1},        {"pointwise 64-256", 4, 64, 56, 256, 1, 1, 0, 1, 1},
    {"deep 512-512", 4, 512, 7, 512, 3, 1, 1, 1, 1},          {"dilated 64-64", 8, 64, 32, 64, 3, 1, 2, 2, 1},
    {"grouped 128-128 /32", 8, 128, 28, 128, 3, 1, 1, 1, 32}, {"depthwise 144", 4, 144, 56, 144, 3, 1, 1, 1, 144},
    {"one image 16-16", 1, 16, 32, 16, 3, 1, 1, 1, 1},        {"tiny 3-8 8x8", 1, 3, 8, 8, 3, 1, 1, 1, 1},
};

static const char *const pass_names[] = {"forward", "dinput", "dweight", "both"};

static double seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Pages are touched here, so that no run pays for them. */
static float *numbers(size_t count) {
    float *x = aligned_alloc(64, (count * sizeof(float) / 64 + 1) * 64);
    if (!x) {
        perror("conv2d");
        exit(2);
    }
    for (size_t i = 0; i < count; i++) x[i] = (float)(rand() % 2001 - 1000) / 1024;
    return x;
}

typedef struct arrays {
    float *input, *weight, *output, *dinput, *workspace;
} arrays;

static void run(const cnn_conv2d_kernels *kernels, const cnn_team *team, const cnn_conv2d_params *a, int pass,
                const arrays *x) {
    if (pass == CNN_CONV2D_FORWARD)
        kernels->forward(team, a, NULL, x->input, x->weight, NULL, x->output, NULL, x->workspace);
    else if (pass == CNN_CONV2D_BACKWARD_INPUT)
        kernels->backward_input(team, a, NULL, NULL, x->output, x->weight, x->input, x->workspace);
    else if (pass == CNN_CONV2D_BACKWARD_WEIGHT)
        kernels->backward_weight(team, a, NULL, x->input, NULL, x->output, x->weight, x->workspace);
    else
        kernels->backward(team, a, NULL, x->input, NULL, x->weight, x->output, x->dinput, x->weight, x->workspace);
}

/* The fastest of the runs that fit a fifth of a second, at least five. */
static double time_pass(const cnn_conv2d_kernels *kernels, const cnn_team *team, const cnn_conv2d_params *a, int pass,
                        const arrays *x) {
    double best = 1e9, total = 0;
    for (int i = 0; i < 6 || (total < 0.2 && i < 10000); i++) {
        const double start = seconds();
        run(kernels, team, a, pass, x);
        const double took = seconds() - start;
        if (i > 0 && took < best) best = took;
        total += took;
    }
    return best;
}

static void bench_passes(const cnn_conv2d_kernels *kernels, const cnn_team *team, const cnn_conv2d_params *a) {
    const size_t inputs = (size_t)(a->n * a->h * a->w * a->c), outputs = (size_t)(a->n * a->p * a->q * a->k);
    const size_t weights = (size_t)(a->k * (a->c / a->groups) * a->r * a->s);
    const double flops = 2.0 * (double)outputs * (double)(weights / (size_t)a->k);
    for (int pass = 0; pass < (kernels->backward ? 4 : 3); pass++) {
        const size_t bytes = kernels->workspace_bytes(team, a, (cnn_conv2d_pass)pass);
        const arrays x = {numbers(inputs), numbers(weights), numbers(outputs), numbers(inputs),
                          numbers(bytes / sizeof(float))};
        const double time = time_pass(kernels, team, a, pass, &x);
        printf("  %s %8.3f ms %6.1f GFLOP/s", pass_names[pass], time * 1e3,
               (pass == CNN_CONV2D_BACKWARD ? 2 : 1) * flops / time * 1e-9);
        fflush(stdout);
        free(x.input);
        free(x.weight);
        free(x.output);
        free(x.dinput);
        free(x.workspace);
    }
    printf("\n");
}

static void bench_layer(const cnn_conv2d_kernels *kernels, const char *level, const cnn_team *team, const layer *l,
                        const char *algorithm) {
    const int64_t out = (l->h + 2 * l->pad - l->dilation * (l->r - 1) - 1) / l->stride + 1;
    for (int i = CNN_CONV2D_AUTO; i < CNN_CONV2D_ALGORITHMS; i++) {
        const cnn_conv2d_params a = {l->n,
                                     l->c,
                                     l->h,
                                     l->h,
                                     l->k,
                                     l->r,
                                     l->r,
                                     out,
                                     out,
                                     l->stride,
                                     l->stride,
                                     l->pad,
                                     l->pad,
                                     l->dilation,
                                     l->dilation,
                                     l->groups,
                                     (cnn_conv2d_algorithm)i};
        if (algorithm ? strcmp(algorithm, cnn_conv2d_algorithm_name((cnn_conv2d_algorithm)i)) != 0
                      : i == CNN_CONV2D_AUTO && kernels->algorithm)
            continue;
        if (i != CNN_CONV2D_AUTO && (!kernels->algorithm || (int)kernels->algorithm(team, &a, 0, NULL) != i)) continue;
        printf("%-9s %-20s %-9s", level, l->name, cnn_conv2d_algorithm_name((cnn_conv2d_algorithm)i));
        bench_passes(kernels, team, &a);
    }
}

int main(int argc, char **argv) {
    const cnn_team team = {.threads = argc > 1 ? atoi(argv[1]) : 2, .stop = NULL};
    const int count = (int)(sizeof layers / sizeof *layers);
    for (int level = 0; level <= (int)cnn_level_detect(); level++) {
        const char *name = cnn_level_name((cnn_level)level);
        if (argc > 2 && strcmp(argv[2], name) != 0) continue;
        cnn_kernels table;
        cnn_kernels_fill(&table, (cnn_level)level);
        for (int i = 0; i < count; i++) {
            if (argc > 3 && strcmp(argv[3], layers[i].name) != 0) continue;
            if (argc <= 3 && level == CNN_LEVEL_REFERENCE && i != count - 2) continue;
            bench_layer(table.conv2d[CNN_F32], name, &team, &layers[i], argc > 4 ? argv[4] : NULL);
        }
    }
    return 0;
}
