/* SPDX-License-Identifier: MIT
 * One epoch of batches, made ahead of time by threads.
 *
 * A column has one row per sample, in a tensor or in files, and the steps that rows go through. Batch k holds the
 * samples order[k * batch_size …] of every column, stacked. Worker threads fill batches that are yet to come; the
 * caller's thread allocates and releases all tensors, since nothing else may. What must stay true: a batch depends on
 * columns, order and seed alone, not on the number of workers or their timing; dropping the loader takes no longer than
 * one sample. */
#ifndef CNN_CORE_LOADER_H
#define CNN_CORE_LOADER_H

#include "core/column.h"

#define CNN_MAX_COLUMNS 8
#define CNN_MAX_WORKERS 256

typedef struct cnn_loader_options {
    int64_t batch_size; /* samples in a batch                                           */
    bool drop_last;     /* leave out a last batch that is not full                      */
    int workers;        /* threads; 0: batches are made when they are asked for         */
    int prefetch;       /* batches kept ahead by every worker, at least 1               */
    uint64_t seed;      /* of the samples' random streams: place i of the order has stream i */
    int64_t start;      /* batches left out at the beginning, not read: an epoch that goes on */
    bool channels_last; /* store images that steps have made as networks want them           */
} cnn_loader_options;

typedef struct cnn_loader cnn_loader;

/* `order` is int64 [samples]: numbers from 1, as all numbers inside tensors, of rows, or of places in `rows` if that is
 * not NULL (int64 too: a part of a data set). Without an order all rows come in turn. Both are copied. The columns'
 * tensors are retained; writing to them while the loader lives changes batches to come. Starts the workers. BAD_VALUE
 * for counts and rows out of range, BAD_SHAPE for columns of different lengths, and what the steps say. */
CNN_CHECKED cnn_status cnn_loader_new(const cnn_column *column, int columns, cnn_tensor *order, cnn_tensor *rows,
                                      const cnn_loader_options *options, cnn_loader **out, cnn_error *err);
/* The next batch: one new reference per column in `out`, *more = true; or *more = false after the last one.
 * INTERRUPTED, NO_MEMORY, or what went wrong with a sample, which the text names. */
CNN_CHECKED cnn_status cnn_loader_next(cnn_loader *loader, cnn_tensor **out, bool *more, cnn_error *err);
int cnn_loader_columns(const cnn_loader *loader);
int64_t cnn_loader_batches(const cnn_loader *loader);
/* Stops and joins the workers; accepts NULL. */
void cnn_loader_free(cnn_loader **loader);

#endif
