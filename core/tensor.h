/* SPDX-License-Identifier: MIT
 * Inside the library: what a tensor and a storage are made of. Only core/ and its ops include this. */
#ifndef CNN_CORE_TENSOR_H
#define CNN_CORE_TENSOR_H

#include "core/cnn.h"

/* Reference-counted bytes. Views share one. */
typedef struct cnn_storage cnn_storage;
struct cnn_storage {
    int refs;
    uint64_t version;     /* counts writes; a saved tensor whose version moved cannot serve a gradient any more */
    uint64_t rewrites;    /* counts in-place ops that were recorded: what earlier views say of their history is over */
    const char *writer;   /* what wrote last ("add_"), where it said so; else NULL */
    char *written_at;     /* where, if a gradient was waiting to read it, or in anomaly mode; owned */
    int awaited;          /* how many nodes have saved it: their gradients will read it */
    size_t bytes;         /* asked for */
    size_t capacity;      /* what the allocator gave: the size class */
    void *data;           /* aligned to 64 bytes; NULL if hollow */
    bool hollow;          /* a shape is all there is: hollow.c */
    cnn_storage *moments; /* of a convolution's output, as kernels/conv2d.h has them; NULL when written since */
    struct cnn_norm_sums
        *sums; /* of a gradient, for the batch norm that it passes next: waiting.h; NULL when written */
    struct cnn_waiting *waiting;   /* the numbers are not there yet: waiting.h */
    struct cnn_wait_link *readers; /* who waits to read them */
};

CNN_CHECKED cnn_status cnn_storage_new(size_t bytes, cnn_storage **out, cnn_error *err);
cnn_storage *cnn_storage_retain(cnn_storage *storage);
void cnn_storage_release(cnn_storage **storage);

struct cnn_node; /* autograd.h */

struct cnn_tensor {
    int refs;
    cnn_dtype dtype;
    cnn_shape shape;
    int64_t stride[CNN_MAX_DIMS]; /* in elements; 0 where broadcast */
    int64_t offset;               /* of the first element, in elements */
    cnn_storage *storage;
    bool requires_grad;
    bool is_parameter;
    bool is_number;    /* a plain number: real tensors beside it keep their type */
    bool is_view;      /* made by a view op: shares another tensor's storage */
    uint64_t rewrites; /* of the storage when the view was made; UINT64_MAX for detached ones, which have no history */
    struct cnn_node *node; /* the recorded op that computed it; NULL for leaves  */
    int node_output;       /* which of the node's outputs */
    cnn_shape was;         /* its elements' shape before view or reshape, for messages; ndim 0: not known */
    cnn_tensor *grad;      /* accumulated by cnn_backward; leaves, and those with retains_grad */
    bool retains_grad;     /* a computed tensor whose node knows it, and fills in its grad */
    size_t pending;        /* where the running backward pass gathers its gradient: autograd.c */
    cnn_hook *hooks;       /* of a leaf; a computed tensor's hang on its node */
};

/* A tensor over existing storage (retained). */
CNN_CHECKED cnn_status cnn_tensor_over(cnn_storage *storage, cnn_dtype dtype, const cnn_shape *shape,
                                       const int64_t *stride, int64_t offset, cnn_tensor **out, cnn_error *err);
/* Uninitialised with the given strides, which must be dense in some order. */
CNN_CHECKED cnn_status cnn_tensor_empty_strided(cnn_dtype dtype, const cnn_shape *shape, const int64_t *stride,
                                                cnn_tensor **out, cnn_error *err);

void cnn_strides_dense(const cnn_shape *shape, int64_t *stride);
void cnn_strides_channels_last(const cnn_shape *shape, int64_t *stride);
bool cnn_strides_are_dense(const cnn_shape *shape, const int64_t *stride); /* in some order of dimensions */

/* Kernels' view of tensors: x broadcast to out's shape, dimensions merged and ordered by out's strides.
 * `in` has `count` (0 … 3) operands whose shapes broadcast to out's. */
void cnn_walk_make(const cnn_tensor *out, int count, const cnn_tensor *const *in, cnn_walk *walk);

/* The same numbers, dense in the wanted layout: x itself (retained) when it already is. Outside the graph: for
 * forward functions. BAD_SHAPE never; NO_MEMORY, INTERRUPTED. */
CNN_CHECKED cnn_status cnn_dense(cnn_tensor *x, cnn_tensor **out, cnn_error *err);
CNN_CHECKED cnn_status cnn_dense_channels_last(cnn_tensor *x, cnn_tensor **out, cnn_error *err);

/* Scratch memory for a forward function: 64-byte aligned, from the caching allocator. bytes 0 gives NULL. */
CNN_CHECKED cnn_status cnn_scratch(size_t bytes, cnn_storage **out, cnn_error *err);

#endif
