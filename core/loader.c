/* SPDX-License-Identifier: MIT
 * The loader of loader.h: a ring of slots, one per batch that is ready or in the making.
 *
 *   caller    gives slot b % slots tensors for batch b  →  waits for `done`  →  takes the tensors, gives new ones
 *   worker    takes the lowest batch that has tensors and no worker  →  fills it, unlocked  →  `done`
 *
 * One mutex guards the counters and the slots' states; what a slot's tensors hold belongs to the worker between `taken`
 * and `done`. A process that was forked has no workers and no usable mutex: it makes its batches itself. */
#include "core/loader.h"

#include "core/tensor.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define WAIT_MS 20 /* between two looks at the interrupt flag: a signal handler cannot wake a waiting thread */

typedef struct slot {
    cnn_tensor *tensor[CNN_MAX_COLUMNS]; /* touched by the caller only        */
    char *data[CNN_MAX_COLUMNS];         /* their memory, which a worker fills */
    bool done;
    cnn_status status;
    cnn_error error;
} slot;

struct cnn_loader {
    cnn_rows column[CNN_MAX_COLUMNS];
    int columns;
    int64_t *order, count;
    int64_t batch_size, batches;
    uint64_t seed;

    pid_t owner; /* the process that has the workers */
    int workers; /* threads that run                 */
    pthread_t *thread;
    slot *slot;
    int slots;
    int64_t next;  /* batch that the caller asks for next; only the caller writes these two … */
    int64_t given; /* batches below have tensors; guarded by the mutex, as are the rest       */
    int64_t taken; /* batches below have a worker                                             */
    atomic_bool stop;
    pthread_mutex_t mutex;
    pthread_cond_t work, ready;
};

/* ---- making a batch ---- */

/* Names the sample in a step's error. */
static cnn_status sample_fail(int64_t row, cnn_error *err) {
    char text[sizeof err->text];
    snprintf(text, sizeof text, "sample %lld: %.600s", (long long)row + 1, err->text);
    memcpy(err->text, text, sizeof text);
    return err->status;
}

static int64_t batch_rows(const cnn_loader *loader, int64_t batch) {
    const int64_t left = loader->count - batch * loader->batch_size;
    return left < loader->batch_size ? left : loader->batch_size;
}

/* Fills a batch; any thread. Stops early when the loader is dropped or the user interrupts. */
static cnn_status fill_batch(const cnn_loader *loader, int64_t batch, char *const *data, char *scratch,
                             cnn_error *err) {
    const int64_t first = batch * loader->batch_size, rows = batch_rows(loader, batch);
    for (int64_t i = 0; i < rows; i++) {
        if (cnn_interrupted() || atomic_load_explicit(&loader->stop, memory_order_relaxed))
            return cnn_fail(err, CNN_INTERRUPTED, "interrupted while loading a batch");
        cnn_chance chance = cnn_chance_start(loader->seed, (uint64_t)(first + i));
        const int64_t row = loader->order[first + i], next = i + 1 < rows ? loader->order[first + i + 1] : -1;
        for (int k = 0; k < loader->columns; k++) {
            const cnn_rows *c = &loader->column[k];
            const cnn_status status =
                cnn_rows_run(c, row, next, data[k] + (size_t)i * c->out_bytes, scratch, &chance, err);
            if (status != CNN_OK) return sample_fail(row, err);
        }
    }
    return CNN_OK;
}

static cnn_status fill_with_scratch(const cnn_loader *loader, int64_t batch, char *const *data, cnn_error *err) {
    size_t bytes = 0;
    for (int k = 0; k < loader->columns; k++)
        if (loader->column[k].pipeline.scratch_bytes > bytes) bytes = loader->column[k].pipeline.scratch_bytes;
    char *scratch = cnn_pipeline_scratch(bytes);
    if (!scratch) return cnn_fail(err, CNN_NO_MEMORY, "no memory left for a batch");
    const cnn_status status = fill_batch(loader, batch, data, scratch, err);
    free(scratch);
    return status;
}

