/* SPDX-License-Identifier: MIT
 * Bytes for storages: a caching allocator with a budget. Not thread-safe: one thread at a time uses the library. */
#ifndef CNN_CORE_ALLOC_H
#define CNN_CORE_ALLOC_H

#include "core/cnn.h"

/* At least `bytes` bytes, aligned to 64, uninitialised; *capacity is what cnn_free must be told. Takes a cached block
 * of the same size class, else asks the system. NO_MEMORY: over the budget, or the system refuses. */
CNN_CHECKED cnn_status cnn_alloc(size_t bytes, void **out, size_t *capacity, cnn_error *err);
void cnn_free(void *data, size_t bytes, size_t capacity);

/* CNN_DEBUG_ALLOC=1: every block stands between two guard zones, nothing is cached, fresh memory is filled with NaN.
 * Counts blocks whose guards were overwritten: tests want 0. */
void cnn_alloc_debug(bool on);
uint64_t cnn_alloc_overruns(void);

#endif
