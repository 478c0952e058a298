/* SPDX-License-Identifier: MIT
 * Caching allocator: freed blocks go to the free list of their size class and are handed out again, so that a training
 * step, once warm, asks the system for nothing.
 *
 * Classes are multiples of 64 bytes up to 512, then eight per doubling (at most 12.5 % is wasted). Blocks of 2 MB and
 * more are aligned to huge pages, which measurably steadies convolutions. live + cached never exceeds the budget:
 * malloc on Linux does not fail, the process is killed instead. */
#include "core/alloc.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define ALIGN     64
#define HUGE_PAGE ((size_t)2 << 20)
#ifndef __has_feature
#define __has_feature(x) 0 /* clang's way to say it; gcc's is the macro */
#endif
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
#define GUARD 0 /* in debug mode the sanitizer watches the borders itself, reads too */
#define EXACT true
#else
#define GUARD 256 /* bytes of red zone on either side in debug mode; keeps the alignment */
#define EXACT false
#endif
#define GUARD_BYTE 0xA5
#define CLASSES    512

typedef struct block {
    struct block *next;
} block;

static struct {
    block *free_list[CLASSES];
    cnn_memory_info info;
    bool debug;
    uint64_t overruns;
} heap = {.info = {.budget_bytes = SIZE_MAX}};

/* Size class of a request: its number, and the bytes that blocks of the class have. */
static int size_class(size_t bytes, size_t *capacity) {
    if (bytes <= 512) {
        int n = bytes ? (int)((bytes + ALIGN - 1) / ALIGN) : 1;
        *capacity = (size_t)n * ALIGN;
        return n - 1;
    }
    int doubling = 63 - __builtin_clzll((bytes - 1) >> 9); /* 0 for 513 … 1024 */
    size_t base = (size_t)512 << doubling, step = base / 8;
    int eighth = (int)((bytes - base + step - 1) / step); /* 1 … 8 */
    *capacity = base + (size_t)eighth * step;
    return 8 + doubling * 8 + eighth - 1;
}

static void *from_system(size_t capacity) {
    void *data = NULL;
    size_t align = capacity >= HUGE_PAGE ? HUGE_PAGE : ALIGN;
    if (posix_memalign(&data, align, capacity) != 0) return NULL;
    if (capacity >= HUGE_PAGE) madvise(data, capacity, MADV_HUGEPAGE);
    return data;
}

static void *guarded_from_system(size_t bytes, size_t capacity) {
    if (EXACT) capacity = bytes;
    unsigned char *whole = from_system(capacity + 2 * GUARD);
    if (!whole) return NULL;
    memset(whole, GUARD_BYTE, capacity + 2 * GUARD);
    memset(whole + GUARD, 0xFF, bytes); /* NaN in either real type */
    return whole + GUARD;
}

static void check_guards(const unsigned char *data, size_t bytes, size_t capacity) {
    bool broken = false;
    if (EXACT) return;
    for (size_t i = 1; i <= GUARD; i++) broken |= data[-(ptrdiff_t)i] != GUARD_BYTE;
    for (size_t i = bytes; i < capacity + GUARD; i++) broken |= data[i] != GUARD_BYTE;
    heap.overruns += broken;
}

/* "1.5 GB": three units are enough to be read at a glance. */
static double in_units(size_t bytes, const char **unit) {
    double mb = (double)bytes / (1 << 20);
    *unit = mb < 1024 ? "MB" : mb < 1024 * 1024 ? "GB" : "TB";
    return mb < 1024 ? mb : mb < 1024 * 1024 ? mb / 1024 : mb / (1024 * 1024);
}

static cnn_status refuse(size_t bytes, cnn_error *err) {
    const char *needed, *used, *most;
    double need = in_units(bytes, &needed), use = in_units(heap.info.live_bytes, &used);
    double budget = in_units(heap.info.budget_bytes, &most);
    cnn_fail(err, CNN_NO_MEMORY, "%.1f %s more are needed; %.1f %s are in use, %.1f %s is the limit", need, needed, use,
             used, budget, most);
    if (bytes > heap.info.budget_bytes)
        cnn_error_fix(err, "a smaller tensor: this one alone is over the limit (CNN_MEMORY=8G sets another)");
    else
        cnn_error_fix(err, "a smaller batch, or release what is no longer needed (CNN_MEMORY=8G sets another limit)");
    return CNN_NO_MEMORY;
}

cnn_status cnn_alloc(size_t bytes, void **out, size_t *capacity, cnn_error *err) {
    if (bytes > heap.info.budget_bytes || heap.info.live_bytes > heap.info.budget_bytes - bytes)
        return refuse(bytes, err);
    int class = size_class(bytes, capacity);
    void *data = heap.free_list[class];
    if (data && !heap.debug) {
        heap.free_list[class] = heap.free_list[class]->next;
        heap.info.cached_bytes -= *capacity;
    } else {
        if (heap.info.cached_bytes > heap.info.budget_bytes - heap.info.live_bytes - bytes) cnn_memory_trim();
        data = heap.debug ? guarded_from_system(bytes, *capacity) : from_system(*capacity);
        if (!data) return refuse(bytes, err);
        heap.info.system_allocations++;
    }
    heap.info.live_bytes += bytes;
    if (heap.info.live_bytes > heap.info.peak_bytes) heap.info.peak_bytes = heap.info.live_bytes;
    *out = data;
    return CNN_OK;
}

void cnn_free(void *data, size_t bytes, size_t capacity) {
    heap.info.live_bytes -= bytes;
    if (heap.debug) {
        check_guards(data, bytes, capacity);
        free((unsigned char *)data - GUARD);
        return;
    }
    size_t same;
    int class = size_class(bytes, &same);
    block *b = data;
    b->next = heap.free_list[class];
    heap.free_list[class] = b;
    heap.info.cached_bytes += capacity;
}

void cnn_memory_trim(void) {
    for (int class = 0; class < CLASSES; class ++)
        while (heap.free_list[class]) {
            block *b = heap.free_list[class];
            heap.free_list[class] = b->next;
            free(b);
        }
    heap.info.cached_bytes = 0;
}

/* Only before the first allocation: a block must be freed the way it was made. */
void cnn_alloc_debug(bool on) {
    if (heap.info.live_bytes == 0 && heap.info.cached_bytes == 0) heap.debug = on;
}

uint64_t cnn_alloc_overruns(void) {
    return heap.overruns;
}

cnn_memory_info cnn_memory(void) {
    return heap.info;
}

void cnn_memory_budget_set(size_t bytes) {
    heap.info.budget_bytes = bytes;
}

void cnn_memory_reset_peak(void) {
    heap.info.peak_bytes = heap.info.live_bytes;
}
