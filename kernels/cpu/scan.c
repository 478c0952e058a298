/* SPDX-License-Identifier: MIT
 * Running sums, products and recurrences, compiled once per element type; memory and the chain of additions are the
 * limit, so there is one version for every processor.
 *
 * Each step waits for the one before, so what runs side by side is lines: up to LANES neighbours along `inner`, whose
 * loop becomes vectors, and groups of them (or the outer lines) shared out to the team. */
#include "kernels/scan.h"
#include "kernels/element.h"

enum {
    LANES = 32,
    PARALLEL = 65536 /* elements from which waking the team pays */
};

typedef struct scan {
    const cnn_scan_params *p;
    const T *a, *x;
    SUM *y;
    int64_t groups; /* of lines, per outer */
} scan;

/* One group of lines: where its first line begins and how many there are; the first step and the way to the next. */
typedef struct group {
    int64_t at, step, width;
} group;

static group group_at(const scan *s, int64_t index) {
    const int64_t n = s->p->n, inner = s->p->inner, column = index % s->groups * LANES, left = inner - column;
    const int64_t first = index / s->groups * n * inner + column;
    return (group){first + (s->p->reverse ? (n - 1) * inner : 0), s->p->reverse ? -inner : inner,
                   left < LANES ? left : LANES};
}

/* Defines NAME_group: y = total = f(total, a, x) along every line of a group, beginning with START. */
#define SCAN_GROUP(NAME, START, f)                                                                                     \
    static void NAME##_group(const scan *s, int64_t index) {                                                           \
        const group g = group_at(s, index);                                                                            \
        const T *a = s->a + g.at, *x = s->x + g.at;                                                                    \
        SUM *y = s->y + g.at;                                                                                          \
        WIDE total[LANES];                                                                                             \
        (void)a;                                                                                                       \
        for (int i = 0; i < LANES; i++) total[i] = START;                                                              \
        if (g.width == LANES)                                                                                          \
            for (int64_t k = 0; k < s->p->n; k++, a += g.step, x += g.step, y += g.step)                               \
                for (int i = 0; i < LANES; i++) total[i] = f, y[i] = (SUM)total[i];                                    \
        else                                                                                                           \
            for (int64_t k = 0; k < s->p->n; k++, a += g.step, x += g.step, y += g.step)                               \
                for (int64_t i = 0; i < g.width; i++) total[i] = f, y[i] = (SUM)total[i];                              \
    }

SCAN_GROUP(sum, 0, total[i] + (WIDE)x[i])
SCAN_GROUP(product, 1, total[i] * (WIDE)x[i])
#if ELEMENT_IS_REAL
SCAN_GROUP(linear, 0, (WIDE)a[i] * total[i] + (WIDE)x[i])
#endif

static void run(const cnn_team *team, const cnn_scan_params *p, const void *a, const void *x, void *y,
                void (*f)(const scan *, int64_t)) {
    const scan s = {p, a, x, y, (p->inner + LANES - 1) / LANES};
    const int64_t groups = p->outer * s.groups;
    const bool alone = team->threads < 2 || p->outer * p->n * p->inner < PARALLEL;
    if (p->n == 0) return;
#pragma omp parallel for num_threads(team->threads) schedule(static) if (!alone)
    for (int64_t i = 0; i < groups; i++)
        if (!*team->stop) f(&s, i);
}

static void sum(const cnn_team *team, const cnn_scan_params *params, const void *x, void *y) {
    run(team, params, x, x, y, sum_group);
}

static void product(const cnn_team *team, const cnn_scan_params *params, const void *x, void *y) {
    run(team, params, x, x, y, product_group);
}

#if ELEMENT_IS_REAL
static void linear(const cnn_team *team, const cnn_scan_params *params, const void *a, const void *x, void *y) {
    run(team, params, a, x, y, linear_group);
}
#else
#define linear NULL
#endif

const cnn_scan_kernels CNN_VARIANT(cnn_scan) = {sum, product, linear};
