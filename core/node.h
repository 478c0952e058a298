/* SPDX-License-Identifier: MIT
 * What a node of the graph is made of: shared by node.c, which records, and autograd.c, which walks. */
#ifndef CNN_CORE_NODE_H
#define CNN_CORE_NODE_H

#include "core/autograd.h"
#include "core/hook.h"

/* Where an input came from: a node's output, or a leaf whose .grad collects; neither if no gradient is wanted. */
typedef struct cnn_edge {
    cnn_node *node;
    int output;
    cnn_tensor *leaf;
} cnn_edge;

typedef struct cnn_saved {
    cnn_tensor *tensor; /* NULL: not saved */
    uint64_t version;   /* of its storage when it was saved */
} cnn_saved;

struct cnn_node {
    int refs;
    bool shared; /* autocast keeps its result: several graphs contain it, and it is never spent */
    bool spent;  /* its saved tensors were freed by a backward pass */
    const cnn_op *op;
    uint64_t id;    /* larger than those of all nodes below */
    uint64_t visit; /* number of the backward pass that reached it last */
    cnn_node *next; /* in the list of nodes to free */
    char *place;    /* where it was recorded, in anomaly mode; owned */
    void *params;
    cnn_spec *in_spec, *out_spec;
    cnn_edge *edge; /* per input  */
    cnn_saved *in, *out;
    cnn_tensor **dout;     /* per output: the gradient gathered so far */
    cnn_tensor **retained; /* per output: the tensor whose grad is filled in, which clears this when it goes; or NULL */
    cnn_hook *hooks;       /* on its outputs */
    /* During a pass: */
    bool walking;      /* one has listed it */
    bool needed;       /* it leads to an input whose gradient was asked for */
    uint32_t captured; /* bit i: output i is such an input itself */
};

cnn_node *cnn_node_retain(cnn_node *node);
void cnn_node_forget_saved(cnn_node *node);

#endif
