/* SPDX-License-Identifier: MIT
 * How a convolution that knows float32 alone serves bfloat16: some images at a time are widened into the workspace,
 * convolved there, and the results rounded back.
 *
 * So many images at a time that they stay in the caches. How many depends on the shape only: the weight's gradient adds
 * what they give in that order, and its bits must not depend on the number of threads. Nothing is fused or kept. */
#ifndef CNN_KERNELS_CPU_CONV2D_WIDEN_H
#define CNN_KERNELS_CPU_CONV2D_WIDEN_H

#include "kernels/cpu/conv2d_bands.h"
#include "kernels/cpu/stored.h"

#define WIDEN_FLOATS (512 * 1024) /* of images, in and out, at a time                        */
#define WIDEN_PIECE  (16 * 1024)  /* numbers that are worth a thread's wake-up, when copied  */

typedef struct widening {
    const cnn_conv2d_kernels *kernels;
    const cnn_team *team;
    cnn_conv2d_params some;      /* of the convolution of some images    */
    int64_t n, images;           /* all; at a time                       */
    int64_t in, out, weights;    /* numbers: of an image, of the kernels */
    float *x, *y, *part, *under; /* room for images, for a dweight, and the kernels' own workspace */
    size_t bytes;
} widening;

static size_t widen_under(const widening *w, cnn_conv2d_pass pass, int64_t images) {
    cnn_conv2d_params a = w->some;
    a.n = images;
    return images > 0 ? w->kernels->workspace_bytes(w->team, &a, pass) : 0;
}

/* workspace: NULL to ask for `bytes` */
static widening widen_plan(const cnn_conv2d_kernels *kernels, const cnn_team *team, const cnn_conv2d_params *a,
                           cnn_conv2d_pass pass, float *workspace) {
    widening w = {.kernels = kernels,
                  .team = team,
                  .some = *a,
                  .n = a->n,
                  .in = a->h * a->w * a->c,
                  .out = a->p * a->q * a->k,
                  .weights = a->k * (a->c / a->groups) * a->r * a->s};
    const int64_t most = max_i64(1, min_i64(a->n, WIDEN_FLOATS / (w.in + w.out)));
    w.images = max_i64(1, ceil_div(a->n, ceil_div(max_i64(a->n, 1), most)));
    const size_t whole = widen_under(&w, pass, w.images), rest = widen_under(&w, pass, a->n % w.images);
    const int64_t x = round_up(w.images * w.in, 16), y = round_up(w.images * w.out, 16);
    const int64_t part = pass == CNN_CONV2D_BACKWARD_WEIGHT ? round_up(w.weights, 16) : 0;
    w.bytes = (size_t)(x + y + part) * sizeof(float) + (whole > rest ? whole : rest);
    if (!workspace) return w;
    w.x = workspace, w.y = w.x + x, w.part = w.y + y, w.under = w.part + part;
    return w;
}

/* Images that begin with `first`: how many are done at once. */
static int64_t widen_next(widening *w, int64_t first) {
    w->some.n = min_i64(w->images, w->n - first);
    return conv2d_stopped(w->team) ? 0 : w->some.n;
}

static void widen_there(const cnn_team *team, const STORED *from, int64_t count, float *to) {
    const int64_t pieces = ceil_div(count, WIDEN_PIECE);
    const int threads = (int)min_i64(team->threads, pieces);
#pragma omp parallel for num_threads(threads) if (threads > 1) schedule(static)
    for (int64_t piece = 0; piece < pieces; piece++)
        for (int64_t i = piece * WIDEN_PIECE; i < min_i64(count, (piece + 1) * WIDEN_PIECE); i += VF_WIDTH)
            vf_store(to + i, load_stored(from + i, min_i64(count - i, VF_WIDTH)));
}

static void widen_back(const cnn_team *team, const float *from, int64_t count, STORED *to) {
    const int64_t pieces = ceil_div(count, WIDEN_PIECE);
    const int threads = (int)min_i64(team->threads, pieces);
#pragma omp parallel for num_threads(threads) if (threads > 1) schedule(static)
    for (int64_t piece = 0; piece < pieces; piece++)
        for (int64_t i = piece * WIDEN_PIECE; i < min_i64(count, (piece + 1) * WIDEN_PIECE); i += VF_WIDTH)
            store_stored(to + i, vf_load(from + i), min_i64(count - i, VF_WIDTH));
}

