/* SPDX-License-Identifier: MIT
 * Reverse-mode differentiation: the walk from a result down to the leaves.
 *
 * Nodes are visited in falling order of their ids, so that a node's gradient is complete before it is passed on. Each
 * node turns the gradients of its results into those of its inputs by running ops; with create_graph these are
 * recorded in their turn. What a node saved is dropped as soon as it has been used, so memory falls during the walk. */
#include "core/hollow.h"
#include "core/functions.h"
#include "core/node.h"

#include <stdlib.h>
#include <string.h>

typedef struct walk_list {
    cnn_node **node; /* each with a reference */
    size_t count, capacity;
} walk_list;

/* ---- finding the nodes ---- */

static cnn_status list_add(walk_list *list, cnn_node *node, cnn_error *err) {
    if (list->count == list->capacity) {
        size_t capacity = list->capacity ? 2 * list->capacity : 64;
        cnn_node **grown = realloc(list->node, capacity * sizeof *grown);
        if (!grown) return cnn_fail(err, CNN_NO_MEMORY, "no memory to walk the graph");
        list->node = grown;
        list->capacity = capacity;
    }
    list->node[list->count++] = cnn_node_retain(node);
    return CNN_OK;
}

static int by_falling_id(const void *a, const void *b) {
    uint64_t ia = (*(cnn_node *const *)a)->id, ib = (*(cnn_node *const *)b)->id;
    return ia < ib ? 1 : ia > ib ? -1 : 0;
}

/* The list is its own queue: nodes behind `i` have been looked at, those after it are waiting. */
static cnn_status list_reachable(walk_list *list, cnn_node *root, cnn_error *err) {
    static uint64_t visits;
    uint64_t visit = ++visits;
    root->visit = visit;
    cnn_status status = list_add(list, root, err);
    for (size_t i = 0; i < list->count && status == CNN_OK; i++) {
        cnn_node *node = list->node[i];
        for (int j = 0; j < node->op->inputs && status == CNN_OK; j++) {
            cnn_node *below = node->edge[j].node;
            if (!below || below->visit == visit) continue;
            below->visit = visit;
            status = list_add(list, below, err);
        }
    }
    if (status == CNN_OK) qsort(list->node, list->count, sizeof *list->node, by_falling_id);
    return status;
}

/* Also on failure: no half-gathered gradient may stay behind. */
static void list_release(walk_list *list) {
    for (size_t i = 0; i < list->count; i++) {
        cnn_node *node = list->node[i]; /* NULL: already done with */
        for (int j = 0; node && j < node->op->outputs; j++) cnn_tensor_release(&node->dout[j]);
        cnn_node_release(&list->node[i]);
    }
    free(list->node);
}

/* ---- passing gradients on ---- */

/* *sum += part, where *sum may still be NULL. A sum is always a new tensor: an op may have handed the same gradient to
 * several inputs. */
static cnn_status gather(cnn_tensor **sum, cnn_tensor *part, cnn_error *err) {
    if (!*sum) {
        *sum = cnn_tensor_retain(part);
        return CNN_OK;
    }
    cnn_tensor *total = NULL;
    cnn_status status = cnn_add(*sum, part, &total, err);
    if (status != CNN_OK) return status;
    cnn_tensor_release(sum);
    *sum = total;
    return CNN_OK;
}

/* A leaf's first gradient becomes its own only if nobody else can see the memory and the layout is the leaf's. */
static cnn_status leaf_first(cnn_tensor *leaf, cnn_tensor *part, bool owned, cnn_error *err) {
    bool fits = part->shape.ndim == 0 ||
                memcmp(part->stride, leaf->stride, (size_t)part->shape.ndim * sizeof *part->stride) == 0;
    if (cnn_grad_enabled() || (owned && fits && part->refs == 1 && part->storage->refs == 1)) {
        leaf->grad = cnn_tensor_retain(part);
        return CNN_OK;
    }
    cnn_tensor *own = NULL;
    cnn_status status = cnn_strides_are_dense(&leaf->shape, leaf->stride)
                            ? cnn_tensor_empty_strided(leaf->dtype, &leaf->shape, leaf->stride, &own, err)
                            : cnn_tensor_empty(leaf->dtype, &leaf->shape, &own, err);
    if (status == CNN_OK) status = cnn_copy_into(own, part, err);
    if (status == CNN_OK) {
        leaf->grad = own;
        return CNN_OK;
    }
    cnn_tensor_release(&own);
    return status;
}

static cnn_status leaf_gather(cnn_tensor *leaf, cnn_tensor *part, bool owned, cnn_error *err) {
    if (!leaf->grad) return leaf_first(leaf, part, owned, err);
    if (cnn_grad_enabled()) return gather(&leaf->grad, part, err);
    cnn_tensor *in[2] = {leaf->grad, part}; /* in place: whoever holds x.grad sees it grow */
    return cnn_apply_inplace(&cnn_op_add, NULL, in, err);
}

static cnn_status pass_on(const cnn_node *node, cnn_tensor **din, cnn_error *err) {
    for (int i = 0; i < node->op->inputs; i++) {
        const cnn_edge *edge = &node->edge[i];
        cnn_status status = CNN_OK;
        if (!din[i]) continue;
        if (edge->node) status = gather(&edge->node->dout[edge->output], din[i], err);
        if (edge->leaf) status = leaf_gather(edge->leaf, din[i], true, err);
        if (status != CNN_OK) return status;
    }
    return CNN_OK;
}

