/* SPDX-License-Identifier: MIT
 * Which algorithm a convolution runs: the choice by shape, and the hand-over to it.
 *
 * Each algorithm is a file with a table of its own (conv2d_direct.c, …) that fills the slots which it has. The choice
 * compares what each would cost, in nanoseconds of one thread; a forced algorithm is taken where it suits the shape.
 * It depends on sizes alone, never on the number of threads, so that bits do not either. Compiled once more for
 * bfloat16, which Winograd and Fourier transforms read and write and direct convolution is handed in float32. */
#include <stdio.h>
#include <string.h>

#include "kernels/cpu/conv2d_fft_cost.h"
#include "kernels/cpu/vector.h"

#if defined(ELEMENT_bf16)
#include "kernels/cpu/conv2d_widen.h"
#define DIRECT widened_direct
#else
#define DIRECT CNN_VARIANT(cnn_conv2d_direct)
extern const cnn_conv2d_kernels DIRECT;
#endif
extern const cnn_conv2d_kernels CNN_VARIANT(cnn_conv2d_winograd);
extern const cnn_conv2d_kernels CNN_VARIANT(cnn_conv2d_fft);

static const cnn_conv2d_kernels *const algorithms[CNN_CONV2D_ALGORITHMS] = {
    [CNN_CONV2D_DIRECT] = &DIRECT,
    [CNN_CONV2D_WINOGRAD] = &CNN_VARIANT(cnn_conv2d_winograd),
    [CNN_CONV2D_FFT] = &CNN_VARIANT(cnn_conv2d_fft),
};

static bool simple(const cnn_conv2d_params *a) {
    return a->stride_h == 1 && a->stride_w == 1 && a->dilation_h == 1 && a->dilation_w == 1 && a->groups == 1;
}

/* Whether the algorithm can compute these sizes at all. */
static bool suits(cnn_conv2d_algorithm algorithm, const cnn_conv2d_params *a) {
    switch (algorithm) {
    case CNN_CONV2D_DIRECT:
        return true;
    case CNN_CONV2D_WINOGRAD:
        return simple(a) && a->r == 3 && a->s == 3 && a->pad_h <= 2 && a->pad_w <= 2;
    case CNN_CONV2D_FFT:
        return simple(a) && fft_suits(a);
    default:
        return false;
    }
}

/* ---- what they cost: nanoseconds of one thread, about ----
 *
 * Fitted to forward and both gradients of 3x3 kernels, 1 … 128 channels, images of 4 … 56 pixels, 1 … 32 of them: off
 * by a tenth on average. What is chosen by them takes one or two percent more than the best choice. */

#if defined(__AVX512F__)
#define STEP_COST      0.17 /* one vector times one number, added to a sum in a register */
#define TRANSFORM_COST 75.0 /* one vector of a tile, to the points or back               */
#elif defined(__AVX2__)
#define STEP_COST      0.135
#define TRANSFORM_COST 45.0
#else
#define STEP_COST      0.21
#define TRANSFORM_COST 45.0
#endif

static double vectors(int64_t channels) {
    return (double)((channels + VF_WIDTH - 1) / VF_WIDTH);
}

/* Sums of a pass: over how many channels, and how many vectors of them lie side by side. */
static double depth_of(const cnn_conv2d_params *a, cnn_conv2d_pass pass) {
    return (double)((pass == CNN_CONV2D_BACKWARD_INPUT ? a->k : a->c) / a->groups);
}

static double lanes_of(const cnn_conv2d_params *a, cnn_conv2d_pass pass) {
    return vectors((pass == CNN_CONV2D_BACKWARD_INPUT ? a->c : a->k) / a->groups) * (double)a->groups;
}

/* Every tap of every output, and the packing of the kernels. */
static double direct_cost(const cnn_conv2d_params *a, cnn_conv2d_pass pass) {
    const double depth = depth_of(a, pass), lanes = lanes_of(a, pass), taps = (double)(a->r * a->s);
    const double pixels = (double)a->n * (double)a->p * (double)a->q;
    const double packing = taps < 16 || pass == CNN_CONV2D_BACKWARD_WEIGHT ? 0.5 : 2.2; /* far apart in memory */
    return 600 + pixels * lanes * (STEP_COST * depth * taps + 2) + depth * lanes * taps * VF_WIDTH * packing;
}

