/* SPDX-License-Identifier: MIT
 * Sums and extremes over strided tensors, compiled once per level and element type.
 *
 * Sums     The terms of a sum are cut into at most PARTS parts by their number alone, each part is summed into WIDE
 *          (float64 or integers), and the parts are added in order: so the bits do not depend on the team. Where a kept
 *          dimension has stride 1, up to LANES neighbouring sums are made side by side, the inner loop runs over them;
 *          otherwise a sum is made in LANES strands that are folded in halves.
 * Extremes The results are shared out; each row is searched in order. Where it is dense, a block is first asked for its
 *          best value (a vector loop), and only a block that improves is searched for the place. */
#include "kernels/reduce.h"
#include "kernels/element.h"

enum {
    LANES = 32,       /* sums or strands side by side: four 512-bit vectors of float64 */
    PARTS = 64,       /* of one sum, at most */
    PART_MIN = 8192,  /* elements in a part, at least: below that starting it costs more than it does */
    PARALLEL = 65536, /* elements from which waking the team pays */
    TOGETHER = 4,     /* groups of results whose parts are summed side by side */
    BLOCK = 512       /* elements searched at once for an extreme */
};

/* Some dimensions of a tensor without the inner one, which is a loop of its own. */
typedef struct dims {
    int ndim;
    int64_t size[CNN_MAX_DIMS], stride[CNN_MAX_DIMS];
    int64_t places;       /* of the dimensions that are left */
    int64_t length, step; /* of the inner one; 1 and 0 if there is none */
} dims;

static int64_t magnitude(int64_t x) {
    return x < 0 ? -x : x;
}

static dims dims_make(int ndim, const int64_t *size, const int64_t *stride) {
    dims d = {.ndim = 0, .places = 1, .length = 1, .step = 0};
    for (int i = 0; i < ndim; i++) {
        d.places *= size[i];
        if (size[i] == 1) continue;
        d.size[d.ndim] = size[i];
        d.stride[d.ndim++] = stride[i];
    }
    return d;
}

/* Takes dimension `inner` out: one place is left of it. */
static void dims_take(dims *d, int inner) {
    d->length = d->size[inner];
    d->step = d->stride[inner];
    d->places = d->length ? d->places / d->length : 0;
    d->size[inner] = 1;
    d->stride[inner] = 0;
}

/* Where place `index` of the remaining dimensions lies, in row-major order. */
static int64_t dims_offset(const dims *d, int64_t index) {
    int64_t offset = 0;
    for (int i = d->ndim - 1; i >= 0; i--) {
        offset += index % d->size[i] * d->stride[i];
        index /= d->size[i];
    }
    return offset;
}

/* ---- sums ---- */

typedef struct sums {
    dims kept, reduced;
    int64_t out_step;       /* between the results of kept's inner dimension */
    int64_t groups, chunks; /* chunks of at most LANES results per place of `kept`; groups of results altogether */
    int64_t terms, part, parts;
    const STORED *input;
    SUM *output;
} sums;

/* Adds `width` neighbouring columns of `n` rows to total[]. */
static void add_columns(const STORED *x, int64_t n, int64_t step, int64_t width, WIDE *total) {
    if (width == LANES) {
        WIDE lane[LANES];
        for (int i = 0; i < LANES; i++) lane[i] = total[i];
        for (int64_t row = 0; row < n; row++, x += step)
            for (int i = 0; i < LANES; i++) lane[i] += (WIDE)element_load(x[i]);
        for (int i = 0; i < LANES; i++) total[i] = lane[i];
    } else {
        for (int64_t row = 0; row < n; row++, x += step)
            for (int64_t i = 0; i < width; i++) total[i] += (WIDE)element_load(x[i]);
    }
}

/* Adds n terms to the strands of total[]. */
static void add_strands(const STORED *x, int64_t n, int64_t step, WIDE *total) {
    const int64_t whole = n - n % LANES;
    if (step == 1) {
        WIDE lane[LANES];
        for (int i = 0; i < LANES; i++) lane[i] = total[i];
        for (int64_t j = 0; j < whole; j += LANES)
            for (int i = 0; i < LANES; i++) lane[i] += (WIDE)element_load(x[j + i]);
        for (int i = 0; i < LANES; i++) total[i] = lane[i];
    } else {
        for (int64_t j = 0; j < whole; j += LANES)
            for (int i = 0; i < LANES; i++) total[i] += (WIDE)element_load(x[(j + i) * step]);
    }
    for (int64_t j = whole; j < n; j++) total[j - whole] += (WIDE)element_load(x[j * step]);
}