static void widen_forward(widening w, const STORED *input, const void *weight, const void *bias, STORED *output) {
    for (int64_t i = 0; i < w.n && widen_next(&w, i); i += w.some.n) {
        widen_there(w.team, input + i * w.in, w.some.n * w.in, w.x);
        w.kernels->forward(w.team, &w.some, NULL, w.x, weight, bias, w.y, NULL, w.under);
        widen_back(w.team, w.y, w.some.n * w.out, output + i * w.out);
    }
}

static void widen_backward_input(widening w, const STORED *doutput, const void *weight, STORED *dinput) {
    for (int64_t i = 0; i < w.n && widen_next(&w, i); i += w.some.n) {
        widen_there(w.team, doutput + i * w.out, w.some.n * w.out, w.y);
        w.kernels->backward_input(w.team, &w.some, NULL, NULL, w.y, weight, w.x, w.under);
        widen_back(w.team, w.x, w.some.n * w.in, dinput + i * w.in);
    }
}

static void widen_backward_weight(widening w, const STORED *input, const STORED *doutput, float *dweight) {
    if (w.n == 0) memset(dweight, 0, (size_t)w.weights * sizeof *dweight);
    for (int64_t i = 0; i < w.n && widen_next(&w, i); i += w.some.n) {
        widen_there(w.team, input + i * w.in, w.some.n * w.in, w.x);
        widen_there(w.team, doutput + i * w.out, w.some.n * w.out, w.y);
        w.kernels->backward_weight(w.team, &w.some, NULL, w.x, NULL, w.y, i ? w.part : dweight, w.under);
        for (int64_t j = 0; i && j < w.weights; j++) dweight[j] += w.part[j];
    }
}

/* ---- direct convolution ---- */

#define WIDEN_NAME(name, level)  name##_##level
#define WIDEN_TABLE(name, level) WIDEN_NAME(name, level)
#define WIDEN_DIRECT             WIDEN_TABLE(cnn_conv2d_direct, CNN_LEVEL_PLAIN) /* float32's, of this level */

extern const cnn_conv2d_kernels WIDEN_DIRECT;

static size_t direct_workspace_bytes(const cnn_team *team, const cnn_conv2d_params *params, cnn_conv2d_pass pass) {
    return widen_plan(&WIDEN_DIRECT, team, params, pass, NULL).bytes;
}

static void direct_forward(const cnn_team *team, const cnn_conv2d_params *params, const cnn_conv2d_fusion *fusion,
                           const void *input, const void *weight, const void *bias, void *output, void *kept,
                           void *workspace) {
    (void)fusion, (void)kept;
    widen_forward(widen_plan(&WIDEN_DIRECT, team, params, CNN_CONV2D_FORWARD, workspace), input, weight, bias, output);
}

static void direct_backward_input(const cnn_team *team, const cnn_conv2d_params *params,
                                  const cnn_conv2d_fusion *fusion, const void *input, const void *doutput,
                                  const void *weight, void *dinput, void *workspace) {
    (void)fusion, (void)input;
    widen_backward_input(widen_plan(&WIDEN_DIRECT, team, params, CNN_CONV2D_BACKWARD_INPUT, workspace), doutput, weight,
                         dinput);
}

static void direct_backward_weight(const cnn_team *team, const cnn_conv2d_params *params,
                                   const cnn_conv2d_fusion *fusion, const void *input, const void *kept,
                                   const void *doutput, void *dweight, void *workspace) {
    (void)fusion, (void)kept;
    widen_backward_weight(widen_plan(&WIDEN_DIRECT, team, params, CNN_CONV2D_BACKWARD_WEIGHT, workspace), input,
                          doutput, dweight);
}

static const cnn_conv2d_kernels widened_direct = {
    .workspace_bytes = direct_workspace_bytes,
    .forward = direct_forward,
    .backward_input = direct_backward_input,
    .backward_weight = direct_backward_weight,
};

#endif