static void *worker_main(void *argument) {
    cnn_loader *loader = argument;
    pthread_mutex_lock(&loader->mutex);
    while (!loader->stop) {
        if (loader->taken == loader->given) {
            pthread_cond_wait(&loader->work, &loader->mutex);
            continue;
        }
        const int64_t batch = loader->taken++;
        slot *s = &loader->slot[batch % loader->slots];
        pthread_mutex_unlock(&loader->mutex);
        const cnn_status status = fill_with_scratch(loader, batch, s->data, &s->error);
        pthread_mutex_lock(&loader->mutex);
        s->status = status;
        s->done = true;
        pthread_cond_signal(&loader->ready);
    }
    pthread_mutex_unlock(&loader->mutex);
    return NULL;
}

/* ---- the caller's side ---- */

static void slot_clear(const cnn_loader *loader, slot *s) {
    for (int k = 0; k < loader->columns; k++) cnn_tensor_release(&s->tensor[k]);
    s->done = false;
}

static cnn_status slot_allocate(const cnn_loader *loader, int64_t batch, slot *s, cnn_error *err) {
    for (int k = 0; k < loader->columns; k++) {
        const cnn_pipeline *pipeline = &loader->column[k].pipeline;
        const cnn_sample_type *type = &pipeline->out;
        cnn_shape shape = {type->shape.ndim + 1, {batch_rows(loader, batch)}};
        int64_t stride[CNN_MAX_DIMS];
        memcpy(shape.size + 1, type->shape.size, (size_t)type->shape.ndim * sizeof *shape.size);
        if (pipeline->channels_last)
            cnn_strides_channels_last(&shape, stride);
        else
            cnn_strides_dense(&shape, stride);
        const cnn_status status = cnn_tensor_empty_strided(type->dtype, &shape, stride, &s->tensor[k], err);
        if (status != CNN_OK) {
            slot_clear(loader, s);
            return status;
        }
        s->data[k] = cnn_tensor_data(s->tensor[k]);
    }
    return CNN_OK;
}

/* Gives tensors to as many batches as there are free slots. Only the batch that is waited for must get its memory. */
static cnn_status give_work(cnn_loader *loader, cnn_error *err) {
    int64_t given = loader->given; /* only this thread writes it */
    while (given < loader->batches && given < loader->next + loader->slots) {
        const cnn_status status = slot_allocate(loader, given, &loader->slot[given % loader->slots], err);
        if (status != CNN_OK) return given > loader->next ? CNN_OK : status;
        given++;
        pthread_mutex_lock(&loader->mutex);
        loader->given = given;
        pthread_cond_signal(&loader->work);
        pthread_mutex_unlock(&loader->mutex);
    }
    return CNN_OK;
}

/* Waits until a slot is done; false when the user interrupted. */
static bool wait_for(cnn_loader *loader, const slot *s) {
    pthread_mutex_lock(&loader->mutex);
    while (!s->done && !cnn_interrupted()) {
        struct timespec until;
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_nsec += WAIT_MS * 1000000L;
        until.tv_sec += until.tv_nsec / 1000000000L;
        until.tv_nsec %= 1000000000L;
        pthread_cond_timedwait(&loader->ready, &loader->mutex, &until);
    }
    const bool done = s->done;
    pthread_mutex_unlock(&loader->mutex);
    return done;
}

static void hand_over(cnn_loader *loader, slot *s, cnn_tensor **out) {
    for (int k = 0; k < loader->columns; k++) {
        out[k] = s->tensor[k];
        s->tensor[k] = NULL;
    }
    s->done = false;
    loader->next++;
}

static cnn_status next_prefetched(cnn_loader *loader, cnn_tensor **out, cnn_error *err) {
    slot *s = &loader->slot[loader->next % loader->slots];
    cnn_status status = give_work(loader, err);
    if (status != CNN_OK) return status;
    if (!wait_for(loader, s)) return cnn_fail(err, CNN_INTERRUPTED, "interrupted while waiting for a batch");
    if (s->status != CNN_OK) {
        *err = s->error; /* the batch stays: asking again tells the same */
        return s->status;
    }
    hand_over(loader, s, out);
    /* the workers go on while the caller computes; if there is no memory now, the next call will say so */
    cnn_error later;
    (void)!give_work(loader, &later);
    return CNN_OK;
}