/* 36 products per tile, its transforms, and those of the kernels: they do not shrink with the batch, and take twice as
 * long where a second-level cache cannot hold them. */
static double winograd_cost(const cnn_conv2d_params *a, cnn_conv2d_pass pass) {
    const bool back = pass == CNN_CONV2D_BACKWARD_INPUT;
    const int64_t high = ((back ? a->h : a->p) + 3) / 4, wide = ((back ? a->w : a->q) + 3) / 4;
    const double tiles = (double)a->n * (double)high * (double)wide, depth = depth_of(a, pass),
                 lanes = lanes_of(a, pass);
    const double kernels = depth * lanes * (10 + 5.5 * VF_WIDTH), packed = 36 * depth * lanes * VF_WIDTH;
    const double work = 36 * STEP_COST * depth * lanes + TRANSFORM_COST * (vectors(a->c) + vectors(a->k));
    return 400 + tiles * work * (pass == CNN_CONV2D_BACKWARD_WEIGHT ? 1.1 : 1) + kernels * (packed > 300e3 ? 2 : 1);
}

static double cost(cnn_conv2d_algorithm algorithm, const cnn_conv2d_params *a, cnn_conv2d_pass pass) {
    switch (algorithm) {
    case CNN_CONV2D_DIRECT:
        return direct_cost(a, pass);
    case CNN_CONV2D_WINOGRAD:
        return winograd_cost(a, pass);
    case CNN_CONV2D_FFT:
        return fft_cost(a, pass);
    default:
        return 1e30;
    }
}

static cnn_conv2d_algorithm choose(const cnn_conv2d_params *params, cnn_conv2d_pass pass) {
    cnn_conv2d_algorithm best = CNN_CONV2D_DIRECT;
    if (params->n == 0) return best;
    for (int i = CNN_CONV2D_DIRECT; i < CNN_CONV2D_ALGORITHMS; i++) {
        if (!algorithms[i] || !suits(i, params)) continue;
        if (params->algorithm == (cnn_conv2d_algorithm)i) return i;
        if (params->algorithm == CNN_CONV2D_AUTO && cost(i, params, pass) < cost(best, params, pass)) best = i;
    }
    return best;
}

static const cnn_conv2d_kernels *chosen(const cnn_conv2d_params *params, cnn_conv2d_pass pass) {
    return algorithms[choose(params, pass)];
}

/* Adds "name 1.2 ms" to the text. */
static void tell_cost(char *text, size_t room, cnn_conv2d_algorithm algorithm, double ns) {
    const size_t length = strlen(text);
    const double time = ns < 1e5 ? ns / 1e3 : ns / 1e6;
    const int digits = time < 1 ? 2 : time < 10;
    snprintf(text + length, room - length, "%s%s %.*f %s", length > 0 ? ", " : "", cnn_conv2d_algorithm_name(algorithm),
             digits, time, ns < 1e5 ? "us" : "ms");
}

/* The reason for a choice, and what each algorithm that can do these sizes would cost, by estimate for one thread. */
static void tell(const cnn_conv2d_params *params, cnn_conv2d_pass pass, cnn_conv2d_algorithm algorithm, char *why) {
    char costs[CNN_CONV2D_WHY / 2] = "";
    int candidates = 0;
    for (int i = CNN_CONV2D_DIRECT; i < CNN_CONV2D_ALGORITHMS; i++) {
        if (!algorithms[i] || !suits(i, params)) continue;
        tell_cost(costs, sizeof costs, i, cost(i, params, pass));
        candidates++;
    }
    const char *reason = candidates > 1 ? "cheapest of" : "nothing else can do it;";
    if (params->n == 0)
        reason = "no images;";
    else if (params->algorithm == algorithm)
        reason = "asked for;";
    else if (params->algorithm != CNN_CONV2D_AUTO)
        reason = "what was asked for cannot do it;";
    snprintf(why, CNN_CONV2D_WHY, "%s %s", reason, costs);
}

static cnn_conv2d_algorithm conv2d_algorithm(const cnn_team *team, const cnn_conv2d_params *params,
                                             cnn_conv2d_pass pass, char *why) {
    (void)team;
    const cnn_conv2d_algorithm algorithm = choose(params, pass);
    if (why) tell(params, pass, algorithm, why);
    return algorithm;
}

