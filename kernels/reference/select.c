/* SPDX-License-Identifier: MIT
 * Choosing by position in the plainest way: three nested loops, the middle one upwards.
 * Compiled once per element type (kernels/element.h). */
#include "kernels/select.h"
#include "kernels/element.h"

/* A position from 1, or from -1 at the end, as one from 0. */
static int64_t place(int64_t index, int64_t n) {
    return index > 0 ? index - 1 : n + index;
}

static void write_to(T *x, T y, bool add) {
    if (add && ELEMENT_IS_BOOL)
        *x = *x || y;
    else
        *x = (T)(add ? *x + y : y);
}

/* The places of one element of y and of its partner in x; index is [outer, m, inner], or [m] where `rows`. */
static int64_t partner(const cnn_select_params *p, const int64_t *index, bool rows, int64_t o, int64_t j, int64_t i) {
    const int64_t at = rows ? index[j] : index[(o * p->m + j) * p->inner + i];
    return (o * p->n + place(at, p->n)) * p->inner + i;
}

static void read_all(const cnn_team *team, const cnn_select_params *p, const T *x, const int64_t *index, bool rows,
                     T *y) {
    for (int64_t o = 0; o < p->outer; o++)
        for (int64_t j = 0; j < p->m && !*team->stop; j++)
            for (int64_t i = 0; i < p->inner; i++)
                y[(o * p->m + j) * p->inner + i] = x[partner(p, index, rows, o, j, i)];
}

static void write_all(const cnn_team *team, const cnn_select_params *p, const int64_t *index, bool rows, const T *y,
                      T *x) {
    for (int64_t o = 0; o < p->outer; o++)
        for (int64_t j = 0; j < p->m && !*team->stop; j++)
            for (int64_t i = 0; i < p->inner; i++)
                write_to(&x[partner(p, index, rows, o, j, i)], y[(o * p->m + j) * p->inner + i], p->add);
}

static void gather(const cnn_team *team, const cnn_select_params *params, const void *x, const int64_t *index,
                   void *y) {
    read_all(team, params, x, index, false, y);
}

static void scatter(const cnn_team *team, const cnn_select_params *params, const int64_t *index, const void *y,
                    void *x) {
    write_all(team, params, index, false, y, x);
}

static void take(const cnn_team *team, const cnn_select_params *params, const void *x, const int64_t *index, void *y) {
    read_all(team, params, x, index, true, y);
}

static void put(const cnn_team *team, const cnn_select_params *params, const int64_t *index, const void *y, void *x) {
    write_all(team, params, index, true, y, x);
}

static int64_t nonzero(const cnn_team *team, int64_t n, const void *x, int64_t room, int64_t *positions) {
    int64_t count = 0;
    for (int64_t i = 0; i < n && !*team->stop; i++) {
        if (((const T *)x)[i] == 0) continue;
        if (count < room) positions[count] = i + 1;
        count++;
    }
    return count;
}

const cnn_select_kernels CNN_VARIANT(cnn_select) = {gather, scatter, take, put, nonzero};
