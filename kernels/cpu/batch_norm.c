/* SPDX-License-Identifier: MIT
 * Batch normalisation of [rows, channels]: channels are the vector lanes, rows are cut into blocks for the team.
 *
 * Sums     Each block adds up in float64, into its own part of the workspace; the blocks are added in order. The values
 *          are shifted by the first row before squaring, so a large mean costs no digits, and one pass is enough.
 * Narrow   With fewer channels than lanes, VF_WIDTH rows are taken as one wide row whose channels repeat ("fold").
 * Strips   A few vectors of columns at a time go down the rows of a block, with their constants in registers.
 * Blocks depend on rows and channels alone: the same bits for any team. */
#include "kernels/batch_norm.h"
#include "kernels/cpu/vector.h"

enum {
    BLOCK_ROWS = 64,            /* of a block, at least: so the sums take little room beside the data */
    BLOCK_ELEMENTS = 16384,     /* 64 KiB: a strip finds the lines of the one before in the second-level cache */
    PARALLEL = 32768,           /* elements from which waking the team pays */
    WIDE = VF_WIDTH * VF_WIDTH, /* columns of a folded row are fewer */
    STRIP = 4                   /* vectors */
};

/* Rows as the kernels see them: `fold` rows of the matrix are one row of `columns`; `left` rows remain at the end. */
typedef struct layout {
    int64_t rows, columns, fold, left, channels;
    int64_t block, blocks; /* rows of a block; number of blocks */
} layout;

static int64_t min_of(int64_t a, int64_t b) {
    return a < b ? a : b;
}

static layout layout_make(int64_t rows, int64_t channels) {
    layout l = {.fold = channels < VF_WIDTH ? VF_WIDTH : 1, .channels = channels};
    l.rows = rows / l.fold;
    l.left = rows % l.fold;
    l.columns = channels * l.fold;
    l.block = BLOCK_ELEMENTS / (l.columns ? l.columns : 1);
    if (l.block < BLOCK_ROWS) l.block = BLOCK_ROWS;
    l.blocks = (l.rows + l.block - 1) / l.block;
    return l;
}

static bool works_alone(const cnn_team *team, const layout *l) {
    return team->threads < 2 || l->rows * l->columns < PARALLEL;
}

/* Two sums per column for each block and for the total. */
static size_t workspace_bytes(const cnn_team *team, int64_t rows, int64_t channels) {
    const layout l = layout_make(rows, channels);
    (void)team;
    return (size_t)((l.blocks + 1) * 2 * l.columns) * sizeof(double);
}

/* A per-channel vector as a wide row needs it: repeated in `room`, or itself. NULL stays NULL. */
static const float *unfold(const layout *l, const float *per_channel, float room[WIDE]) {
    if (l->fold == 1 || !per_channel) return per_channel;
    for (int64_t i = 0; i < l->columns; i++) room[i] = per_channel[i % l->channels];
    return room;
}

static inline VF load_lanes(const float *p, int64_t lanes) {
    return lanes == VF_WIDTH ? vf_load(p) : vf_load_tail(p, lanes);
}

static inline void store_lanes(float *p, VF v, int64_t lanes) {
    if (lanes == VF_WIDTH)
        vf_store(p, v);
    else
        vf_store_tail(p, v, lanes);
}

/* ---- sums ---- */

/* What the two sums of a column are made of: sum(x - shift) and sum((x - shift)^2), or, given a second matrix,
 * sum(dy) and sum(dy * (x - shift)). */
typedef struct terms {
    const float *x, *dy;
    const float *shift; /* per channel */
    const float *wide;  /* per column */
} terms;

/* Two float64 sums for each lane of a vector. */
typedef struct sums {
    VD first_low, first_high, second_low, second_high;
} sums;

