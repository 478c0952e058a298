/* SPDX-License-Identifier: MIT
 * Batch normalisation of [rows, channels]: channels are the vector lanes, rows are cut into blocks for the team.
 *
 * Sums     Each block adds up in float64, into its own part of the workspace; the blocks are added in order. The values
 *          are shifted by the first row before squaring, so a large mean costs no digits, and one pass is enough.
 * How rows and channels are walked, and why no thread changes a bit, is told in channel_rows.h. */
#include "kernels/batch_norm.h"
#include "kernels/cpu/channel_rows.h"

/* Two sums per column for each block and for the total. */
static size_t workspace_bytes(const cnn_team *team, int64_t rows, int64_t channels) {
    const layout l = layout_make(rows, channels);
    (void)team;
    return (size_t)((l.blocks + 1) * 2 * l.columns) * sizeof(double);
}

/* ---- sums ---- */

/* What the gradient that comes in is made of: constants inside each instance of a walk. */
enum { FORWARD = 0, GRADIENT = 1, SECOND = 2, GATE = 4, GATHER = 8 };

/* What the two sums of a column are made of: sum(x - shift) and sum((x - shift)^2), or, given a gradient,
 * sum(dy) and sum(dy * (x - shift)). */
typedef struct terms {
    const float *x, *dy, *dy2, *gate;
    float *gathered;
    const float *shift; /* per channel */
    const float *wide;  /* per column */
    int kind;
} terms;

/* The gradient at one place: dy + dy2 where the gate is open, kept in `gathered`. */
static ALWAYS_INLINE VF gradient_at(const float *dy, const float *dy2, const float *gate, float *gathered, int64_t at,
                                    int64_t lanes, const int kind) {
    VF value = load_lanes(dy + at, lanes);
    if (kind & SECOND) value += load_lanes(dy2 + at, lanes);
    if (kind & GATE) value = gated(value, load_lanes(gate + at, lanes));
    if (kind & GATHER) store_lanes(gathered + at, value, lanes);
    return value;
}

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

static ALWAYS_INLINE void sum_lanes(const layout *l, const terms *t, int64_t from, int64_t rows, int64_t column,
                                    int64_t lanes, double *out, const int kind) {
    const VF shift = load_lanes(t->wide + column, lanes);
    sums s = {0};
    for (int64_t i = from; i < from + rows; i++) {
        const int64_t at = i * l->columns + column;
        const VF x = load_lanes(t->x + at, lanes);
        const VF dy = kind ? gradient_at(t->dy, t->dy2, t->gate, t->gathered, at, lanes, kind) : x;
        sums_add(&s, x, dy, shift, kind != FORWARD);
    }
    sums_store(&s, lanes, out + column, out + l->columns + column);
}

static ALWAYS_INLINE void sum_columns(const layout *l, const terms *t, int64_t block, double *out, const int kind) {
    const int64_t from = block * l->block, rows = min_of(l->block, l->rows - from);
    int64_t column = 0;
    for (; column + VF_WIDTH <= l->columns; column += VF_WIDTH)
        sum_lanes(l, t, from, rows, column, VF_WIDTH, out, kind);
    if (column < l->columns) sum_lanes(l, t, from, rows, column, l->columns - column, out, kind);
}

/* A function of its own for each kind, outside of the parallel region: so the kind is a constant inside. */
typedef void sum_function(const layout *l, const terms *t, int64_t block, double *out);
#define SUM_KIND(kind)                                                                                                 \
    static                                                                                                             \
        __attribute__((noinline)) void sum_kind_##kind(const layout *l, const terms *t, int64_t block, double *out) {  \
        sum_columns(l, t, block, out, kind);                                                                           \
    }
SUM_KIND(0)
SUM_KIND(1)
SUM_KIND(3)
SUM_KIND(5) SUM_KIND(7) SUM_KIND(9) SUM_KIND(11) SUM_KIND(13) SUM_KIND(15) static sum_function *const sum_of_kind[] = {
    sum_kind_0, sum_kind_1, NULL, sum_kind_3,  NULL, sum_kind_5,  NULL, sum_kind_7,
    NULL,       sum_kind_9, NULL, sum_kind_11, NULL, sum_kind_13, NULL, sum_kind_15};

/* The rows that fill no wide row. */
static void sum_left(const layout *l, const terms *t, double *first, double *second) {
    const int64_t from = l->rows * l->fold;
    for (int64_t i = from * l->channels; i < (from + l->left) * l->channels; i++) {
        const int64_t c = i % l->channels;
        const double d = (double)t->x[i] - t->shift[c];
        float dy = 0;
        if (t->kind) {
            dy = t->kind & SECOND ? t->dy[i] + t->dy2[i] : t->dy[i];
            if ((t->kind & GATE) && !(t->gate[i] > 0)) dy = 0;
            if (t->kind & GATHER) t->gathered[i] = dy;
        }
        first[c] += t->kind ? (double)dy : d;
        second[c] += t->kind ? dy * d : d * d;
    }
}