/* Sums one part of the terms for one group of results, whose terms begin at x. */
static void sum_part(const sums *s, const STORED *x, int64_t width, int64_t part, WIDE *total) {
    const int64_t end = s->terms < (part + 1) * s->part ? s->terms : (part + 1) * s->part;
    const bool strands = s->kept.step != 1;
    for (int i = 0; i < LANES; i++) total[i] = 0;
    for (int64_t term = part * s->part; term < end;) {
        const int64_t row = term / s->reduced.length, first = term % s->reduced.length;
        const int64_t left = s->reduced.length - first, n = left < end - term ? left : end - term;
        const STORED *terms = x + dims_offset(&s->reduced, row) + first * s->reduced.step;
        if (strands)
            add_strands(terms, n, s->reduced.step, total);
        else
            add_columns(terms, n, s->reduced.step, width, total);
        term += n;
    }
    for (int half = LANES / 2; strands && half >= 1; half /= 2)
        for (int i = 0; i < half; i++) total[i] += total[i + half];
}

/* One group of results: up to LANES of them where kept's inner dimension has stride 1, else one. */
typedef struct group {
    int64_t width;
    const STORED *input;
    SUM *output;
} group;

/* The results lie row-major over the kept dimensions as given; `place` counts those without the inner one. */
static group group_at(const sums *s, int64_t index) {
    const int64_t lanes = s->kept.step == 1 ? LANES : 1, inside = s->out_step, outside = s->kept.length * inside;
    const int64_t place = index / s->chunks, first = index % s->chunks * lanes, left = s->kept.length - first;
    return (group){lanes < left ? lanes : left, s->input + dims_offset(&s->kept, place) + first * s->kept.step,
                   s->output + place / inside * outside + place % inside + first * inside};
}

/* Adds the parts in order and delivers the results. */
static void group_finish(const sums *s, const group *g, WIDE (*total)[LANES]) {
    for (int64_t part = 1; part < s->parts; part++)
        for (int64_t i = 0; i < g->width; i++) total[0][i] += total[part][i];
    for (int64_t i = 0; i < g->width; i++) g->output[i * s->out_step] = sum_store(total[0][i]);
}

static void sum_group(const sums *s, int64_t index) {
    WIDE total[PARTS][LANES];
    const group g = group_at(s, index);
    for (int64_t part = 0; part < s->parts; part++) sum_part(s, g.input, g.width, part, total[part]);
    group_finish(s, &g, total);
}

/* Some groups with the parts shared out to the team: a part of all of them at once, while it is in the caches. */
static void sum_groups_together(const cnn_team *team, const sums *s, int64_t first, int64_t count) {
    WIDE total[TOGETHER][PARTS][LANES];
#pragma omp parallel for num_threads(team->threads) schedule(static)
    for (int64_t part = 0; part < s->parts; part++) {
        for (int64_t i = 0; i < count && !*team->stop; i++) {
            const group g = group_at(s, first + i);
            sum_part(s, g.input, g.width, part, total[i][part]);
        }
    }
    for (int64_t i = 0; i < count && !*team->stop; i++) {
        const group g = group_at(s, first + i);
        group_finish(s, &g, total[i]);
    }
}

/* A short sum without a place of stride 1 among its results: one after the other. */
static void sum_short(const sums *s, int64_t index) {
    const group g = group_at(s, index);
    WIDE total = 0;
    for (int64_t row = 0; row < s->reduced.places; row++) {
        const STORED *x = g.input + dims_offset(&s->reduced, row);
        for (int64_t i = 0; i < s->reduced.length; i++) total += (WIDE)element_load(x[i * s->reduced.step]);
    }
    *g.output = sum_store(total);
}

static sums sums_make(const cnn_reduce_walk *walk, const void *input, void *output) {
    sums s = {.out_step = 1, .input = input, .output = output};
    s.kept = dims_make(walk->kept_ndim, walk->kept_size, walk->kept_stride);
    s.reduced = dims_make(walk->reduced_ndim, walk->reduced_size, walk->reduced_stride);
    s.terms = s.reduced.places;
    int inner = -1;
    for (int d = 0; d < s.kept.ndim; d++)
        if (s.kept.stride[d] == 1) inner = d;
    for (int d = inner + 1; inner >= 0 && d < s.kept.ndim; d++) s.out_step *= s.kept.size[d];
    if (inner >= 0) dims_take(&s.kept, inner);
    /* any order of the terms will do: the smallest step goes inside */
    inner = s.reduced.ndim - 1;
    for (int d = 0; d < s.reduced.ndim; d++)
        if (magnitude(s.reduced.stride[d]) < magnitude(s.reduced.stride[inner])) inner = d;
    if (inner >= 0) dims_take(&s.reduced, inner);
    s.chunks = s.kept.step == 1 ? (s.kept.length + LANES - 1) / LANES : 1;
    s.groups = s.kept.places * s.chunks;
    const int64_t lanes = s.kept.step == 1 ? LANES : 1, least = PART_MIN / lanes;
    s.part = (s.terms + PARTS - 1) / PARTS;
    if (s.part < least) s.part = least;
    s.parts = s.terms ? (s.terms + s.part - 1) / s.part : 1; /* an empty sum has one empty part */
    return s;
}