static inline void sums_add(sums *s, VF x, VF dy, VF shift, bool gradient) {
    if (gradient) {
        const VF product = dy * (x - shift);
        s->first_low += vf_low(dy);
        s->first_high += vf_high(dy);
        s->second_low += vf_low(product);
        s->second_high += vf_high(product);
    } else {
        const VD low = vf_low(x) - vf_low(shift), high = vf_high(x) - vf_high(shift);
        s->first_low += low;
        s->first_high += high;
        s->second_low = vd_fma(low, low, s->second_low);
        s->second_high = vd_fma(high, high, s->second_high);
    }
}

static inline void sums_store(const sums *s, int64_t lanes, double *first, double *second) {
    double lane[2][VF_WIDTH];
    vd_store(lane[0], s->first_low), vd_store(lane[0] + VD_WIDTH, s->first_high);
    vd_store(lane[1], s->second_low), vd_store(lane[1] + VD_WIDTH, s->second_high);
    memcpy(first, lane[0], (size_t)lanes * sizeof(double));
    memcpy(second, lane[1], (size_t)lanes * sizeof(double));
}

/* Two neighbouring vectors of columns down the rows: half a strip, since sums need twice the registers. */
static ALWAYS_INLINE void sum_pair(const layout *l, const terms *t, int64_t from, int64_t rows, int64_t column,
                                   double *out, bool gradient) {
    const VF shift0 = vf_load(t->wide + column), shift1 = vf_load(t->wide + column + VF_WIDTH);
    sums s0 = {0}, s1 = {0};
    for (int64_t i = from; i < from + rows; i++) {
        const float *x = t->x + i * l->columns + column, *dy = gradient ? t->dy + i * l->columns + column : x;
        sums_add(&s0, vf_load(x), gradient ? vf_load(dy) : shift0, shift0, gradient);
        sums_add(&s1, vf_load(x + VF_WIDTH), gradient ? vf_load(dy + VF_WIDTH) : shift1, shift1, gradient);
    }
    sums_store(&s0, VF_WIDTH, out + column, out + l->columns + column);
    sums_store(&s1, VF_WIDTH, out + column + VF_WIDTH, out + l->columns + column + VF_WIDTH);
}

static ALWAYS_INLINE void sum_lanes(const layout *l, const terms *t, int64_t from, int64_t rows, int64_t column,
                                    double *out, bool gradient) {
    const int64_t lanes = min_of(VF_WIDTH, l->columns - column);
    const VF shift = load_lanes(t->wide + column, lanes);
    sums s = {0};
    for (int64_t i = from; i < from + rows; i++) {
        const VF x = load_lanes(t->x + i * l->columns + column, lanes);
        sums_add(&s, x, gradient ? load_lanes(t->dy + i * l->columns + column, lanes) : x, shift, gradient);
    }
    sums_store(&s, lanes, out + column, out + l->columns + column);
}

static ALWAYS_INLINE void sum_columns(const layout *l, const terms *t, int64_t block, double *out, bool gradient) {
    const int64_t from = block * l->block, rows = min_of(l->block, l->rows - from);
    int64_t column = 0;
    for (; column + 2 * VF_WIDTH <= l->columns; column += 2 * VF_WIDTH)
        sum_pair(l, t, from, rows, column, out, gradient);
    for (; column < l->columns; column += VF_WIDTH) sum_lanes(l, t, from, rows, column, out, gradient);
}

/* A function of its own for each kind of sum, outside the parallel region: so the kind is a constant inside. */
static void sum_block(const layout *l, const terms *t, int64_t block, double *workspace) {
    double *out = workspace + block * 2 * l->columns;
    if (t->dy)
        sum_columns(l, t, block, out, true);
    else
        sum_columns(l, t, block, out, false);
}

/* The rows that fill no wide row. */
static void sum_left(const layout *l, const terms *t, double *first, double *second) {
    const int64_t from = l->rows * l->fold;
    for (int64_t i = from * l->channels; i < (from + l->left) * l->channels; i++) {
        const int64_t c = i % l->channels;
        const double d = (double)t->x[i] - t->shift[c];
        first[c] += t->dy ? t->dy[i] : d;
        second[c] += t->dy ? t->dy[i] * d : d * d;
    }
}

