/* SPDX-License-Identifier: MIT
 * Tiles of images to the points of the transform, a row of tiles at a time.
 *
 * Tiles of 4x4 results read 6x6 of the source, so neighbours share two columns: a row of tiles first transforms every
 * column of its six source rows once, into a buffer that stays in the first-level cache, and then six of them per tile
 * along the rows. Nothing is staged: borders are zeros made on the way, and what fusion does to the input happens in
 * the load (for half of the rows twice, which costs less than a copy). A vector holds channels of one pixel; lanes
 * beyond the last channel are zeros. Not a number anywhere in a tile's source makes the whole tile so, which is a wider
 * neighbourhood than the 3x3 window. */
#ifndef CNN_KERNELS_CPU_CONV2D_WINOGRAD_TILES_H
#define CNN_KERNELS_CPU_CONV2D_WINOGRAD_TILES_H

#include "kernels/cpu/conv2d_winograd_products.h"
#include "kernels/cpu/stored.h"

/* ---- tensors ---- */

#define WINOGRAD_STREAM_FLOATS (512 * 1024) /* a tensor of 2 MB: it leaves the caches before it is read again */

/* What is done to a tensor while it is read. */
typedef enum winograd_reading {
    WINOGRAD_PLAIN,
    WINOGRAD_NORMAL,  /* max(floor, fma(x - mean, scale, shift))                                         */
    WINOGRAD_STAGED,  /* the same with other (may be NULL) added before the maximum; kept in staged      */
    WINOGRAD_GRADIENT /* fma(scale, x, fma(slope, other - mean, shift)): a batch norm's input's gradient */
} winograd_reading;

typedef struct winograd_reader {
    winograd_reading reading;
    const STORED *x, *other;
    STORED *staged;
    bool stream;                               /* staged is written past the caches */
    const float *mean, *scale, *shift, *slope; /* per channel */
    float floor;                               /* 0 for a ReLU, else minus infinity */
} winograd_reader;

/* The reader's vectors for the channels of one vector. */
typedef struct winograd_affine {
    VF mean, scale, shift, slope, floor;
} winograd_affine;

static ALWAYS_INLINE winograd_affine winograd_affine_of(const winograd_reader *r, int64_t lane, int64_t channels) {
    winograd_affine f = {.floor = vf_set(r->floor)};
    if (r->reading == WINOGRAD_PLAIN) return f;
    const int64_t lanes = min_i64(channels - lane, VF_WIDTH);
    f.mean = vf_load_tail(r->mean + lane, lanes);
    f.scale = vf_load_tail(r->scale + lane, lanes);
    f.shift = vf_load_tail(r->shift + lane, lanes);
    if (r->reading == WINOGRAD_GRADIENT) f.slope = vf_load_tail(r->slope + lane, lanes);
    return f;
}

static ALWAYS_INLINE VF winograd_load_lanes(const STORED *p, int64_t lanes, const bool edge) {
    return load_stored(p, edge && lanes < VF_WIDTH ? lanes : VF_WIDTH);
}

/* What is stored has been rounded before. */
static ALWAYS_INLINE void winograd_store_lanes(STORED *p, VF v, int64_t lanes, const bool edge, bool stream) {
#if !defined(ELEMENT_bf16)
    if (stream && !(edge && lanes < VF_WIDTH)) {
        vf_stream(p, v);
        return;
    }
#endif
    (void)stream;
    store_rounded(p, v, edge && lanes < VF_WIDTH ? lanes : VF_WIDTH);
}

#define WINOGRAD_LINE (64 / VF_BYTES) /* vectors of a line of the caches */

/* Whether a tensor is written past the caches, a line at a time: it is too large to stay in them until it is read, and
 * its pixels are whole lines. bfloat16, half as large, is not. */
static inline bool winograd_streams(const STORED *p, int64_t numbers, int64_t channels) {
    return sizeof *p == sizeof(float) && numbers >= WINOGRAD_STREAM_FLOATS && channels % (64 / sizeof *p) == 0 &&
           (uintptr_t)p % 64 == 0;
}

