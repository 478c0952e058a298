/* SPDX-License-Identifier: MIT
 * A backward pass from the outside: what may be asked for, which nodes it will meet, and where its gradients end.
 *
 * A pass that was begun by a hook of another one is a pass like any other, except that the two may not meet in a node:
 * what the outer one has gathered there would be mixed with the inner one's. */
#include "core/autocast.h"
#include "core/hollow.h"
#include "core/pass.h"

#include <stdlib.h>

/* ---- the nodes ---- */

static cnn_status list_add(cnn_pass *pass, cnn_node *node, cnn_error *err) {
    if (node->walking)
        return cnn_fail(err, CNN_BAD_VALUE, "a hook cannot walk the graph whose backward pass has called it");
    if (pass->nodes == pass->node_capacity) {
        size_t capacity = pass->node_capacity ? 2 * pass->node_capacity : 64;
        cnn_node **grown = realloc(pass->node, capacity * sizeof *grown);
        if (!grown) return cnn_fail(err, CNN_NO_MEMORY, "no memory to walk the graph");
        pass->node = grown;
        pass->node_capacity = capacity;
    }
    node->walking = true;
    if (node->hooks) pass->deferred = true;
    pass->node[pass->nodes++] = cnn_node_retain(node);
    return CNN_OK;
}

static int by_falling_id(const void *a, const void *b) {
    uint64_t ia = (*(cnn_node *const *)a)->id, ib = (*(cnn_node *const *)b)->id;
    return ia < ib ? 1 : ia > ib ? -1 : 0;
}

/* The list is its own queue: nodes behind `i` have been looked at, those after it are waiting. */
static cnn_status list_below(cnn_pass *pass, uint64_t visit, cnn_error *err) {
    cnn_status status = CNN_OK;
    for (size_t i = 0; i < pass->nodes && status == CNN_OK; i++) {
        cnn_node *node = pass->node[i];
        for (int j = 0; j < node->op->inputs && status == CNN_OK; j++) {
            cnn_node *below = node->edge[j].node;
            if (node->edge[j].leaf && node->edge[j].leaf->hooks) pass->deferred = true;
            if (!below || below->visit == visit) continue;
            below->visit = visit;
            status = list_add(pass, below, err);
        }
    }
    return status;
}

/* From the leaves up: a node is needed if a gradient that was asked for lies below it. */
static void mark_needed(cnn_pass *pass) {
    for (size_t i = pass->nodes; i-- > 0;) {
        cnn_node *node = pass->node[i];
        for (int j = 0; j < node->op->inputs && !node->needed; j++) {
            const cnn_edge *edge = &node->edge[j];
            if (edge->node) node->needed = edge->node->needed || (edge->node->captured >> edge->output & 1);
            if (edge->leaf) node->needed = cnn_pass_pending(pass, edge->leaf) != NULL;
        }
    }
}

cnn_status cnn_pass_list(cnn_pass *pass, cnn_error *err) {
    static uint64_t visits;
    uint64_t visit = ++visits;
    const cnn_gradients *request = pass->request;
    cnn_status status = CNN_OK;
    for (int i = 0; i < request->outputs && status == CNN_OK; i++) {
        const cnn_tensor *x = request->output[i];
        if (x->hooks) pass->deferred = true;
        if (!x->node || x->node->visit == visit) continue;
        x->node->visit = visit;
        status = list_add(pass, x->node, err);
    }
    if (status == CNN_OK) status = list_below(pass, visit, err);
    if (status != CNN_OK) return status;
    if (pass->nodes > 1) qsort(pass->node, pass->nodes, sizeof *pass->node, by_falling_id);
    for (int i = 0; i < request->inputs && status == CNN_OK; i++) {
        cnn_tensor *x = request->input[i];
        if (!x->node)
            status = cnn_pass_expect(pass, x, err);
        else if (x->node->visit == visit)
            x->node->captured |= UINT32_C(1) << x->node_output;
    }
    if (request->inputs > 0) mark_needed(pass);
    return status;
}

/* ---- leaves that wait ---- */

/* tensor->pending is a place that may be another pass's, or nobody's: it counts only if the tensor stands there. */
cnn_pending *cnn_pass_pending(const cnn_pass *pass, const cnn_tensor *tensor) {
    size_t at = tensor->pending;
    return at < pass->pendings && pass->pending[at].tensor == tensor ? &pass->pending[at] : NULL;
}