/* Who computes both gradients in one go; NULL: two passes, each by its own algorithm. */
static const cnn_conv2d_kernels *joint(const cnn_conv2d_params *params) {
    const cnn_conv2d_kernels *kernels = chosen(params, CNN_CONV2D_BACKWARD_INPUT);
    return kernels->backward && kernels == chosen(params, CNN_CONV2D_BACKWARD_WEIGHT) ? kernels : NULL;
}

static size_t conv2d_workspace_bytes(const cnn_team *team, const cnn_conv2d_params *params, cnn_conv2d_pass pass) {
    if (pass != CNN_CONV2D_BACKWARD) return chosen(params, pass)->workspace_bytes(team, params, pass);
    if (joint(params)) return joint(params)->workspace_bytes(team, params, pass);
    const size_t input = conv2d_workspace_bytes(team, params, CNN_CONV2D_BACKWARD_INPUT);
    const size_t weight = conv2d_workspace_bytes(team, params, CNN_CONV2D_BACKWARD_WEIGHT);
    return input > weight ? input : weight;
}

/* What forward keeps is only of use to a gradient that the same algorithm computes. */
static size_t conv2d_kept_bytes(const cnn_team *team, const cnn_conv2d_params *params) {
    const cnn_conv2d_kernels *kernels = chosen(params, CNN_CONV2D_FORWARD);
    if (!kernels->kept_bytes || kernels != chosen(params, CNN_CONV2D_BACKWARD_WEIGHT)) return 0;
    return kernels->kept_bytes(team, params);
}

static bool conv2d_fuses(const cnn_team *team, const cnn_conv2d_params *params, cnn_conv2d_pass pass,
                         const cnn_conv2d_fusion *fusion) {
    if (!fusion) return true;
    if (pass == CNN_CONV2D_BACKWARD && !joint(params))
        return conv2d_fuses(team, params, CNN_CONV2D_BACKWARD_INPUT, fusion) &&
               conv2d_fuses(team, params, CNN_CONV2D_BACKWARD_WEIGHT, fusion);
    const cnn_conv2d_kernels *kernels = chosen(params, pass);
    return kernels->fuses && kernels->fuses(team, params, pass, fusion);
}

static void conv2d_forward(const cnn_team *team, const cnn_conv2d_params *params, const cnn_conv2d_fusion *fusion,
                           const void *input, const void *weight, const void *bias, void *output, void *kept,
                           void *workspace) {
    chosen(params, CNN_CONV2D_FORWARD)->forward(team, params, fusion, input, weight, bias, output, kept, workspace);
}

static void conv2d_backward_input(const cnn_team *team, const cnn_conv2d_params *params,
                                  const cnn_conv2d_fusion *fusion, const void *input, const void *doutput,
                                  const void *weight, void *dinput, void *workspace) {
    chosen(params, CNN_CONV2D_BACKWARD_INPUT)
        ->backward_input(team, params, fusion, input, doutput, weight, dinput, workspace);
}

static void conv2d_backward_weight(const cnn_team *team, const cnn_conv2d_params *params,
                                   const cnn_conv2d_fusion *fusion, const void *input, const void *kept,
                                   const void *doutput, void *dweight, void *workspace) {
    chosen(params, CNN_CONV2D_BACKWARD_WEIGHT)
        ->backward_weight(team, params, fusion, input, kept, doutput, dweight, workspace);
}

static void conv2d_backward(const cnn_team *team, const cnn_conv2d_params *params, const cnn_conv2d_fusion *fusion,
                            const void *input, const void *kept, const void *weight, const void *doutput, void *dinput,
                            void *dweight, void *workspace) {
    const cnn_conv2d_kernels *both = joint(params);
    if (both) {
        both->backward(team, params, fusion, input, kept, weight, doutput, dinput, dweight, workspace);
        return;
    }
    conv2d_backward_input(team, params, fusion, input, doutput, weight, dinput, workspace);
    conv2d_backward_weight(team, params, fusion, input, kept, doutput, dweight, workspace);
}

const cnn_conv2d_kernels CNN_VARIANT(cnn_conv2d) = {
    .algorithm = conv2d_algorithm,
    .workspace_bytes = conv2d_workspace_bytes,
    .kept_bytes = conv2d_kept_bytes,
    .fuses = conv2d_fuses,
    .forward = conv2d_forward,
    .backward_input = conv2d_backward_input,
    .backward_weight = conv2d_backward_weight,
    .backward = conv2d_backward,
};
