/* SPDX-License-Identifier: MIT
 * Winograd's F(4x4, 3x3): the transforms of one line, and what they are.
 *
 * A product of two polynomials is known from its values at enough points: evaluate both factors, multiply the values,
 * interpolate. Correlation of 6 numbers d with 3 taps g, 4 results y, is the transpose of such a product:
 *     y = A^T [(G g) * (B^T d)]        * between numbers: 6 products instead of 12
 * with the points 0, a, -a, b, -b and infinity. In two directions it is done to columns, then to rows: 36 products for
 * 16 results of 9 taps, a quarter of the multiplications. All three matrices belong to the same trilinear sum
 * sum(y * g * d), so its derivatives by g and by d need nothing new:
 *     dg = G^T [(A dy) * (B^T d)]      dd = B [(G g) * (A dy)]
 * Rows of A^T: powers of the points; of G: powers over the product of differences to the other points; of B^T: the
 * polynomials that vanish at all points but one. a = 0.7, b = 1.4 keep the numbers of all three near 1: rounding errors
 * are half of those with the usual 1 and 2 (Barabasz et al. 2020, arXiv:1803.10986, how points decide them).
 * Source: Lavin & Gray 2016, arXiv:1509.09308. Here a number is a vector of channels. */
#ifndef CNN_KERNELS_CPU_CONV2D_WINOGRAD_POINTS_H
#define CNN_KERNELS_CPU_CONV2D_WINOGRAD_POINTS_H

#include "kernels/cpu/conv2d_bands.h"

enum {
    WINOGRAD_TILE = 4,                              /* results of a tile, in one direction */
    WINOGRAD_TAPS = 3,                              /* of the kernel                       */
    WINOGRAD_WIDE = 6,                              /* what a tile reads                   */
    WINOGRAD_POINTS = WINOGRAD_WIDE * WINOGRAD_WIDE /* products per tile and pair of channels */
};

#define WINOGRAD_A  0.7
#define WINOGRAD_B  1.4
#define WINOGRAD_A2 (WINOGRAD_A * WINOGRAD_A)
#define WINOGRAD_B2 (WINOGRAD_B * WINOGRAD_B)
/* One over the products of differences: (0-a)(0+a)(0-b)(0+b), and the same for a and for b. */
#define WINOGRAD_G0 (1 / (WINOGRAD_A2 * WINOGRAD_B2))
#define WINOGRAD_GA (1 / (2 * WINOGRAD_A2 * (WINOGRAD_A2 - WINOGRAD_B2)))
#define WINOGRAD_GB (1 / (2 * WINOGRAD_B2 * (WINOGRAD_B2 - WINOGRAD_A2)))

/* x * factor + y */
static ALWAYS_INLINE VF winograd_fma(double factor, VF x, VF y) {
    return vf_fma(x, vf_set((float)factor), y);
}

static ALWAYS_INLINE VF winograd_mul(double factor, VF x) {
    return x * (float)factor;
}

/* B^T: six numbers of the source to their values at the points, in place. */
static ALWAYS_INLINE void winograd_source(VF d[WINOGRAD_WIDE]) {
    const VF even_a = winograd_fma(-WINOGRAD_B2, d[2], d[4]), odd_a = winograd_fma(-WINOGRAD_B2, d[1], d[3]);
    const VF even_b = winograd_fma(-WINOGRAD_A2, d[2], d[4]), odd_b = winograd_fma(-WINOGRAD_A2, d[1], d[3]);
    d[0] = winograd_fma(WINOGRAD_A2 * WINOGRAD_B2, d[0], winograd_fma(-WINOGRAD_A2 - WINOGRAD_B2, d[2], d[4]));
    d[5] = winograd_fma(WINOGRAD_A2 * WINOGRAD_B2, d[1], winograd_fma(-WINOGRAD_A2 - WINOGRAD_B2, d[3], d[5]));
    d[1] = winograd_fma(WINOGRAD_A, odd_a, even_a);
    d[2] = winograd_fma(-WINOGRAD_A, odd_a, even_a);
    d[3] = winograd_fma(WINOGRAD_B, odd_b, even_b);
    d[4] = winograd_fma(-WINOGRAD_B, odd_b, even_b);
}

