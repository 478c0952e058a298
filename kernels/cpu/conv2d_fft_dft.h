/* SPDX-License-Identifier: MIT
 * Discrete Fourier transforms of one line, on vectors of channels: the only transform that the convolution needs.
 *
 *   y[k] = sum over n of x[n] e^(-2 pi i n k / F)
 *
 * of complex x, whose real and imaginary parts are lines of two different images (conv2d_fft_plan.h); the inverse is
 * the same function with real and imaginary parts exchanged on both sides, times 1/F, which is multiplied into the
 * kernel. Each lane of a vector is a channel with a line of its own, so no lane ever meets another.
 *
 * F = A * B with two small factors, in two steps: A-point transforms of every B-th number, then B-point transforms of
 * their results.
 *   A, B coprime (Good 1958): n = B n1 + A n2 and k = k1 mod A = k2 mod B, both modulo F; e^(-2 pi i n k / F) is then
 * the product of the two small transforms' factors, and nothing happens between the steps. else (Cooley, Tukey 1965): n
 * = B n1 + n2, k = k1 + A k2, and e^(-2 pi i n2 k1 / F) is multiplied in between. An odd number of points is
 * transformed by its definition, on sums and differences of x[n] and x[F-n], which halves the multiplications: 100 fma
 * for 11 complex points. */
#ifndef CNN_KERNELS_CPU_CONV2D_FFT_DFT_H
#define CNN_KERNELS_CPU_CONV2D_FFT_DFT_H

#include "kernels/cpu/conv2d_bands.h"
#include "kernels/cpu/conv2d_fft_cost.h"

#if defined(__clang__)
#define FFT_UNROLL _Pragma("clang loop unroll(full)")
#else
#define FFT_UNROLL _Pragma("GCC unroll 32")
#endif
#define FFT_INLINE static inline __attribute__((always_inline))

enum { FFT_POINTS = 16 }; /* the largest small transform */

/* A line: inputs first … first+count-1 are read, the others are zeros; outputs out_first … are written, the rest not.
 */
typedef struct fft_line {
    const float *re, *im; /* of input `first`; a vector each               */
    int64_t step;         /* floats from one input to the next             */
    int64_t first, count;
    float *out_re, *out_im;
    float *out_sum; /* only fft_planes: receives re + sign * im      */
    int64_t out_step;
    int64_t out_first, out_count;
    float sign;
    bool stream;        /* not fft_planes: outputs, which are aligned to VF_BYTES, go past the caches */
    const float *roots; /* cos(2 pi k / F), sin(2 pi k / F): F pairs, where A and B share a factor */
} fft_line;

/* cos and sin(2 pi k / n) for n = 1, 3, 5, …, 13 and k up to n / 2 */
static const float fft_cosines[7][7] = {
    {1},                                                                                       /* 1 */
    {1, -0.5f},                                                                                /* 3 */
    {1, 0.309016994f, -0.809016994f},                                                          /* 5 */
    {1, 0.623489802f, -0.222520934f, -0.900968868f},                                           /* 7 */
    {1, 0.766044443f, 0.173648178f, -0.5f, -0.939692621f},                                     /* 9 */
    {1, 0.841253533f, 0.415415013f, -0.142314838f, -0.654860734f, -0.959492974f},              /* 11 */
    {1, 0.885456026f, 0.568064747f, 0.12053668f, -0.354604887f, -0.748510748f, -0.970941817f}, /* 13 */
};
static const float fft_sines[7][7] = {
    {0},                                                                                     /* 1 */
    {0, 0.866025404f},                                                                       /* 3 */
    {0, 0.951056516f, 0.587785252f},                                                         /* 5 */
    {0, 0.781831482f, 0.974927912f, 0.433883739f},                                           /* 7 */
    {0, 0.64278761f, 0.984807753f, 0.866025404f, 0.342020143f},                              /* 9 */
    {0, 0.540640817f, 0.909631995f, 0.989821442f, 0.755749574f, 0.281732557f},               /* 11 */
    {0, 0.464723172f, 0.822983866f, 0.992708874f, 0.935016243f, 0.663122658f, 0.239315664f}, /* 13 */
};

