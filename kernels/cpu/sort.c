/* SPDX-License-Identifier: MIT
 * Sorting by keys: unsigned integers in the order that is asked for, each beside the position of its element. Compiled
 * once per element type; there is one version for every processor.
 *
 * Key      The bits of a real number, turned so that they count upwards from -inf to inf, with -0 as 0 and every NaN
 *          above; integers with their sign bit turned; for a descending order, all bits turned.
 * All      Rows of up to FEW items by insertion, longer ones by radix: bytes from the lowest, each pass stable; a byte
 *          that is the same in all keys is passed over.
 * First k  A heap of the k first items so far, the last of them on top: most elements lose to it at once. Equal keys
 * are told apart by position, so the result is that of sorting everything. Rows are shared out to the team, each thread
 * with its own part of the workspace. */
#include "kernels/sort.h"
#include "kernels/element.h"
#include <omp.h>
#include <string.h>

enum {
    FEW = 40,
    HEAP_SHARE = 12,  /* the heap pays where k is below this part of n */
    PARALLEL = 16384, /* elements from which waking the team pays */
    POLL = 65536,     /* elements between two looks at the flag */
    RADIX = 256
};

#if defined(ELEMENT_i64) || defined(ELEMENT_f64)
typedef uint64_t KEY;
#elif defined(ELEMENT_f32)
typedef uint32_t KEY;
#else
typedef uint8_t KEY;
#endif

typedef struct item {
    KEY key;
    uint32_t at; /* position from 0: n is below 2^31 */
} item;

/* Where the bytes of a thread's workspace lie. */
static size_t share_bytes(int64_t n) {
    return (2 * (size_t)n * sizeof(item) + 63) / 64 * 64;
}

static size_t workspace_bytes(const cnn_team *team, const cnn_sort_params *params) {
    const int64_t threads = team->threads < params->rows ? team->threads : params->rows;
    return (size_t)threads * share_bytes(params->n);
}

/* ---- keys ---- */

static inline KEY key_of(T x, bool descending) {
    const KEY top = (KEY)((KEY)1 << (8 * sizeof(KEY) - 1));
    KEY key;
#if ELEMENT_IS_REAL
    x += 0; /* -0 + 0 is 0 */
    memcpy(&key, &x, sizeof key);
    key = key & top ? ~key : key | top;
    if (x != x) key = (KEY)-1;
#elif defined(ELEMENT_i64)
    key = (KEY)x ^ top;
#else
    (void)top;
    key = x;
#endif
    return descending ? (KEY)~key : key;
}

static inline bool goes_before(item a, item b) {
    return a.key != b.key ? a.key < b.key : a.at < b.at;
}

/* ---- all ---- */

static void insertion_sort(item *items, int64_t n) {
    for (int64_t i = 1; i < n; i++) {
        const item moving = items[i];
        int64_t at = i;
        for (; at > 0 && moving.key < items[at - 1].key; at--) items[at] = items[at - 1];
        items[at] = moving;
    }
}

/* The end of the block that begins at `first`; `first` itself, which ends the loop, once the user has interrupted. Then
 * items may hold anything, and sort_row leaves them alone. */
static inline int64_t block_end(const cnn_team *team, int64_t first, int64_t n) {
    if (*team->stop) return first;
    return n - first < POLL ? n : first + POLL;
}

/* Returns where the result lies: in `items` or in `other`. */
static item *radix_sort(const cnn_team *team, item *items, item *other, int64_t n) {
    uint32_t counts[sizeof(KEY)][RADIX] = {{0}};
    for (int64_t i = 0, end; (end = block_end(team, i, n)) > i;)
        for (; i < end; i++)
            for (size_t byte = 0; byte < sizeof(KEY); byte++) counts[byte][items[i].key >> 8 * byte & (RADIX - 1)]++;
    for (size_t byte = 0; byte < sizeof(KEY) && !*team->stop; byte++) {
        uint32_t *count = counts[byte], total = 0;
        if (count[items[0].key >> 8 * byte & (RADIX - 1)] == (uint32_t)n) continue;
        for (int i = 0; i < RADIX; i++) {
            const uint32_t here = count[i];
            count[i] = total;
            total += here;
        }
        for (int64_t i = 0, end; (end = block_end(team, i, n)) > i;)
            for (; i < end; i++) other[count[items[i].key >> 8 * byte & (RADIX - 1)]++] = items[i];
        item *swap = items;
        items = other;
        other = swap;
    }
    return items;
}

static item *sort_all(const cnn_team *team, const cnn_sort_params *p, const T *x, item *items) {
    for (int64_t i = 0, end; (end = block_end(team, i, p->n)) > i;)
        for (; i < end; i++) items[i] = (item){key_of(x[i], p->descending), (uint32_t)i};
    if (p->n > FEW) return radix_sort(team, items, items + p->n, p->n);
    insertion_sort(items, p->n);
    return items;
}

/* ---- the first k ---- */

/* Lets an item sink from place `at` of a heap of k whose largest stands at 0. */
static void sink(item *heap, int64_t k, int64_t at, item moving) {
    for (int64_t child = 2 * at + 1; child < k; child = 2 * at + 1) {
        if (child + 1 < k && goes_before(heap[child], heap[child + 1])) child++;
        if (!goes_before(moving, heap[child])) break;
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = moving;
}

static item *sort_first(const cnn_team *team, const cnn_sort_params *p, const T *x, item *heap) {
    const int64_t k = p->k;
    for (int64_t i = 0; i < k; i++) heap[i] = (item){key_of(x[i], p->descending), (uint32_t)i};
    for (int64_t i = k / 2 - 1; i >= 0; i--) sink(heap, k, i, heap[i]);
    for (int64_t first = k; first < p->n && !*team->stop; first += POLL)
        for (int64_t i = first; i < p->n && i < first + POLL; i++) {
            const KEY key = key_of(x[i], p->descending);
            if (key < heap[0].key) sink(heap, k, 0, (item){key, (uint32_t)i}); /* an equal one stands behind */
        }
    for (int64_t end = k - 1; end > 0; end--) {
        const item last = heap[end];
        heap[end] = heap[0];
        sink(heap, end, 0, last);
    }
    return heap;
}

/* ---- rows ---- */

static void sort_row(const cnn_team *team, const cnn_sort_params *p, int64_t row, const T *x, T *values,
                     int64_t *positions, item *items) {
    x += row * p->n;
    values += row * p->k;
    positions += row * p->k;
    const item *sorted = p->k < p->n / HEAP_SHARE ? sort_first(team, p, x, items) : sort_all(team, p, x, items);
    for (int64_t i = 0, end; (end = block_end(team, i, p->k)) > i;)
        for (; i < end; i++) {
            values[i] = x[sorted[i].at];
            positions[i] = (int64_t)sorted[i].at + 1;
        }
}

static void sort(const cnn_team *team, const cnn_sort_params *p, const void *x, void *values, int64_t *positions,
                 void *workspace) {
    const bool alone = team->threads < 2 || p->rows < 2 || p->rows * p->n < PARALLEL;
    const int threads = team->threads < p->rows ? team->threads : (int)p->rows;
#pragma omp parallel for num_threads(threads) schedule(static) if (!alone)
    for (int64_t row = 0; row < p->rows; row++) {
        char *own = (char *)workspace + (size_t)omp_get_thread_num() * share_bytes(p->n);
        if (!*team->stop) sort_row(team, p, row, x, values, positions, (item *)own);
    }
}

const cnn_sort_kernels CNN_VARIANT(cnn_sort) = {workspace_bytes, sort};
