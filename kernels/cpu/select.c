/* SPDX-License-Identifier: MIT
 * Choosing by position, shared out to the team. Compiled once per element type; memory is the limit, so there is one
 * version for every processor.
 *
 * Reading  Results are independent: the rows (o, j) of y are cut into blocks of about BLOCK elements.
 * Writing  Positions may repeat along j, so a block is a strip of columns of one o, in which a single thread goes
 *          through all j in order. A strip that is one column wide is what a dense last dimension leaves: there the
 *          outer lines are shared out. */
#include "kernels/select.h"
#include "kernels/element.h"
#include <string.h>

enum {
    BLOCK = 8192,    /* elements in a block, about */
    PARALLEL = 65536 /* elements from which waking the team pays */
};

typedef struct job {
    const cnn_select_params *p;
    const int64_t *index;
    const T *from;
    T *to;
} job;

typedef void block_function(const job *s, int64_t first, int64_t end);

static inline int64_t place(int64_t index, int64_t n) {
    return index > 0 ? index - 1 : n + index;
}

static int64_t least(int64_t a, int64_t b) {
    return a < b ? a : b;
}

/* Calls f on [0, count) in blocks of `block`. `work` is the number of elements in all. */
static void share(const cnn_team *team, const job *s, int64_t count, int64_t block, int64_t work, block_function *f) {
    const int64_t blocks = count / block + (count % block != 0);
    const bool alone = team->threads < 2 || work < PARALLEL;
#pragma omp parallel for num_threads(team->threads) schedule(static) if (!alone)
    for (int64_t b = 0; b < blocks; b++)
        if (!*team->stop) f(s, b * block, least((b + 1) * block, count));
}

/* Rows of `inner` elements that make about a block. */
static int64_t rows_of_block(int64_t inner) {
    return inner >= BLOCK ? 1 : BLOCK / inner;
}

/* ---- reading: rows first … end of y ---- */

static void gather_rows(const job *s, int64_t first, int64_t end) {
    const cnn_select_params *p = s->p;
    const int64_t inner = p->inner, n = p->n;
    int64_t j = first % p->m;
    const T *x = s->from + first / p->m * n * inner;
    for (int64_t row = first; row < end; row++) {
        const int64_t *index = s->index + row * inner;
        T *y = s->to + row * inner;
        for (int64_t i = 0; i < inner; i++) y[i] = x[place(index[i], n) * inner + i];
        if (++j == p->m) j = 0, x += n * inner;
    }
}

static void take_rows(const job *s, int64_t first, int64_t end) {
    const cnn_select_params *p = s->p;
    const int64_t inner = p->inner, n = p->n;
    int64_t j = first % p->m;
    const T *x = s->from + first / p->m * n * inner;
    for (int64_t row = first; row < end; row++) {
        const T *in = x + place(s->index[j], n) * inner;
        if (inner == 1)
            s->to[row] = *in;
        else
            memcpy(s->to + row * inner, in, (size_t)inner * sizeof(T));
        if (++j == p->m) j = 0, x += n * inner;
    }
}

static void read_with(const cnn_team *team, const cnn_select_params *p, const void *x, const int64_t *index, void *y,
                      block_function *f) {
    const job s = {p, index, x, y};
    const int64_t rows = p->outer * p->m;
    if (rows * p->inner > 0) share(team, &s, rows, rows_of_block(p->inner), rows * p->inner, f);
}

static void gather(const cnn_team *team, const cnn_select_params *params, const void *x, const int64_t *index,
                   void *y) {
    read_with(team, params, x, index, y, gather_rows);
}

static void take(const cnn_team *team, const cnn_select_params *params, const void *x, const int64_t *index, void *y) {
    read_with(team, params, x, index, y, take_rows);
}

/* ---- writing: columns first … end of [outer, inner] ---- */

static inline T added(T x, T y) {
#if ELEMENT_IS_BOOL
    return x | y;
#else
    return (T)(x + y);
#endif
}

/* The columns of one o. */
static void scatter_strip(const job *s, int64_t o, int64_t first, int64_t width) {
    const cnn_select_params *p = s->p;
    const int64_t inner = p->inner, n = p->n;
    T *x = s->to + o * n * inner + first;
    for (int64_t j = 0; j < p->m; j++) {
        const int64_t row = (o * p->m + j) * inner + first, *index = s->index + row;
        const T *y = s->from + row;
        if (p->add)
            for (int64_t i = 0; i < width; i++) {
                T *to = x + place(index[i], n) * inner + i;
                *to = added(*to, y[i]);
            }
        else
            for (int64_t i = 0; i < width; i++) x[place(index[i], n) * inner + i] = y[i];
    }
}

static void put_strip(const job *s, int64_t o, int64_t first, int64_t width) {
    const cnn_select_params *p = s->p;
    const int64_t inner = p->inner, n = p->n;
    T *x = s->to + o * n * inner + first;
    for (int64_t j = 0; j < p->m; j++) {
        const T *y = s->from + (o * p->m + j) * inner + first;
        T *to = x + place(s->index[j], n) * inner;
        if (p->add)
            for (int64_t i = 0; i < width; i++) to[i] = added(to[i], y[i]);
        else
            for (int64_t i = 0; i < width; i++) to[i] = y[i];
    }
}

/* A block of columns may begin in one o and end in another. */
static void strips(const job *s, int64_t first, int64_t end, void (*f)(const job *, int64_t, int64_t, int64_t)) {
    const int64_t inner = s->p->inner;
    while (first < end) {
        const int64_t column = first % inner, width = least(inner - column, end - first);
        f(s, first / inner, column, width);
        first += width;
    }
}

static void scatter_columns(const job *s, int64_t first, int64_t end) {
    strips(s, first, end, scatter_strip);
}

static void put_columns(const job *s, int64_t first, int64_t end) {
    strips(s, first, end, put_strip);
}

static void write_with(const cnn_team *team, const cnn_select_params *p, const int64_t *index, const void *y, void *x,
                       block_function *f) {
    const job s = {p, index, y, x};
    const int64_t columns = p->outer * p->inner, block = BLOCK / p->m;
    if (columns * p->m > 0) share(team, &s, columns, block < 16 ? 16 : block, columns * p->m, f);
}

static void scatter(const cnn_team *team, const cnn_select_params *params, const int64_t *index, const void *y,
                    void *x) {
    if (params->m > 0) write_with(team, params, index, y, x, scatter_columns);
}

static void put(const cnn_team *team, const cnn_select_params *params, const int64_t *index, const void *y, void *x) {
    if (params->m > 0) write_with(team, params, index, y, x, put_columns);
}

/* ---- what is not 0 ---- */

/* Without a branch: each position is written, and overwritten by the next one unless it stays. */
static int64_t nonzero(const cnn_team *team, int64_t n, const void *x, int64_t room, int64_t *positions) {
    const T *in = x;
    int64_t count = 0;
    for (int64_t first = 0; first < n && !*team->stop; first += BLOCK) {
        const int64_t end = least(first + BLOCK, n);
        int64_t i = first;
        for (; i < end && count < room; i++) {
            positions[count] = i + 1;
            count += in[i] != 0;
        }
        for (; i < end; i++) count += in[i] != 0;
    }
    return count;
}

const cnn_select_kernels CNN_VARIANT(cnn_select) = {gather, scatter, take, put, nonzero};