/* `lanes` numbers at `at`; `edge`: there may be fewer than a vector has. */
static ALWAYS_INLINE VF winograd_read(const winograd_reader *r, const winograd_affine *f, int64_t at, int64_t lanes,
                                      const winograd_reading reading, const bool edge) {
    const VF x = winograd_load_lanes(r->x + at, lanes, edge);
    if (reading == WINOGRAD_PLAIN) return x;
    if (reading == WINOGRAD_GRADIENT) {
        const VF other = winograd_load_lanes(r->other + at, lanes, edge);
        return rounded(vf_fma(f->scale, x, vf_fma(f->slope, other - f->mean, f->shift)));
    }
    VF v = rounded(vf_fma(x - f->mean, f->scale, f->shift));
    if (reading == WINOGRAD_STAGED && r->other) v = rounded(v + winograd_load_lanes(r->other + at, lanes, edge));
    return vf_max(f->floor, v);
}

/* A row of `tiles` tiles in image n. */
typedef struct winograd_strip {
    int64_t n, h, w, c; /* the image, sizes of its tensor                        */
    int64_t top, left;  /* the first pixel: may lie outside the image            */
    int64_t tiles;
    int64_t own_h, own_w;        /* rows and columns that no other strip keeps in staged  */
    int64_t point, vector, tile; /* floats from one to the next in the points      */
} winograd_strip;

/* Where the strip's first pixel lies in its tensor, and a pixel of it. */
static ALWAYS_INLINE int64_t winograd_at(const winograd_strip *s, int64_t row, int64_t col) {
    return ((s->n * s->h + s->top + row) * s->w + s->left + col) * s->c;
}

/* Six neighbouring points of a tile: two pointers, as address modes reach 0, 1 and 2 times a step. */
static ALWAYS_INLINE void winograd_points_store(float *points, int64_t point, const VF m[WINOGRAD_WIDE]) {
    float *const half[2] = {points, points + 3 * point};
    CONV2D_UNROLL for (int j = 0; j < WINOGRAD_WIDE; j++) vf_store(half[j / 3] + j % 3 * point, m[j]);
}

/* ---- source to points ---- */

/* Asks for the four rows that the next strip needs besides: of this image, or of the one behind. */
static ALWAYS_INLINE void winograd_prefetch(const winograd_reader *r, int64_t at, int64_t row,
                                            const winograd_reading reading) {
    const bool other = reading == WINOGRAD_GRADIENT || (reading == WINOGRAD_STAGED && r->other);
    CONV2D_UNROLL for (int i = 0; i < WINOGRAD_TILE; i++) {
        __builtin_prefetch(r->x + at + i * row, 0, 2);
        if (other) __builtin_prefetch(r->other + at + i * row, 0, 2);
    }
}

/* Of the column transforms of a strip, for one vector of channels. */
static inline int64_t winograd_columns_floats(int64_t tiles) {
    return (tiles * WINOGRAD_TILE + 2) * WINOGRAD_WIDE * VF_WIDTH;
}

/* Columns `begin … end - 1` of the strip to column transforms [column][6], one buffer of `floats` after the other for
 * `vectors` vectors of channels, which make whole lines of staged; `edge`: rows or lanes may be missing. The strip and
 * the reader come as copies: for all that the compiler knows, a store could change what a pointer sees. */
