/* SPDX-License-Identifier: MIT
 * The graph: one node per recorded run of an op, from results back to what they were computed from.
 *
 * A tensor owns its node, a node owns the nodes (or leaves) below it through its edges, and the few tensors that its
 * gradient reads. Nothing points upwards, so reference counts suffice: a saved result is kept as an alias without a
 * node, and the numbers of everything that no gradient reads die with the user's last reference. */
#ifndef CNN_CORE_AUTOGRAD_H
#define CNN_CORE_AUTOGRAD_H

#include "core/op.h"

typedef struct cnn_node cnn_node;

const char *cnn_node_name(const cnn_node *node);
void cnn_node_release(cnn_node **node);
/* x is not its node's result any more: releases the node. */
void cnn_tensor_leave_node(cnn_tensor *x);

/* Would a run of `op` on `in` be recorded now? */
bool cnn_should_record(const cnn_op *op, cnn_tensor *const *in);
/* A view whose base was changed by a recorded in-place op has that op's numbers, but not its gradient: it may not be
 * used any more. BAD_VALUE. */
CNN_CHECKED cnn_status cnn_check_view(const cnn_tensor *x, cnn_error *err);
/* First half of recording, before the op has written anything: a node with edges, parameters and saved inputs. */
CNN_CHECKED cnn_status cnn_node_new(const cnn_op *op, const void *params, cnn_tensor *const *in, cnn_node **out,
                                    cnn_error *err);
/* Second half: the results, which now belong to the node (real ones require a gradient); saves those that the gradient
 * reads. */
CNN_CHECKED cnn_status cnn_node_finish(cnn_node *node, cnn_tensor *const *out, cnn_error *err);

#endif
