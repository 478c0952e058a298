/* SPDX-License-Identifier: MIT
 * Remembering what waits, running it, forgetting it: see waiting.h. */
#include "core/waiting.h"
#include "core/state.h"

#include <stdlib.h>
#include <string.h>

#define LEAST 4096 /* elements */

bool cnn_wait_pays(const cnn_tensor *result) {
    const cnn_kernels *kernels = cnn_current_kernels();
    const bool knows = result->dtype == CNN_F32 || result->dtype == CNN_BF16;
    return knows && kernels->chain[result->dtype] && cnn_tensor_numel(result) >= LEAST;
}

const cnn_waiting *cnn_wait_of(const cnn_tensor *x) {
    const cnn_waiting *waiting = x->storage->waiting;
    if (!waiting || waiting->flat || x->offset != 0) return NULL;
    const cnn_tensor *source = waiting->source[CNN_WAIT_X];
    if (!cnn_shape_equal(&x->shape, &source->shape)) return NULL;
    for (int i = 0; i < x->shape.ndim; i++)
        if (x->shape.size[i] > 1 && x->stride[i] != source->stride[i]) return NULL;
    return waiting;
}

/* ---- lists of readers ---- */

static void link_add(cnn_storage *storage, cnn_wait_link *link) {
    link->next = storage->readers;
    link->previous = NULL;
    if (link->next) link->next->previous = link;
    storage->readers = link;
}

static void link_remove(cnn_storage *storage, cnn_wait_link *link) {
    if (link->previous)
        link->previous->next = link->next;
    else
        storage->readers = link->next;
    if (link->next) link->next->previous = link->previous;
}

/* ---- running ---- */

static const float *factor(const cnn_waiting *waiting, const cnn_storage *factors, int which) {
    return factors ? (const float *)factors->data + which * waiting->channels : NULL;
}

cnn_chain cnn_wait_chain(const cnn_waiting *waiting) {
    const void *data[CNN_WAIT_SOURCES];
    for (int i = 0; i < CNN_WAIT_SOURCES; i++)
        data[i] = waiting->source[i] ? cnn_tensor_data(waiting->source[i]) : NULL;
    const cnn_storage *norm = waiting->factors, *gate = waiting->gate_factors;
    return (cnn_chain){.x = data[CNN_WAIT_X],
                       .mean = factor(waiting, norm, 0),
                       .scale = factor(waiting, norm, 1),
                       .shift = factor(waiting, norm, 2),
                       .slope = waiting->linear ? factor(waiting, norm, 3) : NULL,
                       .y = data[CNN_WAIT_Y],
                       .gate = data[CNN_WAIT_GATE],
                       .gate_mean = factor(waiting, gate, 0),
                       .gate_scale = factor(waiting, gate, 1),
                       .gate_shift = factor(waiting, gate, 2),
                       .relu = waiting->relu};
}

static void copy_flat(const cnn_tensor *x, void *output) {
    cnn_tensor as_x = *x; /* sizes and strides only */
    cnn_walk walk;
    cnn_strides_dense(&x->shape, as_x.stride);
    cnn_walk_make(&as_x, 1, &x, &walk);
    cnn_current_kernels()->pointwise[x->dtype]->cast[x->dtype](cnn_current_team(), &walk, cnn_tensor_data(x), output);
}

static void run_into(const cnn_waiting *plan, void *output) {
    if (plan->flat) {
        copy_flat(plan->source[CNN_WAIT_X], output);
        return;
    }
    const cnn_chain chain = cnn_wait_chain(plan);
    const cnn_dtype dtype = plan->source[CNN_WAIT_X]->dtype;
    cnn_current_kernels()->chain[dtype]->run(cnn_current_team(), plan->rows, plan->channels, &chain, output);
}

void cnn_wait_run(cnn_storage *storage) {
    if (!storage->waiting || storage->waiting->ready) return;
    run_into(storage->waiting, storage->data);
    if (cnn_interrupted()) return;
    if (storage->waiting->flat)
        storage->waiting->ready = true;
    else
        cnn_wait_done(storage);
}

