/* SPDX-License-Identifier: MIT
 * One backward pass through the graph, shared by backward.c, which begins and ends it, and autograd.c, which walks.
 *
 * A pass *captures* where gradients of chosen inputs were asked for, and else accumulates into .grad. Where it
 * captures, or meets hooks, the gradients of leaves wait in `pending` until the walk is over: a hook sees a leaf's
 * whole gradient, and one that fails leaves every .grad as it was. */
#ifndef CNN_CORE_PASS_H
#define CNN_CORE_PASS_H

#include "core/node.h"

typedef struct cnn_pending {
    cnn_tensor *tensor; /* a leaf, or one with retains_grad; a reference */
    cnn_tensor *sum;    /* its gradient so far; NULL: nothing came yet */
    size_t outer;       /* what tensor->pending was: a pass begun by a hook gives it back */
} cnn_pending;

typedef struct cnn_pass {
    const cnn_gradients *request;
    cnn_tensor **result; /* of the captured inputs */
    bool deferred;       /* leaves wait in `pending` */
    cnn_node **node;     /* by falling id, each with a reference; NULL once done with */
    size_t nodes, node_capacity;
    cnn_pending *pending;
    size_t pendings, pending_capacity;
} cnn_pass;

/* Finds the nodes below the outputs and marks what the inputs need. */
CNN_CHECKED cnn_status cnn_pass_list(cnn_pass *pass, cnn_error *err);
/* Makes a place in `pending`, if there is none yet. */
CNN_CHECKED cnn_status cnn_pass_expect(cnn_pass *pass, cnn_tensor *tensor, cnn_error *err);
/* The place of a tensor, or NULL. */
cnn_pending *cnn_pass_pending(const cnn_pass *pass, const cnn_tensor *tensor);
/* A gradient for an output, or any leaf. `owned`: the pass made it, and nobody else sees it. */
CNN_CHECKED cnn_status cnn_pass_leaf(cnn_pass *pass, cnn_tensor *leaf, cnn_tensor *part, bool owned, cnn_error *err);
CNN_CHECKED cnn_status cnn_pass_walk(cnn_pass *pass, cnn_error *err);
/* Runs the hooks of what is pending, then writes it into .grad, or into the results. */
CNN_CHECKED cnn_status cnn_pass_commit(cnn_pass *pass, cnn_error *err);
/* Also on failure: no half-gathered gradient may stay behind. */
void cnn_pass_release(cnn_pass *pass);

/* *sum += part, where *sum may still be NULL. */
CNN_CHECKED cnn_status cnn_gather(cnn_tensor **sum, cnn_tensor *part, cnn_error *err);
/* tensor->grad += part, in place where that is not recorded. */
CNN_CHECKED cnn_status cnn_accumulate(cnn_tensor *tensor, cnn_tensor *part, bool owned, cnn_error *err);

#endif