static cnn_status next_here(cnn_loader *loader, cnn_tensor **out, cnn_error *err) {
    slot here = {0};
    cnn_status status = slot_allocate(loader, loader->next, &here, err);
    if (status != CNN_OK) return status;
    status = fill_with_scratch(loader, loader->next, here.data, err);
    if (status == CNN_OK)
        hand_over(loader, &here, out);
    else
        slot_clear(loader, &here);
    return status;
}

cnn_status cnn_loader_next(cnn_loader *loader, cnn_tensor **out, bool *more, cnn_error *err) {
    *more = loader->next < loader->batches;
    if (!*more) return CNN_OK;
    if (loader->workers > 0 && loader->owner == getpid()) return next_prefetched(loader, out, err);
    return next_here(loader, out, err);
}

int cnn_loader_columns(const cnn_loader *loader) {
    return loader->columns;
}

int64_t cnn_loader_batches(const cnn_loader *loader) {
    return loader->batches;
}

/* ---- making and dropping ---- */

static cnn_status check_options(const cnn_loader_options *options, int columns, cnn_error *err) {
    if (columns < 1 || columns > CNN_MAX_COLUMNS)
        return cnn_fail(err, CNN_BAD_VALUE, "a data set has 1 to %d columns; got %d", CNN_MAX_COLUMNS, columns);
    if (options->batch_size < 1)
        return cnn_fail(err, CNN_BAD_VALUE, "batch_size is at least 1; got %lld", (long long)options->batch_size);
    if (options->workers < 0 || options->workers > CNN_MAX_WORKERS)
        return cnn_fail(err, CNN_BAD_VALUE, "num_workers is 0 to %d; got %d", CNN_MAX_WORKERS, options->workers);
    if (options->prefetch < 1)
        return cnn_fail(err, CNN_BAD_VALUE, "prefetch_factor is at least 1; got %d", options->prefetch);
    return CNN_OK;
}

static cnn_status check_lengths(const cnn_loader *loader, cnn_error *err) {
    const int64_t rows = loader->column[0].rows;
    for (int k = 1; k < loader->columns; k++) {
        const int64_t other = loader->column[k].rows;
        if (other != rows)
            return cnn_fail(err, CNN_BAD_SHAPE, "the tensors of a data set have one length; got %lld and %lld rows",
                            (long long)rows, (long long)other);
    }
    return CNN_OK;
}

static cnn_status check_numbers(const cnn_tensor *x, cnn_error *err) {
    if (!x || (cnn_tensor_shape(x)->ndim == 1 && cnn_tensor_dtype(x) == CNN_I64)) return CNN_OK;
    return cnn_fail(err, CNN_BAD_TYPE, "numbers of samples are int64 with one dimension");
}

/* Number `place` (from 0) of a list, where NULL stands for 1, 2, 3, … */
static int64_t number_at(const cnn_tensor *list, int64_t place) {
    if (!list) return place + 1;
    return ((const int64_t *)cnn_tensor_data(list))[place * cnn_tensor_stride(list, 0)];
}

/* The row of each sample in turn, counted from 0. */
static cnn_status order_make(cnn_loader *loader, const cnn_tensor *order, const cnn_tensor *rows, cnn_error *err) {
    const int64_t all = loader->column[0].rows;
    const int64_t part = rows ? cnn_tensor_numel(rows) : all, count = order ? cnn_tensor_numel(order) : part;
    loader->order = malloc(((size_t)count + 1) * sizeof *loader->order);
    if (!loader->order)
        return cnn_fail(err, CNN_NO_MEMORY, "no memory left for the order of %lld samples", (long long)count);
    for (int64_t i = 0; i < count; i++) {
        const int64_t place = number_at(order, i);
        const int64_t row = place < 1 || place > part ? place : number_at(rows, place - 1);
        if (place < 1 || place > part || row < 1 || row > all)
            return cnn_fail(err, CNN_BAD_VALUE, "sample %lld is not among the %lld of the data set", (long long)row,
                            (long long)(place < 1 || place > part ? part : all));
        loader->order[i] = row - 1;
    }
    loader->count = count;
    return CNN_OK;
}

