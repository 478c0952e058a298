/* SPDX-License-Identifier: MIT
 * Batch normalisation of [rows, channels] of float32 or bfloat16: channels are the vector lanes, rows are cut into
 * blocks for the team. What is per channel is float32.
 *
 * Sums     Each block adds up in float64, into its own part of the workspace; the blocks are added in order. The values
 *          are shifted by the first row before squaring, so a large mean costs no digits, and one pass is enough.
 * How rows and channels are walked, and why no thread changes a bit, is told in channel_rows.h. */
#include "kernels/batch_norm.h"
#include "kernels/cpu/channel_rows.h"

/* Two sums per column for each block and for the total; then the first row, by which the values are shifted. */
static size_t workspace_bytes(const cnn_team *team, int64_t rows, int64_t channels) {
    const layout l = layout_make(rows, channels);
    (void)team;
    return (size_t)((l.blocks + 1) * 2 * l.columns) * sizeof(double) + (size_t)channels * sizeof(float);
}

/* ---- sums ---- */

/* The gradient that comes in: dy + dy2 where the gate is open, kept in `gathered`. What of it there is is a constant
 * inside each instance of a walk. */
enum { GRADIENT = 1, SECOND = 2, GATE = 4, GATE_NORM = 8, GATHER = 16 };

typedef struct incoming {
    const STORED *dy, *dy2, *gate;
    norm gate_norm, narrow_gate; /* as wide as a row, and per channel */
    STORED *gathered;
    int kind;
} incoming;

static incoming incoming_make(const layout *l, const cnn_chain *chain, STORED *gathered, float room[NORM_ROOM]) {
    incoming in = {.dy = chain->x,
                   .dy2 = chain->y,
                   .gate = chain->gate,
                   .narrow_gate = {chain->gate_mean, chain->gate_scale, chain->gate_shift},
                   .gathered = gathered,
                   .kind = GRADIENT + (chain->y ? SECOND : 0) + (gathered ? GATHER : 0) +
                           (!chain->gate       ? 0
                            : chain->gate_mean ? GATE_NORM
                                               : GATE)};
    in.gate_norm = norm_unfold(l, &in.narrow_gate, room);
    return in;
}

static ALWAYS_INLINE VF incoming_at(const incoming *in, int64_t at, int64_t lanes, const norm_lanes *gate,
                                    const int kind) {
    VF value = load_stored(in->dy + at, lanes);
    if (kind & SECOND) value = rounded(value + load_stored(in->dy2 + at, lanes));
    if (kind & GATE) value = gated(value, load_stored(in->gate + at, lanes));
    if (kind & GATE_NORM) value = gated(value, norm_of(gate, load_stored(in->gate + at, lanes)));
    if (kind & GATHER) store_stored(in->gathered + at, value, lanes);
    return value;
}

/* What the two sums of a column are made of: sum(x - shift) and sum((x - shift)^2), or, given a gradient,
 * sum(dy) and sum(dy * (x - shift)). */
typedef struct terms {
    const STORED *x;
    const float *shift; /* per channel */
    const float *wide;  /* per column */
    incoming in;
} terms;

/* Two float64 sums for each lane of a vector. */
typedef struct sums {
    VD first_low, first_high, second_low, second_high;
} sums;

/* Rows that are summed in float32 before they go to the float64 sums: turning every number into a double would take
 * longer than reading it. Of a variance whose shift lies aside that would cost digits, which bfloat16 does not have. */
enum { RUN = 16, VARIANCE_RUN = sizeof(STORED) == 2 ? RUN : 1 };

static ALWAYS_INLINE void sums_add(sums *s, VF first, VF second) {
    s->first_low += vf_low(first);
    s->first_high += vf_high(first);
    s->second_low += vf_low(second);
    s->second_high += vf_high(second);
}

static inline void sums_store(const sums *s, int64_t lanes, double *first, double *second) {
    double lane[2][VF_WIDTH];
    vd_store(lane[0], s->first_low), vd_store(lane[0] + VD_WIDTH, s->first_high);
    vd_store(lane[1], s->second_low), vd_store(lane[1] + VD_WIDTH, s->second_high);
    memcpy(first, lane[0], (size_t)lanes * sizeof(double));
    memcpy(second, lane[1], (size_t)lanes * sizeof(double));
}

