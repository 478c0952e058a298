/* SPDX-License-Identifier: MIT
 * Which convolutions can be done by Fourier transforms, and how long they would take: for the choice of an algorithm.
 *
 * The sizes of transforms that exist are listed here, with what one line of each takes. The model adds up the lines,
 * the fma of the products and a call's fixed part; its constants are fits to measurements over many shapes. */
#ifndef CNN_KERNELS_CPU_CONV2D_FFT_COST_H
#define CNN_KERNELS_CPU_CONV2D_FFT_COST_H

#include "kernels/conv2d.h"
#include "kernels/cpu/vector.h"

/* size, its factors A and B; where they are coprime, the number that is 1 modulo A and 0 modulo B, and the other way
 * round; nanoseconds of a line. */
#define FFT_SIZES(X)                                                                                                   \
    X(5, 1, 5, 0, 0, 12)                                                                                               \
    X(6, 1, 6, 0, 0, 14)                                                                                               \
    X(7, 1, 7, 0, 0, 19)                                                                                               \
    X(8, 1, 8, 0, 0, 18)                                                                                               \
    X(9, 1, 9, 0, 0, 29)                                                                                               \
    X(10, 2, 5, 5, 6, 27)                                                                                              \
    X(11, 1, 11, 0, 0, 40)                                                                                             \
    X(12, 4, 3, 9, 4, 40)                                                                                              \
    X(13, 1, 13, 0, 0, 55)                                                                                             \
    X(14, 2, 7, 7, 8, 50)                                                                                              \
    X(15, 3, 5, 10, 6, 52)                                                                                             \
    X(16, 4, 4, 0, 0, 55)                                                                                              \
    X(18, 2, 9, 9, 10, 72)                                                                                             \
    X(20, 4, 5, 5, 16, 70)                                                                                             \
    X(22, 2, 11, 11, 12, 100)                                                                                          \
    X(24, 3, 8, 16, 9, 82)                                                                                             \
    X(26, 2, 13, 13, 14, 135)                                                                                          \
    X(28, 4, 7, 21, 8, 102)                                                                                            \
    X(30, 6, 5, 25, 6, 110)                                                                                            \
    X(32, 4, 8, 0, 0, 115)                                                                                             \
    X(36, 4, 9, 9, 28, 155)                                                                                            \
    X(40, 5, 8, 16, 25, 145)                                                                                           \
    X(44, 4, 11, 33, 12, 205)                                                                                          \
    X(48, 6, 8, 0, 0, 180)                                                                                             \
    X(56, 7, 8, 8, 49, 210)                                                                                            \
    X(64, 8, 8, 0, 0, 250)

enum { FFT_MAX = 64 }; /* the longest line */

/* The shortest transform for lines of at least that length, and its nanoseconds; 0 if there is none. */
static inline int64_t fft_length(int64_t least, double *line_ns) {
    static const struct {
        int size, ns;
    } sizes[] = {
#define FFT_ENTRY(size, A, B, unit_a, unit_b, ns) {size, ns},
        FFT_SIZES(FFT_ENTRY)
#undef FFT_ENTRY
    };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        if (sizes[i].size < least) continue;
        if (line_ns) *line_ns = sizes[i].ns;
        return sizes[i].size;
    }
    return 0;
}

/* A circular transform is long enough when it holds the padded image without the zeros behind it: what a window sees
 * beyond the end comes round to the zeros in front. The results and the taps have to fit as well. */
static inline int64_t fft_least(int64_t size, int64_t pad, int64_t results, int64_t taps) {
    const int64_t least = size + pad > results ? size + pad : results;
    return least > taps ? least : taps;
}

static inline int64_t fft_length_down(const cnn_conv2d_params *a, double *line_ns) {
    return fft_length(fft_least(a->h, a->pad_h, a->p, a->r), line_ns);
}

