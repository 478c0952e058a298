/* SPDX-License-Identifier: MIT
 * Hooks inside the library: the list that hangs on a leaf, or on the node that computed a tensor.
 *
 * A hook belongs to the list (one reference) and to whoever asked for it (another). Removing it only takes its function
 * away; the list drops it when it is next walked. So a hook may remove itself, or others, while they run. */
#ifndef CNN_CORE_HOOK_H
#define CNN_CORE_HOOK_H

#include "core/cnn.h"

struct cnn_hook {
    int refs;
    int output;         /* of the node that computed the tensor */
    cnn_hook_call call; /* NULL: removed */
    cnn_hook_end end;   /* tells the owner of `context` that it is not needed any more; may be NULL */
    void *context;
    cnn_hook *next; /* in the order of registration */
};

/* Passes *grad, the gradient of the given output, through the list's functions: each may put another in its place. */
CNN_CHECKED cnn_status cnn_hooks_run(cnn_hook **list, int output, cnn_tensor **grad, cnn_error *err);
/* Removes them all and empties the list. */
void cnn_hooks_release(cnn_hook **list);

#endif