static cnn_status slots_make(cnn_loader *loader, int workers, int prefetch, cnn_error *err) {
    int64_t slots = (int64_t)workers * prefetch;
    if (slots > loader->batches) slots = loader->batches;
    loader->slots = (int)slots;
    loader->slot = calloc((size_t)slots, sizeof *loader->slot);
    loader->thread = calloc((size_t)workers, sizeof *loader->thread);
    if (loader->slot && loader->thread) return CNN_OK;
    return cnn_fail(err, CNN_NO_MEMORY, "no memory left for %d workers", workers);
}

/* As many threads as can be had; without any, batches are made by the caller, the same ones. All signals stay with the
 * caller's thread. */
static void start_workers(cnn_loader *loader, int workers) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while (loader->workers < workers &&
           pthread_create(&loader->thread[loader->workers], NULL, worker_main, loader) == 0)
        loader->workers++;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void sync_make(cnn_loader *loader) {
    pthread_condattr_t clock;
    pthread_condattr_init(&clock);
    pthread_condattr_setclock(&clock, CLOCK_MONOTONIC); /* setting the wall clock must not make us wait */
    pthread_mutex_init(&loader->mutex, NULL);
    pthread_cond_init(&loader->work, NULL);
    pthread_cond_init(&loader->ready, &clock);
    pthread_condattr_destroy(&clock);
}

cnn_status cnn_loader_new(const cnn_column *from, int columns, cnn_tensor *order, cnn_tensor *rows,
                          const cnn_loader_options *options, cnn_loader **out, cnn_error *err) {
    cnn_status status = check_options(options, columns, err);
    if (status != CNN_OK) return status;
    cnn_loader *loader = calloc(1, sizeof *loader);
    if (!loader) return cnn_fail(err, CNN_NO_MEMORY, "no memory left for a loader");
    sync_make(loader);
    loader->owner = getpid();
    loader->seed = options->seed;
    loader->batch_size = options->batch_size;
    for (; loader->columns < columns && status == CNN_OK; loader->columns++)
        status = cnn_rows_make(&loader->column[loader->columns], &from[loader->columns], options->channels_last, err);
    if (status == CNN_OK) status = check_lengths(loader, err);
    if (status == CNN_OK) status = check_numbers(order, err);
    if (status == CNN_OK) status = check_numbers(rows, err);
    if (status == CNN_OK) status = order_make(loader, order, rows, err);
    for (int k = 0; k < loader->columns && status == CNN_OK && loader->count > 0; k++)
        if ((status = cnn_rows_look(&loader->column[k], loader->order[0], err)) != CNN_OK)
            sample_fail(loader->order[0], err);
    loader->batches = loader->count / options->batch_size;
    if (!options->drop_last && loader->count % options->batch_size != 0) loader->batches++;
    if (status == CNN_OK && (options->start < 0 || options->start > loader->batches))
        status = cnn_fail(err, CNN_BAD_VALUE, "an epoch of %lld batches cannot go on behind batch %lld",
                          (long long)loader->batches, (long long)options->start);
    loader->next = loader->given = loader->taken = options->start;
    const int workers = options->workers < loader->batches ? options->workers : (int)loader->batches;
    if (status == CNN_OK && workers > 0) status = slots_make(loader, workers, options->prefetch, err);
    if (status == CNN_OK && workers > 0) start_workers(loader, workers);
    if (status == CNN_OK)
        *out = loader;
    else
        cnn_loader_free(&loader);
    return status;
}

static void stop_workers(cnn_loader *loader) {
    pthread_mutex_lock(&loader->mutex);
    atomic_store(&loader->stop, true);
    pthread_cond_broadcast(&loader->work);
    pthread_mutex_unlock(&loader->mutex);
    for (int i = 0; i < loader->workers; i++) pthread_join(loader->thread[i], NULL);
    pthread_cond_destroy(&loader->ready);
    pthread_cond_destroy(&loader->work);
    pthread_mutex_destroy(&loader->mutex);
}

void cnn_loader_free(cnn_loader **pointer) {
    cnn_loader *loader = *pointer;
    if (!loader) return;
    if (loader->owner == getpid()) stop_workers(loader);
    for (int i = 0; i < loader->slots && loader->slot; i++) slot_clear(loader, &loader->slot[i]);
    for (int k = 0; k < loader->columns; k++) cnn_rows_free(&loader->column[k]);
    free(loader->slot);
    free(loader->thread);
    free(loader->order);
    free(loader);
    *pointer = NULL;
}