/* An odd number of points in place. */
FFT_INLINE void fft_odd(const int n, VF *re, VF *im) {
    const int half = n / 2;
    VF sum_re[6], sum_im[6], less_re[6], less_im[6], out_re[13], out_im[13];
    out_re[0] = re[0];
    out_im[0] = im[0];
    FFT_UNROLL for (int j = 0; j < half; j++) {
        sum_re[j] = re[j + 1] + re[n - 1 - j];
        sum_im[j] = im[j + 1] + im[n - 1 - j];
        less_re[j] = re[j + 1] - re[n - 1 - j];
        less_im[j] = im[j + 1] - im[n - 1 - j];
        out_re[0] += sum_re[j];
        out_im[0] += sum_im[j];
    }
    FFT_UNROLL for (int k = 1; k <= half; k++) {
        VF even_re = re[0], even_im = im[0], odd_re = {0}, odd_im = {0};
        FFT_UNROLL for (int j = 0; j < half; j++) {
            const int turn = (j + 1) * k % n, at = turn <= half ? turn : n - turn;
            const VF c = vf_set(fft_cosines[half][at]);
            const VF s = vf_set(turn <= half ? fft_sines[half][at] : -fft_sines[half][at]);
            even_re = vf_fma(c, sum_re[j], even_re);
            even_im = vf_fma(c, sum_im[j], even_im);
            odd_re = j ? vf_fma(s, less_im[j], odd_re) : s * less_im[j];
            odd_im = j ? vf_fma(s, less_re[j], odd_im) : s * less_re[j];
        }
        out_re[k] = even_re + odd_re;
        out_im[k] = even_im - odd_im;
        out_re[n - k] = even_re - odd_re;
        out_im[n - k] = even_im + odd_im;
    }
    FFT_UNROLL for (int k = 0; k < n; k++) {
        re[k] = out_re[k];
        im[k] = out_im[k];
    }
}

FFT_INLINE void fft_2(VF *re, VF *im) {
    const VF a = re[0], b = im[0];
    re[0] = a + re[1];
    im[0] = b + im[1];
    re[1] = a - re[1];
    im[1] = b - im[1];
}

FFT_INLINE void fft_4(VF *re, VF *im) {
    const VF a_re = re[0] + re[2], a_im = im[0] + im[2], b_re = re[0] - re[2], b_im = im[0] - im[2];
    const VF c_re = re[1] + re[3], c_im = im[1] + im[3], d_re = re[1] - re[3], d_im = im[1] - im[3];
    re[0] = a_re + c_re;
    im[0] = a_im + c_im;
    re[1] = b_re + d_im; /* b - i d */
    im[1] = b_im - d_re;
    re[2] = a_re - c_re;
    im[2] = a_im - c_im;
    re[3] = b_re - d_im;
    im[3] = b_im + d_re;
}

/* Evens and odds by 4 points each; y[k] = even[k] + e^(-2 pi i k / 8) odd[k], y[k + 4] with a minus. */
FFT_INLINE void fft_8(VF *re, VF *im) {
    const VF diagonal = vf_set(0.707106781f);
    VF even_re[4], even_im[4], odd_re[4], odd_im[4];
    FFT_UNROLL for (int j = 0; j < 4; j++) {
        even_re[j] = re[2 * j];
        even_im[j] = im[2 * j];
        odd_re[j] = re[2 * j + 1];
        odd_im[j] = im[2 * j + 1];
    }
    fft_4(even_re, even_im);
    fft_4(odd_re, odd_im);
    VF turned = (odd_re[1] + odd_im[1]) * diagonal; /* (1 - i) / sqrt 2 */
    odd_im[1] = (odd_im[1] - odd_re[1]) * diagonal;
    odd_re[1] = turned;
    turned = odd_im[2]; /* -i */
    odd_im[2] = -odd_re[2];
    odd_re[2] = turned;
    turned = (odd_im[3] - odd_re[3]) * diagonal; /* -(1 + i) / sqrt 2 */
    odd_im[3] = -(odd_re[3] + odd_im[3]) * diagonal;
    odd_re[3] = turned;
    FFT_UNROLL for (int k = 0; k < 4; k++) {
        re[k] = even_re[k] + odd_re[k];
        im[k] = even_im[k] + odd_im[k];
        re[k + 4] = even_re[k] - odd_re[k];
        im[k + 4] = even_im[k] - odd_im[k];
    }
}

/* Good's two steps with 2 and 3 points. */
FFT_INLINE void fft_6(VF *re, VF *im) {
    VF sum_re[3], sum_im[3], less_re[3], less_im[3];
    FFT_UNROLL for (int j = 0; j < 3; j++) {
        const int a = 2 * j, b = (2 * j + 3) % 6;
        sum_re[j] = re[a] + re[b];
        sum_im[j] = im[a] + im[b];
        less_re[j] = re[a] - re[b];
        less_im[j] = im[a] - im[b];
    }
    fft_odd(3, sum_re, sum_im);
    fft_odd(3, less_re, less_im);
    FFT_UNROLL for (int j = 0; j < 3; j++) {
        re[4 * j % 6] = sum_re[j];
        im[4 * j % 6] = sum_im[j];
        re[(4 * j + 3) % 6] = less_re[j];
        im[(4 * j + 3) % 6] = less_im[j];
    }
}

FFT_INLINE void fft_small(const int n, VF *re, VF *im) {
    if (n == 2) fft_2(re, im);
    if (n == 4) fft_4(re, im);
    if (n == 6) fft_6(re, im);
    if (n == 8) fft_8(re, im);
    if (n % 2 == 1 && n > 1) fft_odd(n, re, im);
}

