/* SPDX-License-Identifier: MIT
 * Sums and extremes in the plainest way: for every kept element, one loop over the reduced ones.
 * Compiled once per element type (kernels/element.h). Sums are made in WIDE: float64, or integers that wrap around. */
#include "kernels/reduce.h"
#include "kernels/element.h"

/* Steps through the places of a strided block in row-major order: `offset` is where the current one lies. */
typedef struct place {
    int64_t position[CNN_MAX_DIMS], offset;
} place;

/* False after the last place (and then back at the first). */
static bool next_place(place *at, int ndim, const int64_t *size, const int64_t *stride) {
    for (int d = ndim - 1; d >= 0; d--) {
        at->offset += stride[d];
        if (++at->position[d] < size[d]) return true;
        at->offset -= size[d] * stride[d];
        at->position[d] = 0;
    }
    return false;
}

static int64_t count(int ndim, const int64_t *size) {
    int64_t n = 1;
    for (int d = 0; d < ndim; d++) n *= size[d];
    return n;
}

static void sum(const cnn_team *team, const cnn_reduce_walk *walk, const void *input, void *output) {
    const int64_t kept = count(walk->kept_ndim, walk->kept_size),
                  reduced = count(walk->reduced_ndim, walk->reduced_size);
    place outer = {0};
    for (int64_t i = 0; i < kept; i++) {
        if (*team->stop) return;
        place inner = {0};
        WIDE total = 0;
        for (int64_t j = 0; j < reduced; j++) {
            total += (WIDE)element_load(((const STORED *)input)[outer.offset + inner.offset]);
            next_place(&inner, walk->reduced_ndim, walk->reduced_size, walk->reduced_stride);
        }
        ((SUM *)output)[i] = sum_store(total);
        next_place(&outer, walk->kept_ndim, walk->kept_size, walk->kept_stride);
    }
}

/* Is `value` ahead of the best so far? The first NaN is ahead of everything. */
static bool wins(bool largest, T value, T best) {
    if (element_is_nan(value)) return !element_is_nan(best);
    return largest ? value > best : value < best;
}

static void extreme(const cnn_team *team, const cnn_reduce_walk *walk, bool largest, const void *input, void *values,
                    int64_t *positions) {
    const int64_t kept = count(walk->kept_ndim, walk->kept_size),
                  reduced = count(walk->reduced_ndim, walk->reduced_size);
    place outer = {0};
    for (int64_t i = 0; i < kept; i++) {
        if (*team->stop) return;
        const STORED *x = (const STORED *)input + outer.offset;
        place inner = {0};
        T best = element_load(x[0]);
        int64_t position = 1;
        for (int64_t j = 0; j < reduced; j++) {
            if (wins(largest, element_load(x[inner.offset]), best)) {
                best = element_load(x[inner.offset]);
                position = j + 1;
            }
            next_place(&inner, walk->reduced_ndim, walk->reduced_size, walk->reduced_stride);
        }
        if (values) ((STORED *)values)[i] = element_store(best);
        if (positions) positions[i] = position;
        next_place(&outer, walk->kept_ndim, walk->kept_size, walk->kept_stride);
    }
}

const cnn_reduce_kernels CNN_VARIANT(cnn_reduce) = {sum, extreme};