static inline int64_t fft_length_across(const cnn_conv2d_params *a, double *line_ns) {
    return fft_length(fft_least(a->w, a->pad_w, a->q, a->s), line_ns);
}

/* Of a convolution of stride 1, dilation 1 and one group: a kernel of one row or column is better done directly. */
static inline bool fft_suits(const cnn_conv2d_params *a) {
    return a->r > 1 && a->s > 1 && fft_length_down(a, NULL) && fft_length_across(a, NULL);
}

/* Nanoseconds on one thread of: a line, in parts of what it takes in the first-level cache and per number fetched and
 * stored from afar; a line of the kernel likewise; its numbers more where a column of it does not fit the second-level
 * cache; a vector's fma of the products, more likewise, and the part of a sum that a block of images shares. */
#if defined(__AVX512F__)
#define FFT_LINE      1.5
#define FFT_LINE_MOVE 1.6
#define FFT_TAPS      0.7
#define FFT_TAPS_MOVE 5.2
#define FFT_TAPS_FAR  3.0
#define FFT_STEP      0.185
#define FFT_STEP_FAR  0.3
#define FFT_SUM       0.46
#elif defined(__AVX2__)
#define FFT_LINE      1.3
#define FFT_LINE_MOVE 1.25
#define FFT_TAPS      0.8
#define FFT_TAPS_MOVE 3.0
#define FFT_TAPS_FAR  2.4
#define FFT_STEP      0.145
#define FFT_STEP_FAR  0.17
#define FFT_SUM       0.28
#else
#define FFT_LINE      1.55
#define FFT_LINE_MOVE 0.0
#define FFT_TAPS      0.8
#define FFT_TAPS_MOVE 1.6
#define FFT_TAPS_FAR  2.2
#define FFT_STEP      0.2
#define FFT_STEP_FAR  0.05
#define FFT_SUM       0.16
#endif
enum { FFT_NEAR_BYTES = 1200000 }; /* of a kernel's column, that is */

static inline double fft_vectors(int64_t channels) {
    return (double)((channels + VF_WIDTH - 1) / VF_WIDTH);
}

/* Nanoseconds of a pass on one thread, about: fitted to 400 shapes and passes of 1 … 32 images, 2x2 to 11x11; off by a
 * seventh on average. */
static inline double fft_cost(const cnn_conv2d_params *a, cnn_conv2d_pass pass) {
    double down_ns = 0, across_ns = 0;
    const double down = (double)fft_length_down(a, &down_ns), across = (double)fft_length_across(a, &across_ns);
    const double pairs = (double)((a->n + 1) / 2), in = fft_vectors(a->c), out = fft_vectors(a->k);
    const double row = FFT_LINE * across_ns + FFT_LINE_MOVE * across,
                 column = FFT_LINE * down_ns + FFT_LINE_MOVE * down;
    const double lines = in * ((double)a->h * row + across * column) + out * ((double)a->p * row + across * column);
    const bool far = down * (double)(a->c * a->k) * 3 * sizeof(float) > FFT_NEAR_BYTES;
    const bool forward = pass == CNN_CONV2D_FORWARD, weight = pass == CNN_CONV2D_BACKWARD_WEIGHT;
    const double taps_row = FFT_TAPS * across_ns + FFT_TAPS_MOVE * across;
    const double taps_column = FFT_TAPS * down_ns + (FFT_TAPS_MOVE + (far ? FFT_TAPS_FAR : 0)) * down;
    const double channels = forward || weight ? (double)a->c * out : (double)a->k * in;
    const double taps = channels * ((double)a->r / 2 * taps_row + (across / 2 + 1) * taps_column);
    const double block = pairs < 8 ? pairs : 8;
    const double step = 3 * (FFT_STEP + (far ? FFT_STEP_FAR : 0) + (weight ? FFT_SUM / block : 0));
    return 400 + pairs * lines + taps + down * across * pairs * channels * step;
}

#endif