cnn_status cnn_pass_expect(cnn_pass *pass, cnn_tensor *tensor, cnn_error *err) {
    if (cnn_pass_pending(pass, tensor)) return CNN_OK;
    if (pass->pendings == pass->pending_capacity) {
        size_t capacity = pass->pending_capacity ? 2 * pass->pending_capacity : 16;
        cnn_pending *grown = realloc(pass->pending, capacity * sizeof *grown);
        if (!grown) return cnn_fail(err, CNN_NO_MEMORY, "no memory to gather gradients");
        pass->pending = grown;
        pass->pending_capacity = capacity;
    }
    pass->pending[pass->pendings] = (cnn_pending){cnn_tensor_retain(tensor), NULL, tensor->pending};
    tensor->pending = pass->pendings++;
    return CNN_OK;
}

static cnn_status run_leaf_hooks(cnn_pass *pass, cnn_error *err) {
    cnn_status status = CNN_OK;
    for (size_t i = 0; i < pass->pendings && status == CNN_OK; i++) {
        cnn_pending *pending = &pass->pending[i];
        if (pending->sum) status = cnn_hooks_run(&pending->tensor->hooks, 0, &pending->sum, err);
    }
    return status;
}

static cnn_status fill_results(const cnn_pass *pass, cnn_error *err) {
    const cnn_gradients *request = pass->request;
    for (int i = 0; i < request->inputs; i++) {
        const cnn_pending *pending = request->input[i]->node ? NULL : cnn_pass_pending(pass, request->input[i]);
        if (pending && pending->sum) pass->result[i] = cnn_tensor_retain(pending->sum);
        if (pass->result[i] || request->allow_unused) continue;
        cnn_fail(err, CNN_BAD_VALUE, "input %d has no gradient: nothing leads from it to the outputs", i + 1);
        cnn_error_fix(err, "allow_unused=true gives nil for such inputs");
        return CNN_BAD_VALUE;
    }
    return CNN_OK;
}

cnn_status cnn_pass_commit(cnn_pass *pass, cnn_error *err) {
    cnn_status status = run_leaf_hooks(pass, err);
    if (status != CNN_OK || pass->request->inputs > 0) return status == CNN_OK ? fill_results(pass, err) : status;
    for (size_t i = 0; i < pass->pendings && status == CNN_OK; i++)
        status = cnn_accumulate(pass->pending[i].tensor, pass->pending[i].sum, true, err);
    return status;
}

void cnn_pass_release(cnn_pass *pass) {
    for (size_t i = 0; i < pass->nodes; i++) {
        cnn_node *node = pass->node[i]; /* NULL: already done with */
        if (!node) continue;
        for (int j = 0; j < node->op->outputs; j++) cnn_tensor_release(&node->dout[j]);
        node->walking = node->needed = false;
        node->captured = 0;
        cnn_node_release(&pass->node[i]);
    }
    for (size_t i = pass->pendings; i-- > 0;) {
        pass->pending[i].tensor->pending = pass->pending[i].outer;
        cnn_tensor_release(&pass->pending[i].tensor);
        cnn_tensor_release(&pass->pending[i].sum);
    }
    free(pass->node);
    free(pass->pending);
}

/* ---- the calls ---- */

static cnn_status check_root(const cnn_tensor *x, const cnn_tensor *grad, cnn_error *err) {
    char text[CNN_SHAPE_TEXT], got[CNN_SHAPE_TEXT];
    if (!x->requires_grad) {
        cnn_fail(
            err, CNN_BAD_VALUE,
            "backward() needs a result that was computed from something that requires a gradient; this one was not, "
            "or was cut off by detach, item or cnn.no_grad");
        cnn_error_fix(err,
                      "compute the loss anew, from net(x), outside of cnn.no_grad (switching requires_grad on here "
                      "would give no gradients)");
        return CNN_BAD_VALUE;
    }
    cnn_status status = cnn_check_view(x, err);
    if (status != CNN_OK) return status;
    if (!grad && cnn_tensor_numel(x) != 1) {
        cnn_fail(err, CNN_BAD_SHAPE, "backward() starts from one number; this tensor is %s, %lld numbers",
                 cnn_shape_print(&x->shape, text), (long long)cnn_tensor_numel(x));
        cnn_error_fix(err, "y:sum():backward(), y:mean():backward(), or y:backward(g) with g of the same shape");
        return CNN_BAD_SHAPE;
    }
    if (grad && !cnn_shape_equal(&grad->shape, &x->shape))
        return cnn_fail(err, CNN_BAD_SHAPE, "the gradient must have the result's shape, %s; got %s",
                        cnn_shape_print(&x->shape, text), cnn_shape_print(&grad->shape, got));
    if (grad && grad->dtype != x->dtype)
        return cnn_fail(err, CNN_BAD_TYPE, "the gradient must have the result's type, %s; got %s",
                        cnn_dtype_name(x->dtype), cnn_dtype_name(grad->dtype));
    return CNN_OK;
}

