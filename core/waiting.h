/* SPDX-License-Identifier: MIT
 * Work that waits: a tensor whose numbers are a chain of element-by-element steps (kernels/chain.h) not yet run.
 *
 * A batch normalisation, the addition behind it and the ReLU behind that are one pass over memory if nobody looks at
 * the numbers in between. So such an op may leave its result waiting: shape, memory and graph are there, the numbers
 * are not. Whoever needs them has them: cnn_tensor_data runs what waits first, which cannot fail, since the memory is
 * there. An op that can do the chain on its way in (a convolution, the gradient of batch norm) takes it instead.
 *
 * A flattened image (ops/view.c) waits as well, to be copied into row-major order: linear goes without that copy and
 * sums over the pixels as they lie. So that its bits do not depend on whether somebody has looked at the copy, such a
 * storage remembers its source until one of the two is written.
 *
 * What must stay true: what a waiting tensor reads is not changed before it has been run. So storages know who waits
 * to read them, and everything that writes says so before (cnn_tensor_touch, cnn_wait_over_readers). Users cannot tell,
 * except by speed; bits are those of the single steps. */
#ifndef CNN_CORE_WAITING_H
#define CNN_CORE_WAITING_H

#include "core/op.h"

enum { CNN_WAIT_X, CNN_WAIT_Y, CNN_WAIT_GATE, CNN_WAIT_SOURCES };

/* A source's list of who waits to read it. */
typedef struct cnn_wait_link {
    struct cnn_waiting *waiting;
    struct cnn_wait_link *previous, *next;
} cnn_wait_link;

typedef struct cnn_waiting {
    cnn_tensor *source[CNN_WAIT_SOURCES]; /* dense, in one layout, that of the result; NULL where there is none       */
    cnn_storage *factors;      /* mean, scale, shift; if linear, the slope and the sum over rows; or NULL    */
    cnn_storage *gate_factors; /* likewise of the gate, which is then a batch norm's input, or NULL       */
    bool relu;
    bool linear; /* the gradient of a batch norm: X is doutput, Y the norm's input */
    bool flat;   /* no chain: a copy of X in row-major order                          */
    bool ready;  /* … which has been made: only what it was made of is remembered     */
    int64_t rows, channels;
    cnn_storage *target; /* the storage that has this; not owned */
    cnn_wait_link link[CNN_WAIT_SOURCES];
} cnn_waiting;

/* What a convolution's gradient has summed of its dinput on the way out: dinput is 0 already where the ReLU before the
 * convolution gave 0, and values are [N, 2, C], per image and channel: sum(dinput), sum(dinput * (input - mean)). */
typedef struct cnn_norm_sums {
    cnn_storage *values;
    cnn_storage *input;   /* of the batch norm whose ReLU it is; a reference: so its address means it alone */
    cnn_storage *factors; /* of that batch norm, likewise */
} cnn_norm_sums;
void cnn_norm_sums_release(cnn_norm_sums **sums);

/* Is it worth it for so many elements? Below, the bookkeeping costs more than the pass. */
bool cnn_wait_pays(const cnn_tensor *result);

/* What x waits for, or NULL: also when x shows only a part of what waits, or in another layout. */
const cnn_waiting *cnn_wait_of(const cnn_tensor *x);

/* Lets `out`, fresh and dense, wait for `plan`: its sources and factors, which are retained, relu, rows and channels.
 * Sources that wait themselves are run first. If there is no memory to remember it, it is computed at once. */
void cnn_wait(cnn_tensor *out, const cnn_waiting *plan);

/* Lets `out`, fresh and row-major, wait to be a copy of x, channels last, element by element in row-major order. */
void cnn_wait_flat(cnn_tensor *out, cnn_tensor *x);
/* The channels-last image that x is the flattened copy of, run or not; or NULL. Borrowed. */
cnn_tensor *cnn_wait_flat_source(const cnn_tensor *x);

/* The plan as kernels see it. */
cnn_chain cnn_wait_chain(const cnn_waiting *waiting);

/* Runs what the storage waits for. An interrupted run leaves it waiting. */
void cnn_wait_run(cnn_storage *storage);
/* The numbers are there (somebody has written them on the way), or nobody wants them any more. */
void cnn_wait_done(cnn_storage *storage);
/* Runs all that waits to read the storage, which is about to be written. */
void cnn_wait_over_readers(cnn_storage *storage);
/* The storage itself is about to be written: it runs first, and forgets its source. (In-place forms that add their step
 * to a chain do without.) */
void cnn_wait_before_write(cnn_storage *storage);

#endif