static ALWAYS_INLINE void winograd_columns(const winograd_strip s, const winograd_reader r, int64_t lane, int64_t begin,
                                           int64_t end, const winograd_reading reading, const int vectors,
                                           const bool edge, float *columns) {
    const int64_t lanes = s.c - lane, row = s.w * s.c, floats = winograd_columns_floats(s.tiles);
    winograd_affine f[WINOGRAD_LINE];
    CONV2D_UNROLL for (int v = 0; v < vectors; v++) f[v] = winograd_affine_of(&r, lane + v * VF_WIDTH, s.c);
    int64_t at = winograd_at(&s, 0, begin) + lane;
    columns += begin * WINOGRAD_WIDE * VF_WIDTH;
    for (int64_t x = begin; x < end; x++) {
        VF d[WINOGRAD_LINE][WINOGRAD_WIDE] = {{{0}}};
        CONV2D_UNROLL for (int i = 0; i < WINOGRAD_WIDE; i++) {
            if (edge && (s.top + i < 0 || s.top + i >= s.h)) continue;
            CONV2D_UNROLL for (int v = 0; v < vectors; v++) {
                const int64_t from = at + i * row + v * VF_WIDTH, some = lanes - v * VF_WIDTH;
                d[v][i] = winograd_read(&r, &f[v], from, some, reading, edge);
                if (reading == WINOGRAD_STAGED && i < s.own_h && x < s.own_w)
                    winograd_store_lanes(r.staged + from, d[v][i], some, edge, r.stream);
            }
        }
        winograd_prefetch(&r, at + WINOGRAD_WIDE * row, row, reading);
        CONV2D_UNROLL for (int v = 0; v < vectors; v++) {
            winograd_source(d[v]);
            CONV2D_UNROLL for (int i = 0; i < WINOGRAD_WIDE; i++)
                vf_store(columns + v * floats + i * VF_WIDTH, d[v][i]);
        }
        columns += WINOGRAD_WIDE * VF_WIDTH;
        at += s.c;
    }
}

typedef void winograd_columns_function(const winograd_strip *s, const winograd_reader *r, int64_t lane, int64_t begin,
                                       int64_t end, bool edge, float *columns);

#define WINOGRAD_COLUMNS(name, reading, vectors)                                                                       \
    static __attribute__((noinline)) void winograd_columns_##name(const winograd_strip *s, const winograd_reader *r,   \
                                                                  int64_t lane, int64_t begin, int64_t end, bool edge, \
                                                                  float *columns) {                                    \
        if (edge)                                                                                                      \
            winograd_columns(*s, *r, lane, begin, end, reading, vectors, true, columns);                               \
        else                                                                                                           \
            winograd_columns(*s, *r, lane, begin, end, reading, vectors, false, columns);                              \
    }
WINOGRAD_COLUMNS(plain, WINOGRAD_PLAIN, 1)
WINOGRAD_COLUMNS(normal, WINOGRAD_NORMAL, 1)
WINOGRAD_COLUMNS(staged, WINOGRAD_STAGED, 1)
WINOGRAD_COLUMNS(gradient, WINOGRAD_GRADIENT, 1)
WINOGRAD_COLUMNS(streamed, WINOGRAD_STAGED, WINOGRAD_LINE)
static winograd_columns_function *const winograd_columns_of[] = {winograd_columns_plain, winograd_columns_normal,
                                                                 winograd_columns_staged, winograd_columns_gradient};

/* Column transforms of a strip to the points of its tiles, for one vector of channels. Sizes are copied first: for all
 * that the compiler knows, a store could change what s points to. */
static __attribute__((noinline)) void winograd_rows_of_tiles(const winograd_strip *s, const float *columns,
                                                             float *points) {
    const int64_t tiles = s->tiles, point = s->point, tile = s->tile;
    for (int64_t t = 0; t < tiles; t++) {
        float *to = points;
        CONV2D_UNROLL for (int i = 0; i < WINOGRAD_WIDE; i++) {
            VF d[WINOGRAD_WIDE];
            CONV2D_UNROLL for (int j = 0; j < WINOGRAD_WIDE; j++) d[j] =
                vf_load(columns + (j * WINOGRAD_WIDE + i) * VF_WIDTH);
            winograd_source(d);
            winograd_points_store(to, point, d);
            to += WINOGRAD_WIDE * point;
        }
        columns += WINOGRAD_TILE * WINOGRAD_WIDE * VF_WIDTH;
        points += tile;
    }
}