static ALWAYS_INLINE void sum_lanes(const layout *l, const terms *t, int64_t from, int64_t rows, int64_t column,
                                    int64_t lanes, double *first, double *second, const int kind) {
    const VF shift = load_lanes(t->wide + column, lanes);
    norm_lanes gate = {{0}, {0}, {0}};
    if (kind & GATE_NORM) gate = norm_at(&t->in.gate_norm, column, lanes);
    sums s = {0};
    for (int64_t i = from; i < from + rows;) {
        VF one = {0}, two = {0};
        for (const int64_t end = min_of(i + (kind ? RUN : VARIANCE_RUN), from + rows); i < end; i++) {
            const int64_t at = i * l->columns + column;
            const VF d = load_stored(t->x + at, lanes) - shift;
            const VF term = kind ? incoming_at(&t->in, at, lanes, &gate, kind) : d;
            one += term;
            two = vf_fma(term, d, two);
        }
        sums_add(&s, one, two);
    }
    sums_store(&s, lanes, first + column, second + column);
}

static ALWAYS_INLINE void sum_columns(const layout *l, const terms *t, int64_t from, int64_t rows, double *first,
                                      double *second, const int kind) {
    int64_t column = 0;
    for (; column + VF_WIDTH <= l->columns; column += VF_WIDTH)
        sum_lanes(l, t, from, rows, column, VF_WIDTH, first, second, kind);
    if (column < l->columns) sum_lanes(l, t, from, rows, column, l->columns - column, first, second, kind);
}

/* For each kind there is, literally: so it is a constant inside. */
#define EACH_GATE(KIND, second)                                                                                        \
    KIND(GRADIENT + second) KIND(GRADIENT + second + GATE) KIND(GRADIENT + second + GATE_NORM)
#define EACH_KIND(KIND) EACH_GATE(KIND, 0) EACH_GATE(KIND, SECOND)

/* A function of its own, outside of the parallel region. */
static __attribute__((noinline)) void sum_kind(const layout *l, const terms *t, int64_t from, int64_t rows,
                                               double *first, double *second) {
    switch (t->in.kind) {
#define SUM(kind)                                                                                                      \
    case kind:                                                                                                         \
        sum_columns(l, t, from, rows, first, second, kind);                                                            \
        break;
#define SUM_GATHERED(kind) SUM(kind + GATHER)
        SUM(0)
        EACH_KIND(SUM)
        EACH_KIND(SUM_GATHERED)
    }
}

/* The rows that fill no wide row. */
static void sum_left(const layout *l, const terms *t, double *first, double *second) {
    const layout narrow = {.columns = l->channels};
    terms rest = *t;
    double sum[2][WIDE] = {{0}};
    rest.wide = t->shift;
    rest.in.gate_norm = t->in.narrow_gate;
    sum_kind(&narrow, &rest, l->rows * l->fold, l->left, sum[0], sum[1]);
    for (int64_t c = 0; c < l->channels; c++) first[c] += sum[0][c], second[c] += sum[1][c];
}

/* Both sums of every channel, at *first and *second in the workspace. */
static void sum_all(const cnn_team *team, const layout *l, const terms *t, double *workspace, double **first,
                    double **second) {
#pragma omp parallel for num_threads(team->threads) schedule(static) if (!works_alone(team, l))
    for (int64_t block = 0; block < l->blocks; block++)
        if (!*team->stop) {
            double *out = workspace + block * 2 * l->columns;
            sum_kind(l, t, block * l->block, min_of(l->block, l->rows - block * l->block), out, out + l->columns);
        }
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
    if (l->left) sum_left(l, t, *first, *second);
}

static void statistics(const cnn_team *team, int64_t rows, int64_t channels, const void *input, void *mean, void *var,
                       void *workspace) {
    const layout l = layout_make(rows, channels);
    const STORED *x = input;
    float room[WIDE], *shift = (float *)((double *)workspace + (l.blocks + 1) * 2 * l.columns);
    double *first, *second;
    for (int64_t c = 0; c < channels; c++) shift[c] = rows ? scalar_stored(x[c]) : 0;
    const terms t = {.x = x, .shift = shift, .wide = unfold(&l, shift, room)};
    sum_all(team, &l, &t, workspace, &first, &second);
    for (int64_t c = 0; c < channels; c++) {
        const double offset = first[c] / (double)rows, variance = second[c] / (double)rows - offset * offset;
        ((float *)mean)[c] = (float)(shift[c] + offset);
        ((float *)var)[c] = variance < 0 ? 0 : (float)variance;
    }
}

/* ---- dx = a * dy + b * (x - mean) + c ---- */

/* Where the results and their constants come from. mean NULL, outside of training: dx = a * dy. */
typedef struct formula {
    const STORED *x;
    const float *mean, *invstd, *weight;
    const float *dweight, *dbias; /* to be divided by `rows` */
    incoming in;
    float rows;
    STORED *out;
} formula;

typedef struct constants {
    VF mean, a, b, c;
} constants;