/* Asks for `count` lines of cache, `step` floats apart, of the next line: another core's results may be far away. */
FFT_INLINE void fft_prefetch(const float *p, int64_t step, int64_t count) {
    for (int64_t i = 0; i < count; i++) __builtin_prefetch(p + i * step);
}

/* ---- a whole line ---- */

FFT_INLINE void fft_load(const fft_line *line, int64_t i, VF *re, VF *im) {
    static const float zeros[VF_WIDTH];
    const int64_t at = i - line->first;
    const bool inside = (uint64_t)at < (uint64_t)line->count;
    *re = vf_load(inside ? line->re + at * line->step : zeros);
    *im = vf_load(inside ? line->im + at * line->step : zeros);
}

FFT_INLINE void fft_store(const bool planes, const fft_line *line, int64_t k, VF re, VF im) {
    const int64_t at = k - line->out_first;
    if ((uint64_t)at >= (uint64_t)line->out_count) return;
    if (!planes && line->stream) {
        vf_stream(line->out_re + at * line->out_step, re);
        vf_stream(line->out_im + at * line->out_step, im);
        return;
    }
    vf_store(line->out_re + at * line->out_step, re);
    vf_store(line->out_im + at * line->out_step, im);
    if (planes) vf_store(line->out_sum + at * line->out_step, vf_fma(im, vf_set(line->sign), re));
}

/* times e^(-2 pi i turn / F) */
FFT_INLINE void fft_turn(const fft_line *line, int turn, VF *re, VF *im) {
    const VF c = vf_set(line->roots[2 * turn]), s = vf_set(line->roots[2 * turn + 1]), x = *re;
    *re = vf_fma(c, x, s * *im);
    *im = vf_fma(c, *im, -(s * x));
}

/* A and B: constants; `unit_a` is 1 modulo A and 0 modulo B where they are coprime, else 0; unit_b likewise. */
FFT_INLINE void fft_run(const int A, const int B, const bool planes, const int unit_a, const int unit_b,
                        const fft_line *line) {
    const int size = A * B;
    const bool coprime = unit_a != 0;
    VF between_re[FFT_MAX], between_im[FFT_MAX], re[FFT_POINTS], im[FFT_POINTS];
    for (int n2 = 0; n2 < B; n2++) {
        FFT_UNROLL for (int n1 = 0; n1 < A; n1++) {
            const int n = B * n1 + (coprime ? A : 1) * n2;
            fft_load(line, n < size ? n : n - size, &re[n1], &im[n1]);
        }
        fft_small(A, re, im);
        FFT_UNROLL for (int k1 = 0; k1 < A; k1++) {
            if (!coprime && k1) fft_turn(line, n2 * k1, &re[k1], &im[k1]);
            between_re[k1 * B + n2] = re[k1];
            between_im[k1 * B + n2] = im[k1];
        }
    }
    for (int k1 = 0; k1 < A; k1++) {
        FFT_UNROLL for (int n2 = 0; n2 < B; n2++) {
            re[n2] = between_re[k1 * B + n2];
            im[n2] = between_im[k1 * B + n2];
        }
        fft_small(B, re, im);
        const int base = coprime ? unit_a * k1 % size : k1;
        FFT_UNROLL for (int k2 = 0; k2 < B; k2++) {
            const int k = base + (coprime ? unit_b * k2 % size : A * k2);
            fft_store(planes, line, k < size ? k : k - size, re[k2], im[k2]);
        }
    }
}

#define FFT_DEFINE(size, A, B, unit_a, unit_b, ns)                                                                     \
    static __attribute__((noinline)) void fft_plain_##size(const fft_line *line) {                                     \
        fft_run(A, B, false, unit_a, unit_b, line);                                                                    \
    }                                                                                                                  \
    static __attribute__((noinline)) void fft_planes_##size(const fft_line *line) {                                    \
        fft_run(A, B, true, unit_a, unit_b, line);                                                                     \
    }
FFT_SIZES(FFT_DEFINE)

typedef void fft_function(const fft_line *line);

typedef struct fft_size {
    int size;
    bool roots; /* whether a line needs them */
    fft_function *plain, *planes;
} fft_size;

#define FFT_ENTRY(size, A, B, unit_a, unit_b, ns) {size, (A) > 1 && (unit_a) == 0, fft_plain_##size, fft_planes_##size},
static const fft_size fft_sizes[] = {FFT_SIZES(FFT_ENTRY)};
#undef FFT_DEFINE
#undef FFT_ENTRY

/* The transform of fft_length(): of what the caller has asked fft_suits. */
static inline const fft_size *fft_size_of(int64_t length) {
    size_t i = 0;
    while (fft_sizes[i].size != length) i++;
    return &fft_sizes[i];
}

#endif