void cnn_wait_done(cnn_storage *storage) {
    cnn_waiting *waiting = storage->waiting;
    storage->waiting = NULL;
    if (!waiting) return;
    for (int i = 0; i < CNN_WAIT_SOURCES; i++)
        if (waiting->source[i]) link_remove(waiting->source[i]->storage, &waiting->link[i]);
    for (int i = 0; i < CNN_WAIT_SOURCES; i++) cnn_tensor_release(&waiting->source[i]);
    cnn_storage_release(&waiting->factors);
    cnn_storage_release(&waiting->gate_factors);
    free(waiting);
}

void cnn_wait_over_readers(cnn_storage *storage) {
    while (storage->readers) {
        cnn_storage *reader = storage->readers->waiting->target;
        cnn_wait_before_write(reader);
        if (reader->waiting) return; /* interrupted: whoever writes now fails as well */
    }
}

void cnn_wait_before_write(cnn_storage *storage) {
    cnn_wait_run(storage);
    if (storage->waiting && storage->waiting->ready) cnn_wait_done(storage);
}

/* ---- waiting ---- */

/* An alias that knows nothing of the graph: what waits must not hold it. */
static bool alias(cnn_tensor *x, cnn_tensor **out) {
    cnn_error err;
    return !x || cnn_tensor_detach(x, out, &err) == CNN_OK;
}

static cnn_waiting *remember(const cnn_waiting *plan) {
    cnn_waiting *waiting = malloc(sizeof *waiting);
    bool ok = waiting != NULL;
    if (!ok) return NULL;
    *waiting = *plan;
    memset(waiting->source, 0, sizeof waiting->source);
    for (int i = 0; i < CNN_WAIT_SOURCES && ok; i++) ok = alias(plan->source[i], &waiting->source[i]);
    if (!ok) {
        for (int i = 0; i < CNN_WAIT_SOURCES; i++) cnn_tensor_release(&waiting->source[i]);
        free(waiting);
        return NULL;
    }
    if (plan->factors) cnn_storage_retain(plan->factors);
    if (plan->gate_factors) cnn_storage_retain(plan->gate_factors);
    for (int i = 0; i < CNN_WAIT_SOURCES; i++) {
        waiting->link[i].waiting = waiting;
        if (waiting->source[i]) link_add(waiting->source[i]->storage, &waiting->link[i]);
    }
    return waiting;
}

void cnn_wait(cnn_tensor *out, const cnn_waiting *plan) {
    for (int i = 0; i < CNN_WAIT_SOURCES; i++)
        if (plan->source[i]) cnn_wait_run(plan->source[i]->storage);
    cnn_waiting *waiting = remember(plan);
    if (!waiting) {
        run_into(plan, out->storage->data);
        return;
    }
    waiting->target = out->storage;
    out->storage->waiting = waiting;
}

void cnn_wait_flat(cnn_tensor *out, cnn_tensor *x) {
    cnn_wait(out, &(cnn_waiting){.source = {x}, .flat = true});
}

cnn_tensor *cnn_wait_flat_source(const cnn_tensor *x) {
    const cnn_waiting *waiting = x->storage->waiting;
    if (!waiting || !waiting->flat || !cnn_tensor_is_contiguous(x) || x->offset != 0) return NULL;
    return cnn_tensor_numel(x) == cnn_tensor_numel(waiting->source[CNN_WAIT_X]) ? waiting->source[CNN_WAIT_X] : NULL;
}

void cnn_norm_sums_release(cnn_norm_sums **slot) {
    cnn_norm_sums *sums = *slot;
    *slot = NULL;
    if (!sums) return;
    cnn_storage_release(&sums->values);
    cnn_storage_release(&sums->input);
    cnn_storage_release(&sums->factors);
    free(sums);
}