static ALWAYS_INLINE constants constants_at(const formula *f, int64_t column, int64_t lanes) {
    constants k = {{0}, load_lanes(f->invstd + column, lanes), {0}, {0}};
    const VF invstd = k.a;
    if (f->weight) k.a *= load_lanes(f->weight + column, lanes);
    if (!f->mean) return k;
    k.mean = load_lanes(f->mean + column, lanes);
    k.b = -k.a * invstd * (load_lanes(f->dweight + column, lanes) / f->rows);
    k.c = -k.a * (load_lanes(f->dbias + column, lanes) / f->rows);
    return k;
}

static ALWAYS_INLINE void map_vectors(const layout *l, const formula *f, int64_t from, int64_t rows, int64_t column,
                                      int vectors, int64_t lanes, const int kind) {
    constants k[STRIP];
    norm_lanes gate[STRIP];
    for (int v = 0; v < vectors; v++) {
        k[v] = constants_at(f, column + v * VF_WIDTH, lanes);
        if (kind & GATE_NORM) gate[v] = norm_at(&f->in.gate_norm, column + v * VF_WIDTH, lanes);
    }
    for (int64_t i = from; i < from + rows; i++)
        for (int v = 0; v < vectors; v++) {
            const int64_t at = i * l->columns + column + v * VF_WIDTH;
            const VF dy = incoming_at(&f->in, at, lanes, &gate[v], kind);
            VF dx = k[v].a * dy;
            if (f->mean) dx = vf_fma(k[v].a, dy, vf_fma(k[v].b, load_stored(f->x + at, lanes) - k[v].mean, k[v].c));
            store_stored(f->out + at, dx, lanes);
        }
}

static ALWAYS_INLINE void map_columns(const layout *l, const formula *f, int64_t from, int64_t rows, const int kind) {
    int64_t column = 0;
    for (; column + STRIP * VF_WIDTH <= l->columns; column += STRIP * VF_WIDTH)
        map_vectors(l, f, from, rows, column, STRIP, VF_WIDTH, kind);
    for (; column < l->columns; column += VF_WIDTH)
        map_vectors(l, f, from, rows, column, 1, min_of(VF_WIDTH, l->columns - column), kind);
}

static __attribute__((noinline)) void map_kind(const layout *l, const formula *f, int64_t from, int64_t rows) {
    switch (f->in.kind) {
#define MAP(kind)                                                                                                      \
    case kind:                                                                                                         \
        map_columns(l, f, from, rows, kind);                                                                           \
        break;
        EACH_KIND(MAP)
    }
}

static void map_all(const cnn_team *team, const layout *l, const formula *f) {
    float room[5][WIDE];
    formula wide = *f;
    wide.mean = unfold(l, f->mean, room[0]);
    wide.invstd = unfold(l, f->invstd, room[1]);
    wide.weight = unfold(l, f->weight, room[2]);
    wide.dweight = unfold(l, f->dweight, room[3]);
    wide.dbias = unfold(l, f->dbias, room[4]);
#pragma omp parallel for num_threads(team->threads) schedule(static) if (!works_alone(team, l))
    for (int64_t block = 0; block < l->blocks; block++)
        if (!*team->stop) map_kind(l, &wide, block * l->block, min_of(l->block, l->rows - block * l->block));
    /* the rows that fill no wide row */
    const layout narrow = {.columns = l->channels};
    formula rest = *f;
    rest.in.gate_norm = f->in.narrow_gate;
    if (l->left) map_kind(&narrow, &rest, l->rows * l->fold, l->left);
}

static void backward(const cnn_team *team, int64_t rows, int64_t channels, bool training, const void *input,
                     const cnn_chain *doutput, void *gathered, const void *mean, const void *invstd, const void *weight,
                     void *dinput, void *dweight, void *dbias, void *workspace) {
    const layout l = layout_make(rows, channels);
    float room[WIDE], gate_room[NORM_ROOM];
    double *first, *second;
    incoming in = incoming_make(&l, doutput, gathered, gate_room);
    const terms t = {.x = input, .shift = mean, .wide = unfold(&l, mean, room), .in = in};
    sum_all(team, &l, &t, workspace, &first, &second);
    for (int64_t c = 0; c < channels; c++) {
        ((float *)dbias)[c] = (float)first[c];
        ((float *)dweight)[c] = (float)(second[c] * ((const float *)invstd)[c]);
    }
    if (!dinput) return;
    if (gathered) in = incoming_make(&l, &(cnn_chain){.x = gathered}, NULL, gate_room);
    map_all(team, &l,
            &(formula){.x = input,
                       .mean = training ? mean : NULL,
                       .invstd = invstd,
                       .weight = weight,
                       .dweight = dweight,
                       .dbias = dbias,
                       .in = in,
                       .rows = (float)rows,
                       .out = dinput});
}

const cnn_batch_norm_kernels CNN_VARIANT(cnn_batch_norm) = {workspace_bytes, statistics, backward};