/* The strip's source to its points. columns: room for a line of vectors */
static void winograd_strip_source(const winograd_strip *s, const winograd_reader *r, float *columns, float *points) {
    const int64_t wide = s->tiles * WINOGRAD_TILE + 2, column = WINOGRAD_WIDE * VF_WIDTH;
    const int64_t begin = min_i64(max_i64(-s->left, 0), wide), end = max_i64(min_i64(s->w - s->left, wide), begin);
    const bool edge = s->top < 0 || s->top + WINOGRAD_WIDE > s->h;
    const int vectors = r->stream ? WINOGRAD_LINE : 1;
    winograd_columns_function *const transform =
        r->stream ? winograd_columns_streamed : winograd_columns_of[r->reading];
    for (int v = 0; v < vectors; v++) {
        float *of = columns + v * wide * column;
        memset(of, 0, (size_t)(begin * column) * sizeof(float));
        memset(of + end * column, 0, (size_t)((wide - end) * column) * sizeof(float));
    }
    for (int64_t lane = 0; lane < s->c; lane += vectors * VF_WIDTH) {
        transform(s, r, lane, begin, end, edge || lane + vectors * VF_WIDTH > s->c, columns);
        for (int v = 0; v < vectors; v++)
            winograd_rows_of_tiles(s, columns + v * wide * column, points + (lane / VF_WIDTH + v) * s->vector);
    }
}

/* ---- gradients of results to points ---- */

static ALWAYS_INLINE void winograd_spreads(const winograd_strip s, const winograd_reader r, int64_t lane,
                                           const winograd_reading reading, const bool edge, float *points) {
    const int64_t lanes = s.c - lane, row = s.w * s.c, rows = min_i64(s.h - s.top, WINOGRAD_TILE);
    const winograd_affine f = winograd_affine_of(&r, lane, s.c);
    const VF zero = {0};
    int64_t at = winograd_at(&s, 0, 0) + lane;
    for (int64_t t = 0; t < s.tiles; t++) {
        const int64_t cols = s.w - s.left - t * WINOGRAD_TILE;
        VF half[WINOGRAD_WIDE][WINOGRAD_TILE];
        CONV2D_UNROLL for (int j = 0; j < WINOGRAD_TILE; j++) {
            VF y[WINOGRAD_TILE], m[WINOGRAD_WIDE];
            CONV2D_UNROLL for (int i = 0; i < WINOGRAD_TILE; i++) {
                y[i] = zero;
                if (edge && (i >= rows || j >= cols)) continue;
                y[i] = winograd_read(&r, &f, at + i * row + j * s.c, lanes, reading, edge);
            }
            winograd_spread(y, m);
            winograd_prefetch(&r, at + WINOGRAD_TILE * row + j * s.c, row, reading);
            CONV2D_UNROLL for (int i = 0; i < WINOGRAD_WIDE; i++) half[i][j] = m[i];
        }
        CONV2D_UNROLL for (int i = 0; i < WINOGRAD_WIDE; i++) {
            VF m[WINOGRAD_WIDE];
            winograd_spread(half[i], m);
            winograd_points_store(points + i * WINOGRAD_WIDE * s.point, s.point, m);
        }
        at += WINOGRAD_TILE * s.c;
        points += s.tile;
    }
}

/* The gradient of the strip's results, channels `begin … end - 1` (whole vectors), to its points. */
static __attribute__((noinline)) void winograd_strip_spread(const winograd_strip *s, const winograd_reader *r,
                                                            int64_t begin, int64_t end, float *points) {
    const bool inside = s->top + WINOGRAD_TILE <= s->h && s->left + s->tiles * WINOGRAD_TILE <= s->w;
    for (int64_t lane = begin; lane < end; lane += VF_WIDTH) {
        const bool edge = !inside || lane + VF_WIDTH > s->c;
        float *to = points + lane / VF_WIDTH * s->vector;
        if (r->reading == WINOGRAD_PLAIN && !edge)
            winograd_spreads(*s, *r, lane, WINOGRAD_PLAIN, false, to);
        else if (r->reading == WINOGRAD_PLAIN)
            winograd_spreads(*s, *r, lane, WINOGRAD_PLAIN, true, to);
        else if (!edge)
            winograd_spreads(*s, *r, lane, WINOGRAD_GRADIENT, false, to);
        else
            winograd_spreads(*s, *r, lane, WINOGRAD_GRADIENT, true, to);
    }
}

#endif