/* A^T: six products to the four results. */
static ALWAYS_INLINE void winograd_result(const VF m[WINOGRAD_WIDE], VF y[WINOGRAD_TILE]) {
    const VF even_a = m[1] + m[2], odd_a = m[1] - m[2], even_b = m[3] + m[4], odd_b = m[3] - m[4];
    y[0] = m[0] + even_a + even_b;
    y[1] = winograd_fma(WINOGRAD_B, odd_b, winograd_mul(WINOGRAD_A, odd_a));
    y[2] = winograd_fma(WINOGRAD_B2, even_b, winograd_mul(WINOGRAD_A2, even_a));
    y[3] = winograd_fma(WINOGRAD_A2 * WINOGRAD_A, odd_a, winograd_fma(WINOGRAD_B2 * WINOGRAD_B, odd_b, m[5]));
}

/* A: four gradients of results to the points. */
static ALWAYS_INLINE void winograd_spread(const VF y[WINOGRAD_TILE], VF m[WINOGRAD_WIDE]) {
    const VF even_a = winograd_fma(WINOGRAD_A2, y[2], y[0]), even_b = winograd_fma(WINOGRAD_B2, y[2], y[0]);
    const VF odd_a = winograd_fma(WINOGRAD_A2 * WINOGRAD_A, y[3], winograd_mul(WINOGRAD_A, y[1]));
    const VF odd_b = winograd_fma(WINOGRAD_B2 * WINOGRAD_B, y[3], winograd_mul(WINOGRAD_B, y[1]));
    m[0] = y[0];
    m[1] = even_a + odd_a;
    m[2] = even_a - odd_a;
    m[3] = even_b + odd_b;
    m[4] = even_b - odd_b;
    m[5] = y[3];
}

/* G: three taps to the points. */
static ALWAYS_INLINE void winograd_taps(const VF g[WINOGRAD_TAPS], VF u[WINOGRAD_WIDE]) {
    const VF even_a = winograd_mul(WINOGRAD_GA, winograd_fma(WINOGRAD_A2, g[2], g[0]));
    const VF even_b = winograd_mul(WINOGRAD_GB, winograd_fma(WINOGRAD_B2, g[2], g[0]));
    u[0] = winograd_mul(WINOGRAD_G0, g[0]);
    u[1] = winograd_fma(WINOGRAD_GA * WINOGRAD_A, g[1], even_a);
    u[2] = winograd_fma(-WINOGRAD_GA * WINOGRAD_A, g[1], even_a);
    u[3] = winograd_fma(WINOGRAD_GB * WINOGRAD_B, g[1], even_b);
    u[4] = winograd_fma(-WINOGRAD_GB * WINOGRAD_B, g[1], even_b);
    u[5] = g[2];
}

/* G^T: sums at the points to the gradients of three taps. */
static ALWAYS_INLINE void winograd_taps_back(const VF u[WINOGRAD_WIDE], VF g[WINOGRAD_TAPS]) {
    const VF even_a = winograd_mul(WINOGRAD_GA, u[1] + u[2]), odd_a = winograd_mul(WINOGRAD_GA, u[1] - u[2]);
    const VF even_b = winograd_mul(WINOGRAD_GB, u[3] + u[4]), odd_b = winograd_mul(WINOGRAD_GB, u[3] - u[4]);
    g[0] = winograd_fma(WINOGRAD_G0, u[0], even_a + even_b);
    g[1] = winograd_fma(WINOGRAD_B, odd_b, winograd_mul(WINOGRAD_A, odd_a));
    g[2] = winograd_fma(WINOGRAD_A2, even_a, winograd_fma(WINOGRAD_B2, even_b, u[5]));
}

/* ---- kernels: [36][block][depth][lane], blocks of one or two vectors of lanes ---- */

/* How users' weights are seen: a lane and a depth are filter and channel, or for the input's gradient channel and
 * filter, and the taps are turned round. */
typedef struct winograd_kernels {
    int64_t lanes, padded, depth;  /* padded: lanes in whole vectors                        */
    int64_t lane_step, depth_step; /* of the users' weights, in floats                      */
    bool turned;
    int64_t point; /* floats from one point to the next in the packed ones  */
} winograd_kernels;

/* Not a power of two: 36 points of one address would share a few sets of the cache. */
static inline int64_t winograd_point_step(int64_t rows, int64_t padded) {
    return round_up(rows * padded, 16) + 16;
}

static inline winograd_kernels winograd_kernels_plan(const cnn_conv2d_params *a, bool gradient) {
    winograd_kernels g = {.lanes = gradient ? a->c : a->k,
                          .depth = gradient ? a->k : a->c,
                          .lane_step = WINOGRAD_TAPS * WINOGRAD_TAPS * (gradient ? 1 : a->c),
                          .depth_step = WINOGRAD_TAPS * WINOGRAD_TAPS * (gradient ? a->c : 1),
                          .turned = gradient};
    g.padded = round_up(g.lanes, VF_WIDTH);
    g.point = winograd_point_step(g.depth, g.padded);
    return g;
}