/* Both sums of every channel, at *first and *second in the workspace. */
static void sum_all(const cnn_team *team, const layout *l, const terms *t, double *workspace, double **first,
                    double **second) {
    sum_function *const work = sum_of_kind[t->kind];
#pragma omp parallel for num_threads(team->threads) schedule(static) if (!works_alone(team, l))
    for (int64_t block = 0; block < l->blocks; block++)
        if (!*team->stop) work(l, t, block, workspace + block * 2 * l->columns);
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
    const terms t = {.x = x, .shift = x, .wide = unfold(&l, rows ? x : NULL, room)};
    sum_all(team, &l, &t, workspace, &first, &second);
    for (int64_t c = 0; c < channels; c++) {
        const double offset = first[c] / (double)rows, variance = second[c] / (double)rows - offset * offset;
        ((float *)mean)[c] = (float)((rows ? x[c] : 0) + offset);
        ((float *)var)[c] = variance < 0 ? 0 : (float)variance;
    }
}

/* ---- dx = a * dy + b * (x - mean) + c ---- */

/* Where the results and their constants come from. mean NULL, outside of training: dx = a * dy. */
typedef struct formula {
    const float *x, *dy, *dy2, *gate, *mean, *invstd, *weight;
    const float *dweight, *dbias; /* to be divided by `rows` */
    float rows;
    float *out;
    int kind;
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
    for (int v = 0; v < vectors; v++) k[v] = constants_at(f, column + v * VF_WIDTH, lanes);
    for (int64_t i = from; i < from + rows; i++)
        for (int v = 0; v < vectors; v++) {
            const int64_t at = i * l->columns + column + v * VF_WIDTH;
            const VF dy = gradient_at(f->dy, f->dy2, f->gate, NULL, at, lanes, kind);
            VF dx = k[v].a * dy;
            if (f->mean) dx = vf_fma(k[v].a, dy, vf_fma(k[v].b, load_lanes(f->x + at, lanes) - k[v].mean, k[v].c));
            store_lanes(f->out + at, dx, lanes);
        }
}

static ALWAYS_INLINE void map_columns(const layout *l, const formula *f, int64_t from, int64_t rows, const int kind) {
    int64_t column = 0;
    for (; column + STRIP * VF_WIDTH <= l->columns; column += STRIP * VF_WIDTH)
        map_vectors(l, f, from, rows, column, STRIP, VF_WIDTH, kind);
    for (; column < l->columns; column += VF_WIDTH)
        map_vectors(l, f, from, rows, column, 1, min_of(VF_WIDTH, l->columns - column), kind);
}

typedef void map_function(const layout *l, const formula *f, int64_t from, int64_t rows);
#define MAP_KIND(kind)                                                                                                 \
    static __attribute__((noinline)) void map_kind_##kind(const layout *l, const formula *f, int64_t from,             \
                                                          int64_t rows) {                                              \
        map_columns(l, f, from, rows, kind);                                                                           \
    }
MAP_KIND(1)
MAP_KIND(3)
MAP_KIND(5)
MAP_KIND(7) static map_function *const map_of_kind[] = {NULL, map_kind_1, NULL, map_kind_3,
                                                        NULL, map_kind_5, NULL, map_kind_7};

static void map_all(const cnn_team *team, const layout *l, const formula *f) {
    float room[5][WIDE];
    formula wide = *f;
    wide.mean = unfold(l, f->mean, room[0]);
    wide.invstd = unfold(l, f->invstd, room[1]);
    wide.weight = unfold(l, f->weight, room[2]);
    wide.dweight = unfold(l, f->dweight, room[3]);
    wide.dbias = unfold(l, f->dbias, room[4]);
    map_function *const work = map_of_kind[f->kind];
#pragma omp parallel for num_threads(team->threads) schedule(static) if (!works_alone(team, l))
    for (int64_t block = 0; block < l->blocks; block++)
        if (!*team->stop) work(l, &wide, block * l->block, min_of(l->block, l->rows - block * l->block));
    /* the rows that fill no wide row */
    const layout narrow = {.columns = l->channels};
    if (l->left) work(&narrow, f, l->rows * l->fold, l->left);
}

static void backward(const cnn_team *team, int64_t rows, int64_t channels, bool training, const void *input,
                     const cnn_chain *doutput, void *gathered, const void *mean, const void *invstd, const void *weight,
                     void *dinput, void *dweight, void *dbias, void *workspace) {
    const layout l = layout_make(rows, channels);
    const int kind = GRADIENT + (doutput->y ? SECOND : 0) + (doutput->gate ? GATE : 0);
    float room[WIDE];
    double *first, *second;
    const terms t = {.x = input,
                     .dy = doutput->x,
                     .dy2 = doutput->y,
                     .gate = doutput->gate,
                     .gathered = gathered,
                     .shift = mean,
                     .wide = unfold(&l, mean, room),
                     .kind = kind + (gathered ? GATHER : 0)};
    sum_all(team, &l, &t, workspace, &first, &second);
    for (int64_t c = 0; c < channels; c++) {
        ((float *)dbias)[c] = (float)first[c];
        ((float *)dweight)[c] = (float)(second[c] * ((const float *)invstd)[c]);
    }
    if (!dinput) return;
    map_all(team, &l,
            &(formula){.x = input,
                       .dy = gathered ? gathered : doutput->x,
                       .dy2 = doutput->y,
                       .gate = doutput->gate,
                       .mean = training ? mean : NULL,
                       .invstd = invstd,
                       .weight = weight,
                       .dweight = dweight,
                       .dbias = dbias,
                       .rows = (float)rows,
                       .out = dinput,
                       .kind = gathered ? GRADIENT : kind});
}

const cnn_batch_norm_kernels CNN_VARIANT(cnn_batch_norm) = {workspace_bytes, statistics, backward};