/* Both sums of every channel, at *first and *second in the workspace. */
static void sum_all(const cnn_team *team, const layout *l, const terms *t, double *workspace, double **first,
                    double **second) {
#pragma omp parallel for num_threads(team->threads) schedule(static) if (!works_alone(team, l))
    for (int64_t block = 0; block < l->blocks; block++)
        if (!*team->stop) sum_block(l, t, block, workspace);
    double *total = workspace + l->blocks * 2 * l->columns;
    memset(total, 0, (size_t)(2 * l->columns) * sizeof(double));
    for (int64_t block = 0; block < l->blocks && !*team->stop; block++)
        for (int64_t i = 0; i < 2 * l->columns; i++) total[i] += workspace[block * 2 * l->columns + i];
    *first = total;
    *second = total + l->columns;
    for (int64_t i = l->channels; i < l->columns; i++) {
        (*first)[i % l->channels] += (*first)[i];
        (*second)[i % l->channels] += (*second)[i];
    }
    sum_left(l, t, *first, *second);
}

static void statistics(const cnn_team *team, int64_t rows, int64_t channels, const void *input, void *mean, void *var,
                       void *workspace) {
    const layout l = layout_make(rows, channels);
    const float *x = input;
    float room[WIDE];
    double *first, *second;
    sum_all(team, &l, &(terms){x, NULL, x, unfold(&l, rows ? x : NULL, room)}, workspace, &first, &second);
    for (int64_t c = 0; c < channels; c++) {
        const double offset = first[c] / (double)rows, variance = second[c] / (double)rows - offset * offset;
        ((float *)mean)[c] = (float)((rows ? x[c] : 0) + offset);
        ((float *)var)[c] = variance < 0 ? 0 : (float)variance;
    }
}

/* ---- y = a * (x - mean) + b, and dx = a * dy + b * (x - mean) + c ---- */

/* Where the results and their constants come from. NULL: weight 1, bias 0, mean 0; dy NULL: the first formula. */
typedef struct formula {
    const float *x, *dy, *mean, *invstd, *weight;
    const float *bias;            /* of the first formula */
    const float *dweight, *dbias; /* of the second, to be divided by `rows` */
    float rows;
    float *out;
} formula;

typedef struct constants {
    VF mean, a, b, c;
} constants;

static inline constants constants_at(const formula *f, int64_t column, int64_t lanes) {
    constants k = {{0}, load_lanes(f->invstd + column, lanes), {0}, {0}};
    const VF invstd = k.a;
    if (f->mean) k.mean = load_lanes(f->mean + column, lanes);
    if (f->weight) k.a *= load_lanes(f->weight + column, lanes);
    if (f->bias) k.b = load_lanes(f->bias + column, lanes);
    if (f->dy) {
        k.b = -k.a * invstd * (load_lanes(f->dweight + column, lanes) / f->rows);
        k.c = -k.a * (load_lanes(f->dbias + column, lanes) / f->rows);
    }
    return k;
}

static inline VF formula_of(const constants *k, VF x, VF dy, bool gradient) {
    return gradient ? vf_fma(k->a, dy, vf_fma(k->b, x - k->mean, k->c)) : vf_fma(k->a, x - k->mean, k->b);
}

static ALWAYS_INLINE void map_strip(const layout *l, const formula *f, int64_t from, int64_t rows, int64_t column,
                                    bool gradient) {
    constants k[STRIP];
    for (int v = 0; v < STRIP; v++) k[v] = constants_at(f, column + v * VF_WIDTH, VF_WIDTH);
    for (int64_t i = from; i < from + rows; i++)
        for (int v = 0; v < STRIP; v++) {
            const int64_t at = i * l->columns + column + v * VF_WIDTH;
            const VF x = vf_load(f->x + at), dy = gradient ? vf_load(f->dy + at) : x;
            vf_store(f->out + at, formula_of(&k[v], x, dy, gradient));
        }
}