/* ---- one node ---- */

static cnn_status check_version(const cnn_node *node, const cnn_saved *saved, cnn_error *err) {
    if (!saved->tensor || cnn_tensor_version(saved->tensor) == saved->version) return CNN_OK;
    char text[CNN_SHAPE_TEXT];
    cnn_fail(
        err, CNN_BAD_VALUE,
        "a tensor %s that the gradient of %s needs was changed in place after %s had used it (version %llu, now %llu)",
        cnn_shape_print(&saved->tensor->shape, text), node->op->name, node->op->name,
        (unsigned long long)saved->version, (unsigned long long)cnn_tensor_version(saved->tensor));
    cnn_error_fix(err, "the form without the underscore, or x:clone() before the change");
    return CNN_BAD_VALUE;
}

/* With create_graph a saved result must lead back to its node: it is dressed up again as the op's output. */
static cnn_status dress_outputs(cnn_node *node, cnn_tensor **out, cnn_error *err) {
    for (int i = 0; i < node->op->outputs; i++) {
        cnn_tensor *saved = node->out[i].tensor;
        if (!saved) continue;
        cnn_status status = cnn_tensor_detach(saved, &out[i], err);
        if (status != CNN_OK) return status;
        if (!cnn_grad_enabled() || !cnn_dtype_is_real(saved->dtype) || (node->op->hidden_out >> i & 1)) continue;
        out[i]->requires_grad = true;
        out[i]->node = cnn_node_retain(node);
        out[i]->node_output = i;
    }
    return CNN_OK;
}

static cnn_status check_node(const cnn_node *node, cnn_error *err) {
    cnn_status status = CNN_OK;
    if (node->spent) {
        cnn_fail(err, CNN_BAD_VALUE, "this graph was freed by an earlier backward(): each forward pass serves one");
        cnn_error_fix(
            err,
            "run the forward pass again; loss:item() where losses are added up; or retain_graph=true the first time");
        return CNN_BAD_VALUE;
    }
    for (int i = 0; i < node->op->inputs && status == CNN_OK; i++) status = check_version(node, &node->in[i], err);
    for (int i = 0; i < node->op->outputs && status == CNN_OK; i++) status = check_version(node, &node->out[i], err);
    return status;
}

static cnn_status node_backward(cnn_node *node, cnn_error *err) {
    cnn_tensor *in[CNN_MAX_INPUTS] = {NULL}, *out[CNN_MAX_OUTPUTS] = {NULL}, *din[CNN_MAX_INPUTS] = {NULL};
    bool wanted[CNN_MAX_INPUTS];
    const cnn_op *op = node->op;
    for (int i = 0; i < op->inputs; i++) {
        in[i] = node->in[i].tensor;
        wanted[i] = node->edge[i].node || node->edge[i].leaf;
    }
    const cnn_gradient g = {node->params, node->in_spec, in, out, node->dout, wanted};
    cnn_status status = check_node(node, err);
    if (status == CNN_OK) status = dress_outputs(node, out, err);
    if (status == CNN_OK) status = op->backward(&g, din, err);
    for (int i = 0; i < op->outputs; i++) cnn_tensor_release(&out[i]);
    for (int i = 0; i < op->outputs; i++) cnn_tensor_release(&node->dout[i]);
    if (status == CNN_OK) status = pass_on(node, din, err);
    for (int i = 0; i < op->inputs; i++) cnn_tensor_release(&din[i]);
    return status;
}

static bool has_gradient(const cnn_node *node) {
    for (int i = 0; i < node->op->outputs; i++)
        if (node->dout[i]) return true;
    return false;
}

static cnn_status walk_down(walk_list *list, bool retain_graph, cnn_error *err) {
    cnn_status status = CNN_OK;
    for (size_t i = 0; i < list->count && status == CNN_OK; i++) {
        cnn_node *node = list->node[i];
        if (has_gradient(node)) status = node_backward(node, err);
        if (status != CNN_OK || retain_graph) continue;
        cnn_node_forget_saved(node);
        node->spent = true;
        cnn_node_release(&list->node[i]); /* its memory goes now, not at the end */
    }
    return status;
}

/* ---- the call ---- */

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

cnn_status cnn_backward(cnn_tensor *x, cnn_tensor *grad, bool retain_graph, bool create_graph, cnn_error *err) {
    walk_list list = {NULL, 0, 0};
    cnn_tensor *start = NULL;
    cnn_status status = check_root(x, grad, err);
    if (status == CNN_OK) status = cnn_need_numbers(x, err);
    if (status == CNN_OK) status = cnn_need_numbers(grad, err);
    if (status != CNN_OK) return status;
    bool grad_mode = cnn_grad_enable(create_graph);
    if (grad)
        start = cnn_tensor_retain(grad);
    else
        status = cnn_tensor_full(x->dtype, &x->shape, 1, &start, err);
    if (status == CNN_OK && !x->node) status = leaf_gather(x, start, false, err);
    if (status == CNN_OK && x->node) {
        status = list_reachable(&list, x->node, err);
        if (status == CNN_OK) x->node->dout[x->node_output] = cnn_tensor_retain(start);
        if (status == CNN_OK) status = walk_down(&list, retain_graph || create_graph, err);
    }
    cnn_tensor_release(&start);
    list_release(&list);
    cnn_grad_enable(grad_mode);
    return status;
}