static void sum(const cnn_team *team, const cnn_reduce_walk *walk, const void *input, void *output) {
    const sums s = sums_make(walk, input, output);
    const int64_t work = s.groups * (s.kept.step == 1 ? LANES : 1) * s.terms;
    const bool alone = team->threads < 2 || work < PARALLEL, brief = s.kept.step != 1 && s.terms < LANES;
    /* few results: the team shares the parts of each; many: it shares the results. The same bits either way. */
    if (!alone && s.groups < 4 * (int64_t)team->threads && s.parts > 1) {
        for (int64_t i = 0; i < s.groups; i += TOGETHER)
            sum_groups_together(team, &s, i, s.groups - i < TOGETHER ? s.groups - i : TOGETHER);
        return;
    }
#pragma omp parallel for num_threads(team->threads) schedule(static) if (!alone)
    for (int64_t i = 0; i < s.groups; i++) {
        if (*team->stop) continue;
        if (brief)
            sum_short(&s, i);
        else
            sum_group(&s, i);
    }
}

/* ---- extremes ---- */

/* Is `value` ahead of the best so far? The first NaN is ahead of everything. */
static inline bool wins(bool largest, T value, T best) {
    if (element_is_nan(value)) return !element_is_nan(best);
    return largest ? value > best : value < best;
}

typedef struct search {
    T best;
    int64_t position; /* of the best, from 0 */
} search;

static void search_strided(search *s, bool largest, const STORED *x, int64_t n, int64_t step, int64_t position) {
    for (int64_t i = 0; i < n; i++)
        if (wins(largest, element_load(x[i * step]), s->best)) *s = (search){element_load(x[i * step]), position + i};
}

/* Does any of BLOCK elements win? */
static bool block_wins(bool largest, const STORED *x, T best) {
    unsigned int ahead = 0;
    if (largest)
        for (int i = 0; i < BLOCK; i++) ahead |= !(element_load(x[i]) <= best);
    else
        for (int i = 0; i < BLOCK; i++) ahead |= !(element_load(x[i]) >= best);
    return ahead;
}

static void search_row(search *s, bool largest, const STORED *x, int64_t n, int64_t step, int64_t position) {
    int64_t i = 0;
    for (; step == 1 && i + BLOCK <= n; i += BLOCK)
        if (block_wins(largest, x + i, s->best)) search_strided(s, largest, x + i, BLOCK, 1, position + i);
    search_strided(s, largest, x + i * step, n - i, step, position + i);
}

static search search_all(const cnn_team *team, bool largest, const STORED *x, const dims *reduced) {
    search s = {element_load(x[0]), 0};
    for (int64_t row = 0; row < reduced->places && !*team->stop; row++)
        search_row(&s, largest, x + dims_offset(reduced, row), reduced->length, reduced->step, row * reduced->length);
    return s;
}

static void extreme(const cnn_team *team, const cnn_reduce_walk *walk, bool largest, const void *input, void *values,
                    int64_t *positions) {
    const dims kept = dims_make(walk->kept_ndim, walk->kept_size, walk->kept_stride);
    dims reduced = dims_make(walk->reduced_ndim, walk->reduced_size, walk->reduced_stride);
    if (reduced.ndim) dims_take(&reduced, reduced.ndim - 1);
    const bool alone = team->threads < 2 || kept.places * reduced.places * reduced.length < PARALLEL;
#pragma omp parallel for num_threads(team->threads) schedule(static) if (!alone)
    for (int64_t i = 0; i < kept.places; i++) {
        if (*team->stop) continue;
        const search s = search_all(team, largest, (const STORED *)input + dims_offset(&kept, i), &reduced);
        if (values) ((STORED *)values)[i] = element_store(s.best);
        if (positions) positions[i] = s.position + 1;
    }
}

const cnn_reduce_kernels CNN_VARIANT(cnn_reduce) = {sum, extreme};
