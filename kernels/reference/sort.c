/* SPDX-License-Identifier: MIT
 * Sorting in the plainest stable way: each row's positions are merged in runs of 1, 2, 4 … elements.
 * Compiled once per element type (kernels/element.h). */
#include "kernels/sort.h"
#include "kernels/element.h"

/* Does b stand strictly before a? NaN is larger than every number. */
static bool goes_before(bool descending, T b, T a) {
    if (descending) return element_is_nan(b) ? !element_is_nan(a) : b > a;
    return element_is_nan(a) ? !element_is_nan(b) : b < a;
}

/* Merges the runs [first, middle) and [middle, end) of `from`; of equals the left one comes first. */
static void merge(const T *x, bool descending, const int64_t *from, int64_t first, int64_t middle, int64_t end,
                  int64_t *to) {
    int64_t left = first, right = middle;
    for (int64_t i = first; i < end; i++) {
        const bool take_right =
            left == middle || (right < end && goes_before(descending, x[from[right]], x[from[left]]));
        to[i] = from[take_right ? right++ : left++];
    }
}

static int64_t least(int64_t a, int64_t b) {
    return a < b ? a : b;
}

/* Returns where the sorted positions (from 0) lie: in `here` or `there`, n places each. */
static const int64_t *sort_row(const T *x, bool descending, int64_t n, int64_t *here, int64_t *there) {
    for (int64_t i = 0; i < n; i++) here[i] = i;
    for (int64_t run = 1; run < n; run *= 2) {
        for (int64_t i = 0; i < n; i += 2 * run)
            merge(x, descending, here, i, least(i + run, n), least(i + 2 * run, n), there);
        int64_t *swap = here;
        here = there;
        there = swap;
    }
    return here;
}

static size_t workspace_bytes(const cnn_team *team, const cnn_sort_params *params) {
    (void)team;
    return 2 * (size_t)params->n * sizeof(int64_t);
}

static void sort(const cnn_team *team, const cnn_sort_params *p, const void *x, void *values, int64_t *positions,
                 void *workspace) {
    int64_t *here = workspace, *there = here + p->n;
    for (int64_t row = 0; row < p->rows && !*team->stop; row++) {
        const T *in = (const T *)x + row * p->n;
        const int64_t *order = sort_row(in, p->descending, p->n, here, there);
        for (int64_t j = 0; j < p->k; j++) {
            ((T *)values)[row * p->k + j] = in[order[j]];
            positions[row * p->k + j] = order[j] + 1;
        }
    }
}

const cnn_sort_kernels CNN_VARIANT(cnn_sort) = {workspace_bytes, sort};
