/* SPDX-License-Identifier: MIT
 * Pooling, one output element at a time: a window is clipped to the image, then searched or averaged.
 * Gradients go the same way back: dinput is cleared, then every output element adds its share. */
#include "kernels/pool2d.h"
#include <math.h>
#include <string.h>

/* The places of one window along one axis: start, start + step, … below end, clipped to the image. */
typedef struct range {
    int64_t start, end, step;
} range;

static range window_range(int64_t position, int64_t stride, int64_t pad, int64_t window, int64_t dilation,
                          int64_t size) {
    range r = {position * stride - pad, position * stride - pad + (window - 1) * dilation + 1, dilation};
    while (r.start < 0) r.start += dilation;
    if (r.end > size) r.end = size;
    return r;
}

/* What an average divides by: see the contract. */
static double average_divisor(const cnn_pool2d_params *g, range h, range w, int64_t i, int64_t j) {
    if (g->divisor) return (double)g->divisor;
    if (!g->count_include_pad) return (double)((h.end - h.start) * (w.end - w.start));
    int64_t top = i * g->stride_h - g->pad_h, left = j * g->stride_w - g->pad_w;
    int64_t bottom = top + g->r, right = left + g->s;
    if (bottom > g->h + g->pad_h) bottom = g->h + g->pad_h;
    if (right > g->w + g->pad_w) right = g->w + g->pad_w;
    return (double)((bottom - top) * (right - left));
}

static void max_window(const cnn_pool2d_params *g, const REAL *image, range h, range w, REAL *output, int64_t *index) {
    for (int64_t c = 0; c < g->c; c++) {
        output[c] = (REAL)-INFINITY;
        index[c] = -1;
        for (int64_t y = h.start; y < h.end; y += h.step)
            for (int64_t x = w.start; x < w.end; x += w.step) {
                const REAL value = image[(y * g->w + x) * g->c + c];
                if (index[c] >= 0 && !(value > output[c] || (value != value && output[c] == output[c]))) continue;
                output[c] = value;
                index[c] = y * g->w + x;
            }
    }
}

static void max_forward(const cnn_team *team, const cnn_pool2d_params *g, const void *input, void *output,
                        int64_t *indices) {
    for (int64_t n = 0; n < g->n; n++)
        for (int64_t i = 0; i < g->p; i++) {
            if (*team->stop) return;
            const range h = window_range(i, g->stride_h, g->pad_h, g->r, g->dilation_h, g->h);
            for (int64_t j = 0; j < g->q; j++) {
                const range w = window_range(j, g->stride_w, g->pad_w, g->s, g->dilation_w, g->w);
                const int64_t at = ((n * g->p + i) * g->q + j) * g->c;
                max_window(g, (const REAL *)input + n * g->h * g->w * g->c, h, w, (REAL *)output + at, indices + at);
            }
        }
}

static void max_backward(const cnn_team *team, const cnn_pool2d_params *g, const void *doutput, const int64_t *indices,
                         void *dinput) {
    const int64_t image = g->h * g->w * g->c, outputs = g->p * g->q * g->c;
    if (g->n) memset(dinput, 0, (size_t)(g->n * image) * sizeof(REAL));
    for (int64_t n = 0; n < g->n; n++) {
        if (*team->stop) return;
        for (int64_t i = n * outputs; i < (n + 1) * outputs; i++) {
            if (indices[i] < 0) continue;
            ((REAL *)dinput)[n * image + indices[i] * g->c + i % g->c] += ((const REAL *)doutput)[i];
        }
    }
}

static void avg_forward(const cnn_team *team, const cnn_pool2d_params *g, const void *input, void *output) {
    for (int64_t at = 0; at < g->n * g->p * g->q; at++) {
        if (*team->stop) return;
        const int64_t n = at / (g->p * g->q), i = at / g->q % g->p, j = at % g->q;
        const range h = window_range(i, g->stride_h, g->pad_h, g->r, 1, g->h);
        const range w = window_range(j, g->stride_w, g->pad_w, g->s, 1, g->w);
        const double divisor = average_divisor(g, h, w, i, j);
        for (int64_t c = 0; c < g->c; c++) {
            double sum = 0;
            for (int64_t y = h.start; y < h.end; y++)
                for (int64_t x = w.start; x < w.end; x++)
                    sum += ((const REAL *)input)[((n * g->h + y) * g->w + x) * g->c + c];
            ((REAL *)output)[at * g->c + c] = (REAL)(sum / divisor);
        }
    }
}

static void avg_backward(const cnn_team *team, const cnn_pool2d_params *g, const void *doutput, void *dinput) {
    if (g->n) memset(dinput, 0, (size_t)(g->n * g->h * g->w * g->c) * sizeof(REAL));
    for (int64_t at = 0; at < g->n * g->p * g->q; at++) {
        if (*team->stop) return;
        const int64_t n = at / (g->p * g->q), i = at / g->q % g->p, j = at % g->q;
        const range h = window_range(i, g->stride_h, g->pad_h, g->r, 1, g->h);
        const range w = window_range(j, g->stride_w, g->pad_w, g->s, 1, g->w);
        const double divisor = average_divisor(g, h, w, i, j);
        for (int64_t y = h.start; y < h.end; y++)
            for (int64_t x = w.start; x < w.end; x++)
                for (int64_t c = 0; c < g->c; c++)
                    ((REAL *)dinput)[((n * g->h + y) * g->w + x) * g->c + c] +=
                        (REAL)(((const REAL *)doutput)[at * g->c + c] / divisor);
    }
}

const cnn_pool2d_kernels CNN_VARIANT(cnn_pool2d) = {max_forward, max_backward, avg_forward, avg_backward};
