/* SPDX-License-Identifier: MIT
 * A walk cut into tiles for the team: rows x columns of elements, at most about TILE_ELEMENTS each.
 *
 * The columns are the walk's last dimension, the rows the one before. Tiles are independent of each other, so it does
 * not matter for the result which thread takes which. Small walks are done by the caller alone, without OpenMP. */
#ifndef CNN_KERNELS_CPU_TILE_H
#define CNN_KERNELS_CPU_TILE_H

#include "kernels/base.h"

enum {
    TILE_ELEMENTS = 16384, /* of float32: 64 KiB per operand, a part of the second-level cache */
    TILE_PARALLEL = 65536, /* elements from which waking the team pays: some 10 us of work      */
    TILE_LARGE = 1 << 20   /* elements of results that would only push others out of the caches */
};

typedef struct tile {
    int64_t rows, columns;
    char *out;
    const char *in[3];
    int64_t out_stride[2], in_stride[3][2]; /* elements: from row to row, from column to column */
    bool large;                             /* the whole walk's result is, see TILE_LARGE       */
} tile;

typedef void tile_function(const tile *t);

/* A walk as outer dimensions, rows and columns, and how the tiles are laid over it. */
typedef struct tiling {
    const cnn_walk *walk;
    int operands, outer;             /* outer: dimensions outside rows and columns */
    int out_size, in_size[3];        /* bytes of an element */
    tile whole;                      /* rows and columns in full, at the walk's beginning */
    int64_t tile_rows, tile_columns; /* of one tile */
    int64_t down, across, tiles;     /* tiles per rows, per columns, altogether */
} tiling;

static inline int64_t tile_min(int64_t a, int64_t b) {
    return a < b ? a : b;
}

static inline tiling tiling_make(const cnn_walk *walk, int operands, tile whole, int out_size, const int in_size[3]) {
    tiling g = {.walk = walk, .operands = operands, .out_size = out_size, .whole = whole};
    g.outer = walk->ndim > 2 ? walk->ndim - 2 : 0;
    const int last = walk->ndim - 1, rows = walk->ndim - 2;
    g.whole.columns = walk->size[last];
    g.whole.rows = rows >= 0 ? walk->size[rows] : 1;
    g.whole.out_stride[1] = walk->out_stride[last];
    g.whole.out_stride[0] = rows >= 0 ? walk->out_stride[rows] : 0;
    for (int k = 0; k < operands; k++) {
        g.in_size[k] = in_size[k];
        g.whole.in_stride[k][1] = walk->in_stride[k][last];
        g.whole.in_stride[k][0] = rows >= 0 ? walk->in_stride[k][rows] : 0;
    }
    if (g.whole.columns <= 0 || g.whole.rows <= 0) return g;
    g.tile_columns = tile_min(g.whole.columns, TILE_ELEMENTS);
    g.tile_rows = tile_min(g.whole.rows, TILE_ELEMENTS / g.tile_columns);
    g.down = (g.whole.rows + g.tile_rows - 1) / g.tile_rows;
    g.across = (g.whole.columns + g.tile_columns - 1) / g.tile_columns;
    g.tiles = g.down * g.across;
    for (int d = 0; d < g.outer; d++) g.tiles *= walk->size[d];
    g.whole.large = g.tiles * g.tile_rows * g.tile_columns >= TILE_LARGE;
    return g;
}

/* Moves a tile by `steps` along dimension d of the walk. */
static inline void tile_move(tile *t, const tiling *g, int64_t steps, int d) {
    t->out += steps * g->walk->out_stride[d] * g->out_size;
    for (int k = 0; k < g->operands; k++) t->in[k] += steps * g->walk->in_stride[k][d] * g->in_size[k];
}

static inline tile tile_at(const tiling *g, int64_t index) {
    tile t = g->whole;
    const int last = g->walk->ndim - 1;
    const int64_t column = index % g->across * g->tile_columns, row = index / g->across % g->down * g->tile_rows;
    t.columns = tile_min(g->tile_columns, t.columns - column);
    t.rows = tile_min(g->tile_rows, t.rows - row);
    tile_move(&t, g, column, last);
    if (row) tile_move(&t, g, row, last - 1);
    index /= g->across * g->down;
    for (int d = g->outer - 1; d >= 0; d--) {
        tile_move(&t, g, index % g->walk->size[d], d);
        index /= g->walk->size[d];
    }
    return t;
}

/* Calls f on every tile. */
static inline void tiling_run(const cnn_team *team, const tiling *g, tile_function *f) {
    const bool alone = team->threads < 2 || g->tiles * g->tile_rows * g->tile_columns < TILE_PARALLEL;
    if (alone) {
        for (int64_t i = 0; i < g->tiles && !*team->stop; i++) {
            const tile t = tile_at(g, i);
            f(&t);
        }
        return;
    }
#pragma omp parallel for num_threads(team->threads) schedule(static)
    for (int64_t i = 0; i < g->tiles; i++) {
        if (*team->stop) continue;
        const tile t = tile_at(g, i);
        f(&t);
    }
}

#endif
