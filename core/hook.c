/* SPDX-License-Identifier: MIT
 * Hooks: functions of the user that see, and may replace, a tensor's gradient while a backward pass goes by.
 *
 * A leaf's hooks hang on the tensor, those of a computed tensor on its node, since the node is what the pass meets and
 * what lives on when the tensor itself is gone. A list ends with its graph: a node whose saved tensors were freed will
 * never be walked again. */
#include "core/autocast.h"
#include "core/hook.h"
#include "core/node.h"

#include <stdlib.h>

cnn_status cnn_hook_add(cnn_tensor *x, cnn_hook_call call, cnn_hook_end end, void *context, cnn_hook **out,
                        cnn_error *err) {
    if (!x->requires_grad) {
        cnn_fail(err, CNN_BAD_VALUE, "a hook waits for a gradient, and this tensor does not require one");
        cnn_error_fix(err, "x:requires_grad_(), or compute it from something that requires a gradient");
        return CNN_BAD_VALUE;
    }
    if (x->node && x->node->spent)
        return cnn_fail(err, CNN_BAD_VALUE, "the graph of this tensor was freed by backward(): no gradient will pass");
    cnn_hook *hook = malloc(sizeof *hook), **last = x->node ? &x->node->hooks : &x->hooks;
    if (!hook) return cnn_fail(err, CNN_NO_MEMORY, "no memory for a hook");
    *hook = (cnn_hook){.refs = 2, .output = x->node_output, .call = call, .end = end, .context = context};
    while (*last) last = &(*last)->next;
    *last = hook;
    *out = hook;
    return CNN_OK;
}

bool cnn_hook_is_live(const cnn_hook *hook) {
    return hook->call != NULL;
}

void cnn_hook_remove(cnn_hook *hook) {
    cnn_hook_end end = hook->call ? hook->end : NULL;
    hook->call = NULL;
    if (end) end(hook->context);
}

void cnn_hook_release(cnn_hook **slot) {
    cnn_hook *hook = *slot;
    *slot = NULL;
    if (hook && --hook->refs == 0) free(hook);
}

static void drop_removed(cnn_hook **list) {
    while (*list) {
        cnn_hook *hook = *list;
        if (hook->call) {
            list = &hook->next;
            continue;
        }
        *list = hook->next;
        cnn_hook_release(&hook);
    }
}

static cnn_status check_replacement(const cnn_tensor *grad, const cnn_tensor *by, cnn_error *err) {
    char is[CNN_SHAPE_TEXT], got[CNN_SHAPE_TEXT];
    if (!cnn_shape_equal(&grad->shape, &by->shape))
        return cnn_fail(err, CNN_BAD_SHAPE, "a hook must return a gradient of the same shape, %s; got %s",
                        cnn_shape_print(&grad->shape, is), cnn_shape_print(&by->shape, got));
    if (grad->dtype != by->dtype)
        return cnn_fail(err, CNN_BAD_TYPE, "a hook must return a gradient of the same type, %s; got %s",
                        cnn_dtype_name(grad->dtype), cnn_dtype_name(by->dtype));
    return CNN_OK;
}

/* Whatever a hook switches, the pass goes on in its own mode. */
static cnn_status run_one(cnn_hook *hook, cnn_tensor **grad, cnn_error *err) {
    cnn_tensor *by = NULL;
    bool mode = cnn_grad_enabled(), autocast = cnn_autocast_enabled();
    cnn_status status = hook->call(hook->context, *grad, &by, err);
    cnn_grad_enable(mode);
    cnn_autocast_pause(autocast);
    if (status == CNN_OK && by) status = check_replacement(*grad, by, err);
    if (status == CNN_OK && by) {
        cnn_tensor *old = *grad;
        *grad = cnn_tensor_retain(by);
        cnn_tensor_release(&old);
    }
    cnn_tensor_release(&by);
    return status;
}

/* A hook may start a pass that comes by the same leaf: only the outermost run takes hooks out of lists. */
cnn_status cnn_hooks_run(cnn_hook **list, int output, cnn_tensor **grad, cnn_error *err) {
    static int running;
    cnn_status status = CNN_OK;
    running++;
    for (cnn_hook *hook = *list; hook && status == CNN_OK; hook = hook->next)
        if (hook->call && hook->output == output) status = run_one(hook, grad, err);
    if (--running == 0) drop_removed(list);
    return status;
}

void cnn_hooks_release(cnn_hook **list) {
    while (*list) {
        cnn_hook *hook = *list;
        *list = hook->next;
        cnn_hook_remove(hook);
        cnn_hook_release(&hook);
    }
}

/* ---- retain_grad ---- */

cnn_status cnn_tensor_retain_grad(cnn_tensor *x, cnn_error *err) {
    if (!x->requires_grad) {
        cnn_fail(err, CNN_BAD_VALUE, "retain_grad() needs a tensor that requires a gradient");
        cnn_error_fix(err, "x:requires_grad_(), or compute it from something that requires a gradient");
        return CNN_BAD_VALUE;
    }
    if (!x->node) return CNN_OK; /* a leaf keeps its gradient anyway */
    x->retains_grad = true;
    x->node->retained[x->node_output] = x;
    return CNN_OK;
}

bool cnn_tensor_retains_grad(const cnn_tensor *x) {
    return x->retains_grad;
}

void cnn_tensor_leave_node(cnn_tensor *x) {
    if (x->node && x->retains_grad && x->node->retained[x->node_output] == x) x->node->retained[x->node_output] = NULL;
    cnn_node_release(&x->node);
}