/* The taps of one depth and up to one vector of lanes, 0 in lanes that do not exist. */
static inline void winograd_gather(const winograd_kernels *g, const float *weight, int64_t lanes,
                                   float taps[WINOGRAD_TAPS * WINOGRAD_TAPS * VF_WIDTH]) {
    const int64_t count = WINOGRAD_TAPS * WINOGRAD_TAPS;
    if (lanes < VF_WIDTH) memset(taps, 0, (size_t)(count * VF_WIDTH) * sizeof(float));
    for (int64_t lane = 0; lane < lanes; lane++) {
        const float *from = weight + lane * g->lane_step;
        for (int64_t i = 0; i < count; i++) taps[i * VF_WIDTH + lane] = from[g->turned ? count - 1 - i : i];
    }
}

/* Transforms the kernels of one depth. */
static inline void winograd_pack(const winograd_kernels *g, const float *weight, int64_t depth, float *packed) {
    float taps[WINOGRAD_TAPS * WINOGRAD_TAPS * VF_WIDTH];
    for (int64_t lane = 0; lane < g->padded; lane += VF_WIDTH) {
        winograd_gather(g, weight + lane * g->lane_step + depth * g->depth_step, min_i64(VF_WIDTH, g->lanes - lane),
                        taps);
        const int64_t block = lane / CONV2D_BLOCK, width = conv2d_block_vectors(g->padded, block) * VF_WIDTH;
        float *to = packed + block * CONV2D_BLOCK * g->depth + depth * width + lane % CONV2D_BLOCK;
        VF half[WINOGRAD_TAPS][WINOGRAD_WIDE];
        CONV2D_UNROLL for (int j = 0; j < WINOGRAD_TAPS; j++) {
            VF column[WINOGRAD_TAPS];
            CONV2D_UNROLL for (int i = 0; i < WINOGRAD_TAPS; i++) column[i] =
                vf_load(taps + (i * WINOGRAD_TAPS + j) * VF_WIDTH);
            winograd_taps(column, half[j]);
        }
        CONV2D_UNROLL for (int i = 0; i < WINOGRAD_WIDE; i++) {
            const VF row[WINOGRAD_TAPS] = {half[0][i], half[1][i], half[2][i]};
            VF u[WINOGRAD_WIDE];
            winograd_taps(row, u);
            CONV2D_UNROLL for (int j = 0; j < WINOGRAD_WIDE; j++)
                vf_store(to + (i * WINOGRAD_WIDE + j) * g->point, u[j]);
        }
    }
}

/* Sums of one channel at the points, [36][channel][filter] in each of `parts`, to the gradient that users get. */
static inline void winograd_unpack(const cnn_conv2d_params *a, const float *sums, int64_t point, int64_t part_floats,
                                   int64_t parts, int64_t channel, float *dweight) {
    const int64_t padded = round_up(a->k, VF_WIDTH), count = WINOGRAD_TAPS * WINOGRAD_TAPS;
    for (int64_t k = 0; k < padded; k += VF_WIDTH) {
        VF half[WINOGRAD_TAPS][WINOGRAD_WIDE];
        for (int j = 0; j < WINOGRAD_WIDE; j++) {
            VF u[WINOGRAD_WIDE], g[WINOGRAD_TAPS];
            for (int i = 0; i < WINOGRAD_WIDE; i++) {
                const float *from = sums + (i * WINOGRAD_WIDE + j) * point + channel * padded + k;
                u[i] = vf_load(from);
                for (int64_t part = 1; part < parts; part++) u[i] += vf_load(from + part * part_floats);
            }
            winograd_taps_back(u, g);
            for (int i = 0; i < WINOGRAD_TAPS; i++) half[i][j] = g[i];
        }
        float taps[WINOGRAD_TAPS * WINOGRAD_TAPS * VF_WIDTH];
        for (int i = 0; i < WINOGRAD_TAPS; i++) {
            VF g[WINOGRAD_TAPS];
            winograd_taps_back(half[i], g);
            for (int j = 0; j < WINOGRAD_TAPS; j++) vf_store(taps + (i * WINOGRAD_TAPS + j) * VF_WIDTH, g[j]);
        }
        for (int64_t lane = 0; lane < min_i64(VF_WIDTH, a->k - k); lane++) {
            float *to = dweight + ((k + lane) * a->c + channel) * count;
            for (int64_t i = 0; i < count; i++) to[i] = taps[i * VF_WIDTH + lane];
        }
    }
}

#endif
