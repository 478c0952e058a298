/* SPDX-License-Identifier: MIT
 * Running sums, products and recurrences in the plainest way: line after line, from one end to the other.
 * Compiled once per element type (kernels/element.h). */
#include "kernels/scan.h"
#include "kernels/element.h"

typedef WIDE step_function(WIDE before, WIDE a, WIDE x);

static WIDE step_sum(WIDE before, WIDE a, WIDE x) {
    (void)a;
    return before + x;
}

static WIDE step_product(WIDE before, WIDE a, WIDE x) {
    (void)a;
    return before * x;
}

#if ELEMENT_IS_REAL
static WIDE step_linear(WIDE before, WIDE a, WIDE x) {
    return a * before + x;
}
#endif

static void scan(const cnn_team *team, const cnn_scan_params *p, step_function *step, WIDE start, const T *a,
                 const T *x, SUM *y) {
    for (int64_t line = 0; line < p->outer * p->inner && !*team->stop; line++) {
        const int64_t first = line / p->inner * p->n * p->inner + line % p->inner;
        WIDE total = start;
        for (int64_t k = 0; k < p->n; k++) {
            const int64_t at = first + (p->reverse ? p->n - 1 - k : k) * p->inner;
            total = step(total, (WIDE)a[at], (WIDE)x[at]);
            y[at] = (SUM)total;
        }
    }
}

static void sum(const cnn_team *team, const cnn_scan_params *params, const void *x, void *y) {
    scan(team, params, step_sum, 0, x, x, y);
}

static void product(const cnn_team *team, const cnn_scan_params *params, const void *x, void *y) {
    scan(team, params, step_product, 1, x, x, y);
}

#if ELEMENT_IS_REAL
static void linear(const cnn_team *team, const cnn_scan_params *params, const void *a, const void *x, void *y) {
    scan(team, params, step_linear, 0, a, x, y);
}
#else
#define linear NULL
#endif

const cnn_scan_kernels CNN_VARIANT(cnn_scan) = {sum, product, linear};
