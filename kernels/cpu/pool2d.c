/* SPDX-License-Identifier: MIT
 * Pooling over channels-last images of float32 or bfloat16: vectors run over the channels, a last partial vector is
 * masked. Gradients of overlapping windows add up in memory, which is too coarse for bfloat16: the contract leaves them
 * to float32.
 *
 * Forward  A unit of work is a row of outputs. Each window is clipped to the image once, then searched or added up for
 *          one vector of channels after the other.
 * Backward Windows may overlap, so a unit is an image and a part of its channels: it clears its gradient and adds the
 *          windows in order; windows that tile the image just write their places. The largest value gets its share by
 * comparing places with the index, lane by lane, which needs no scattered stores. */
#include "kernels/pool2d.h"
#include "kernels/cpu/stored.h"
#include <math.h>

enum {
    PARALLEL = 32768,       /* elements read from which waking the team pays */
    CHANNELS = 4 * VF_WIDTH /* of a backward unit */
};

typedef cnn_pool2d_params params; /* short, for long signatures */

/* The places of one window along one axis: start, start + step, … below end, clipped to the image. */
typedef struct range {
    int64_t start, end, step;
} range;

/* One window: its places. */
typedef struct window {
    range h, w;
} window;

static int64_t min_of(int64_t a, int64_t b) {
    return a < b ? a : b;
}

static range window_range(int64_t position, int64_t stride, int64_t pad, int64_t size_of_window, int64_t dilation,
                          int64_t size) {
    const int64_t first = position * stride - pad, end = first + (size_of_window - 1) * dilation + 1;
    range r = {first, min_of(end, size), dilation};
    if (first < 0) r.start = dilation == 1 ? 0 : first + (dilation - 1 - first) / dilation * dilation;
    return r;
}

static range rows_of(const params *g, int64_t i) {
    return window_range(i, g->stride_h, g->pad_h, g->r, g->dilation_h, g->h);
}

static range columns_of(const params *g, int64_t j) {
    return window_range(j, g->stride_w, g->pad_w, g->s, g->dilation_w, g->w);
}

/* What the average at output i, j divides by: see the contract. */
static float window_divisor(const params *g, const window *v, int64_t i, int64_t j) {
    if (g->divisor) return (float)g->divisor;
    if (!g->count_include_pad) return (float)((v->h.end - v->h.start) * (v->w.end - v->w.start));
    const int64_t top = i * g->stride_h - g->pad_h, left = j * g->stride_w - g->pad_w;
    return (float)((min_of(top + g->r, g->h + g->pad_h) - top) * (min_of(left + g->s, g->w + g->pad_w) - left));
}

static bool works_alone(const cnn_team *team, const params *g) {
    return team->threads < 2 || g->n * g->c * (g->p * g->q * g->r * g->s) < PARALLEL;
}

/* ---- max ---- */

/* Indices are 64 bits wide in memory and 32 bits in registers, where they stand beside the values. */
typedef int64_t wide_indices __attribute__((vector_size(2 * VF_BYTES)));

static inline void store_indices(int64_t *p, VI index, int64_t lanes) {
    const wide_indices wide = __builtin_convertvector(index, wide_indices);
    memcpy(p, &wide, (size_t)lanes * sizeof *p);
}

static inline VI load_indices(const int64_t *p, int64_t lanes) {
    wide_indices wide = {0};
    memcpy(&wide, p, (size_t)lanes * sizeof *p);
    return __builtin_convertvector(wide, VI);
}

/* One vector of channels of a window that has at least one place; image points at the first of these channels. */
static ALWAYS_INLINE void max_lanes(const params *g, const window *v, const STORED *image, STORED *output,
                                    int64_t *indices, int64_t lanes) {
    const int32_t first = (int32_t)(v->h.start * g->w + v->w.start);
    VF best = load_stored(image + first * g->c, lanes);
    VI index = (VI){0} + first;
    for (int64_t y = v->h.start; y < v->h.end; y += v->h.step)
        for (int64_t x = v->w.start; x < v->w.end; x += v->w.step) {
            const VF value = load_stored(image + (y * g->w + x) * g->c, lanes);
            const VI wins = ~(value <= best) & (best == best); /* larger, or the first NaN */
            best = vf_select(wins, value, best);
            index = (wins & (int32_t)(y * g->w + x)) | (~wins & index);
        }
    store_stored(output, best, lanes);
    store_indices(indices, index, lanes);
}