static cnn_status check_request(const cnn_gradients *request, cnn_error *err) {
    for (int i = 0; i < request->outputs; i++) {
        cnn_tensor *grad = request->grad_output ? request->grad_output[i] : NULL;
        cnn_status status = check_root(request->output[i], grad, err);
        if (status == CNN_OK) status = cnn_need_numbers(request->output[i], err);
        if (status == CNN_OK) status = cnn_need_numbers(grad, err);
        if (status != CNN_OK) return status;
    }
    for (int i = 0; i < request->inputs; i++) {
        if (request->input[i]->requires_grad) continue;
        cnn_fail(err, CNN_BAD_VALUE, "input %d does not require a gradient", i + 1);
        cnn_error_fix(err, "x:requires_grad_() before the outputs are computed from it");
        return CNN_BAD_VALUE;
    }
    return CNN_OK;
}

/* Hooks may let go of what the caller has lent. */
static void hold(int count, cnn_tensor *const *tensor, cnn_tensor **held) {
    for (int i = 0; i < count; i++) held[i] = tensor && tensor[i] ? cnn_tensor_retain(tensor[i]) : NULL;
}

static cnn_status begin_at(cnn_pass *pass, cnn_tensor *x, cnn_tensor *grad, cnn_error *err) {
    cnn_tensor *start = NULL;
    cnn_status status = CNN_OK;
    if (grad)
        start = cnn_tensor_retain(grad);
    else
        status = cnn_tensor_full(x->dtype, &x->shape, 1, &start, err);
    if (status == CNN_OK)
        status = x->node ? cnn_gather(&x->node->dout[x->node_output], start, err)
                         : cnn_pass_leaf(pass, x, start, false, err);
    cnn_tensor_release(&start);
    return status;
}

static cnn_status run(const cnn_gradients *request, cnn_tensor **result, cnn_error *err) {
    cnn_pass pass = {.request = request, .result = result, .deferred = request->inputs > 0};
    bool grad_mode = cnn_grad_enable(request->create_graph), autocast = cnn_autocast_pause(false);
    for (int i = 0; i < request->inputs; i++) result[i] = NULL;
    cnn_status status = cnn_pass_list(&pass, err);
    for (int i = 0; i < request->outputs && status == CNN_OK; i++)
        status = begin_at(&pass, request->output[i], request->grad_output[i], err);
    if (status == CNN_OK) status = cnn_pass_walk(&pass, err);
    if (status == CNN_OK) status = cnn_pass_commit(&pass, err);
    for (int i = 0; i < request->inputs && status != CNN_OK; i++) cnn_tensor_release(&result[i]);
    cnn_pass_release(&pass);
    cnn_grad_enable(grad_mode);
    cnn_autocast_pause(autocast);
    return status;
}

cnn_status cnn_gradients_run(const cnn_gradients *request, cnn_tensor **result, cnn_error *err) {
    size_t outputs = (size_t)request->outputs, count = 2 * outputs + (size_t)request->inputs;
    cnn_tensor *few[16] = {NULL}, **held = count <= 16 ? few : calloc(count, sizeof *held);
    cnn_status status = check_request(request, err);
    if (!held) return cnn_fail(err, CNN_NO_MEMORY, "no memory to walk the graph");
    if (status == CNN_OK) {
        cnn_gradients own = *request;
        hold(request->outputs, request->output, held);
        hold(request->outputs, request->grad_output, held + outputs);
        hold(request->inputs, request->input, held + 2 * outputs);
        own.output = held;
        own.grad_output = held + outputs;
        own.input = held + 2 * outputs;
        status = run(&own, result, err);
    }
    for (size_t i = 0; i < count; i++) cnn_tensor_release(&held[i]);
    if (held != few) free(held);
    return status;
}

cnn_status cnn_backward(cnn_tensor *x, cnn_tensor *grad, bool retain_graph, bool create_graph, cnn_error *err) {
    const cnn_gradients request = {
        .outputs = 1, .output = &x, .grad_output = &grad, .retain_graph = retain_graph, .create_graph = create_graph};
    return cnn_gradients_run(&request, NULL, err);
}