static ALWAYS_INLINE void map_lanes(const layout *l, const formula *f, int64_t from, int64_t rows, int64_t column,
                                    bool gradient) {
    const int64_t lanes = min_of(VF_WIDTH, l->columns - column);
    const constants k = constants_at(f, column, lanes);
    for (int64_t i = from; i < from + rows; i++) {
        const int64_t at = i * l->columns + column;
        const VF x = load_lanes(f->x + at, lanes), dy = gradient ? load_lanes(f->dy + at, lanes) : x;
        store_lanes(f->out + at, formula_of(&k, x, dy, gradient), lanes);
    }
}

static ALWAYS_INLINE void map_columns(const layout *l, const formula *f, int64_t from, int64_t rows, bool gradient) {
    int64_t column = 0;
    for (; column + STRIP * VF_WIDTH <= l->columns; column += STRIP * VF_WIDTH)
        map_strip(l, f, from, rows, column, gradient);
    for (; column < l->columns; column += VF_WIDTH) map_lanes(l, f, from, rows, column, gradient);
}

static void map_rows(const layout *l, const formula *f, int64_t from, int64_t rows) {
    if (f->dy)
        map_columns(l, f, from, rows, true);
    else
        map_columns(l, f, from, rows, false);
}

static void map_all(const cnn_team *team, const layout *l, const formula *f) {
    float room[6][WIDE];
    formula wide = *f;
    wide.mean = unfold(l, f->mean, room[0]);
    wide.invstd = unfold(l, f->invstd, room[1]);
    wide.weight = unfold(l, f->weight, room[2]);
    wide.bias = unfold(l, f->bias, room[3]);
    wide.dweight = unfold(l, f->dweight, room[4]);
    wide.dbias = unfold(l, f->dbias, room[5]);
#pragma omp parallel for num_threads(team->threads) schedule(static) if (!works_alone(team, l))
    for (int64_t block = 0; block < l->blocks; block++)
        if (!*team->stop) map_rows(l, &wide, block * l->block, min_of(l->block, l->rows - block * l->block));
    /* the rows that fill no wide row */
    const layout narrow = {.columns = l->channels};
    if (l->left) map_rows(&narrow, f, l->rows * l->fold, l->left);
}

static void apply(const cnn_team *team, int64_t rows, int64_t channels, const void *input, const void *mean,
                  const void *invstd, const void *weight, const void *bias, void *output) {
    const layout l = layout_make(rows, channels);
    const formula f = {.x = input, .mean = mean, .invstd = invstd, .weight = weight, .bias = bias, .out = output};
    map_all(team, &l, &f);
}

static void backward(const cnn_team *team, int64_t rows, int64_t channels, bool training, const void *input,
                     const void *doutput, const void *mean, const void *invstd, const void *weight, void *dinput,
                     void *dweight, void *dbias, void *workspace) {
    const layout l = layout_make(rows, channels);
    float room[WIDE];
    double *first, *second;
    sum_all(team, &l, &(terms){input, doutput, mean, unfold(&l, mean, room)}, workspace, &first, &second);
    for (int64_t c = 0; c < channels; c++) {
        ((float *)dbias)[c] = (float)first[c];
        ((float *)dweight)[c] = (float)(second[c] * ((const float *)invstd)[c]);
    }
    if (!dinput) return;
    if (training)
        map_all(team, &l,
                &(formula){.x = input,
                           .dy = doutput,
                           .mean = mean,
                           .invstd = invstd,
                           .weight = weight,
                           .dweight = dweight,
                           .dbias = dbias,
                           .rows = (float)rows,
                           .out = dinput});
    else
        map_all(team, &l, &(formula){.x = doutput, .invstd = invstd, .weight = weight, .out = dinput});
}

const cnn_batch_norm_kernels CNN_VARIANT(cnn_batch_norm) = {workspace_bytes, statistics, apply, backward};