static void max_empty(const params *g, STORED *output, int64_t *indices) {
    for (int64_t c = 0; c < g->c; c++) {
        output[c] = stored_scalar(-INFINITY);
        indices[c] = -1;
    }
}

static void max_row(const params *g, int64_t n, int64_t i, const STORED *input, STORED *output, int64_t *indices) {
    const STORED *image = input + n * g->h * g->w * g->c;
    window v = {.h = rows_of(g, i)};
    for (int64_t j = 0; j < g->q; j++) {
        const int64_t at = ((n * g->p + i) * g->q + j) * g->c;
        int64_t c = 0;
        v.w = columns_of(g, j);
        if (v.h.start >= v.h.end || v.w.start >= v.w.end) {
            max_empty(g, output + at, indices + at);
            continue;
        }
        for (; c + VF_WIDTH <= g->c; c += VF_WIDTH)
            max_lanes(g, &v, image + c, output + at + c, indices + at + c, VF_WIDTH);
        if (c < g->c) max_lanes(g, &v, image + c, output + at + c, indices + at + c, g->c - c);
    }
}

static void max_forward(const cnn_team *team, const params *g, const void *input, void *output, int64_t *indices) {
#pragma omp parallel for num_threads(team->threads) schedule(static) if (!works_alone(team, g))
    for (int64_t row = 0; row < g->n * g->p; row++)
        if (!*team->stop) max_row(g, row / g->p, row % g->p, input, output, indices);
}

/* whole: no other window has these places, and nothing has been written there. */
static ALWAYS_INLINE void max_lanes_backward(const params *g, const window *v, const STORED *doutput,
                                             const int64_t *indices, STORED *dimage, int64_t lanes, bool whole) {
    const VF gradient = load_stored(doutput, lanes);
    const VI index = load_indices(indices, lanes);
    for (int64_t y = v->h.start; y < v->h.end; y += v->h.step)
        for (int64_t x = v->w.start; x < v->w.end; x += v->w.step) {
            STORED *place = dimage + (y * g->w + x) * g->c;
            const VI own = index == (int32_t)(y * g->w + x);
            const VF share = (VF)(own & (VI)gradient);
            store_stored(place, whole ? share : load_stored(place, lanes) + share, lanes);
        }
}

/* ---- mean ---- */

static ALWAYS_INLINE void avg_lanes(const params *g, const window *v, float divisor, const STORED *image,
                                    STORED *output, int64_t lanes) {
    VD low = {0}, high = {0};
    for (int64_t y = v->h.start; y < v->h.end; y++)
        for (int64_t x = v->w.start; x < v->w.end; x++) {
            const VF value = load_stored(image + (y * g->w + x) * g->c, lanes);
            low += vf_low(value);
            high += vf_high(value);
        }
    double sum[VF_WIDTH];
    float mean[VF_WIDTH];
    vd_store(sum, low / (double)divisor), vd_store(sum + VD_WIDTH, high / (double)divisor);
    for (int i = 0; i < VF_WIDTH; i++) mean[i] = (float)sum[i];
    store_stored(output, vf_load(mean), lanes);
}

static void avg_row(const params *g, int64_t n, int64_t i, const STORED *input, STORED *output) {
    const STORED *image = input + n * g->h * g->w * g->c;
    window v = {.h = rows_of(g, i)};
    for (int64_t j = 0; j < g->q; j++) {
        STORED *out = output + ((n * g->p + i) * g->q + j) * g->c;
        int64_t c = 0;
        v.w = columns_of(g, j);
        const float divisor = window_divisor(g, &v, i, j);
        for (; c + VF_WIDTH <= g->c; c += VF_WIDTH) avg_lanes(g, &v, divisor, image + c, out + c, VF_WIDTH);
        if (c < g->c) avg_lanes(g, &v, divisor, image + c, out + c, g->c - c);
    }
}

static void avg_forward(const cnn_team *team, const params *g, const void *input, void *output) {
#pragma omp parallel for num_threads(team->threads) schedule(static) if (!works_alone(team, g))
    for (int64_t row = 0; row < g->n * g->p; row++)
        if (!*team->stop) avg_row(g, row / g->p, row % g->p, input, output);
}

static ALWAYS_INLINE void avg_lanes_backward(const params *g, const window *v, float divisor, const STORED *doutput,
                                             STORED *dimage, int64_t lanes, bool whole) {
    const VF share = load_stored(doutput, lanes) / divisor;
    for (int64_t y = v->h.start; y < v->h.end; y++)
        for (int64_t x = v->w.start; x < v->w.end; x++) {
            STORED *place = dimage + (y * g->w + x) * g->c;
            store_stored(place, whole ? share : load_stored(place, lanes) + share, lanes);
        }
}

/* ---- both gradients: the same walk ---- */

/* Do the windows lie side by side and cover the image? Then each place is written once, else cleared and added to. */
static bool windows_tile(const params *g) {
    return g->stride_h == g->r && g->stride_w == g->s && g->pad_h == 0 && g->pad_w == 0 && g->dilation_h == 1 &&
           g->dilation_w == 1 && g->p * g->r == g->h && g->q * g->s == g->w;
}

static ALWAYS_INLINE void backward_lanes(const params *g, const window *v, float divisor, const STORED *doutput,
                                         const int64_t *indices, STORED *dimage, int64_t lanes, bool whole) {
    if (indices)
        max_lanes_backward(g, v, doutput, indices, dimage, lanes, whole);
    else
        avg_lanes_backward(g, v, divisor, doutput, dimage, lanes, whole);
}

/* Some channels of one window. indices is NULL for averages. */
static ALWAYS_INLINE void backward_window(const params *g, const window *v, float divisor, int64_t channels,
                                          const STORED *doutput, const int64_t *indices, STORED *dimage, bool whole) {
    for (int64_t c = 0; c < channels; c += VF_WIDTH) {
        const int64_t lanes = min_of(VF_WIDTH, channels - c), *own = indices ? indices + c : NULL;
        if (lanes == VF_WIDTH)
            backward_lanes(g, v, divisor, doutput + c, own, dimage + c, VF_WIDTH, whole);
        else
            backward_lanes(g, v, divisor, doutput + c, own, dimage + c, lanes, whole);
    }
}

/* Channels c … c + CHANNELS of image n. */
static ALWAYS_INLINE void backward_unit(const params *g, int64_t n, int64_t c, const STORED *doutput,
                                        const int64_t *indices, STORED *dinput, bool whole) {
    const int64_t channels = min_of(CHANNELS, g->c - c);
    STORED *dimage = dinput + n * g->h * g->w * g->c + c;
    for (int64_t place = 0; !whole && place < g->h * g->w; place++)
        memset(dimage + place * g->c, 0, (size_t)channels * sizeof(STORED));
    for (int64_t i = 0; i < g->p; i++) {
        window v = {.h = rows_of(g, i)};
        for (int64_t j = 0; j < g->q; j++) {
            const int64_t at = ((n * g->p + i) * g->q + j) * g->c + c;
            v.w = columns_of(g, j);
            backward_window(g, &v, indices ? 1 : window_divisor(g, &v, i, j), channels, doutput + at,
                            indices ? indices + at : NULL, dimage, whole);
        }
    }
}

static void backward(const cnn_team *team, const params *g, const void *doutput, const int64_t *indices, void *dinput) {
    const int64_t parts = (g->c + CHANNELS - 1) / CHANNELS;
    const bool whole = windows_tile(g);
#pragma omp parallel for num_threads(team->threads) schedule(static) if (!works_alone(team, g))
    for (int64_t unit = 0; unit < g->n * parts; unit++) {
        if (*team->stop) continue;
        if (whole)
            backward_unit(g, unit / parts, unit % parts * CHANNELS, doutput, indices, dinput, true);
        else
            backward_unit(g, unit / parts, unit % parts * CHANNELS, doutput, indices, dinput, false);
    }
}

static void max_backward(const cnn_team *team, const params *g, const void *doutput, const int64_t *indices,
                         void *dinput) {
    backward(team, g, doutput, indices, dinput);
}

static void avg_backward(const cnn_team *team, const params *g, const void *doutput, void *dinput) {
    backward(team, g, doutput, NULL, dinput);
}

const cnn_pool2d_kernels CNN_VARIANT(cnn_pool2d) = {max_forward, max_backward, avg_forward, avg_backward};
