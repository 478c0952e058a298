/* SPDX-License-Identifier: MIT
 * Reverse-mode differentiation: the walk from results down to the leaves.
 *
 * Nodes are visited in falling order of their ids, so that a node's gradient is complete before it is passed on. Each
 * node turns the gradients of its results into those of its inputs by running ops; with create_graph these are
 * recorded in their turn. What a node saved is dropped as soon as it has been used, so memory falls during the walk. */
#include "core/anomaly.h"
#include "core/functions.h"
#include "core/ops/later.h"
#include "core/pass.h"

#include <string.h>

/* ---- sums ---- */

/* A sum is always a new tensor: an op may have handed the same gradient to several inputs. */
cnn_status cnn_gather(cnn_tensor **sum, cnn_tensor *part, cnn_error *err) {
    if (!*sum) {
        *sum = cnn_tensor_retain(part);
        return CNN_OK;
    }
    cnn_tensor *total = NULL;
    cnn_status status = CNN_OK;
    if (!cnn_grad_enabled() && cnn_wait_pays(part)) {
        status = cnn_tensor_empty_strided(part->dtype, &part->shape, part->stride, &total, err);
        if (status == CNN_OK && !cnn_later_sum(*sum, part, total)) cnn_tensor_release(&total);
    }
    if (status == CNN_OK && !total) status = cnn_add(*sum, part, &total, err);
    if (status != CNN_OK) return status;
    cnn_tensor_release(sum);
    *sum = total;
    return CNN_OK;
}

/* A leaf's first gradient becomes its own only if nobody else can see the memory and the layout is the leaf's. */
static cnn_status leaf_first(cnn_tensor *leaf, cnn_tensor *part, bool owned, cnn_error *err) {
    bool fits = part->shape.ndim == 0 ||
                memcmp(part->stride, leaf->stride, (size_t)part->shape.ndim * sizeof *part->stride) == 0;
    if (cnn_grad_enabled() && !cnn_strides_are_dense(&part->shape, part->stride)) /* expanded: nobody could add to it */
        return cnn_apply(&cnn_op_contiguous, NULL, &part, &leaf->grad, err);
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

cnn_status cnn_accumulate(cnn_tensor *leaf, cnn_tensor *part, bool owned, cnn_error *err) {
    if (!leaf->grad) return leaf_first(leaf, part, owned, err);
    if (cnn_grad_enabled()) return cnn_gather(&leaf->grad, part, err);
    cnn_tensor *in[2] = {leaf->grad, part}; /* in place: whoever holds x.grad sees it grow */
    return cnn_apply_inplace(&cnn_op_add, NULL, in, err);
}

/* ---- passing gradients on ---- */

static cnn_status defer(cnn_pass *pass, cnn_tensor *tensor, cnn_tensor *part, cnn_error *err) {
    cnn_status status = cnn_pass_expect(pass, tensor, err);
    return status == CNN_OK ? cnn_gather(&cnn_pass_pending(pass, tensor)->sum, part, err) : status;
}

cnn_status cnn_pass_leaf(cnn_pass *pass, cnn_tensor *leaf, cnn_tensor *part, bool owned, cnn_error *err) {
    if (pass->request->inputs > 0 && !cnn_pass_pending(pass, leaf)) return CNN_OK;
    return pass->deferred ? defer(pass, leaf, part, err) : cnn_accumulate(leaf, part, owned, err);
}

static bool is_wanted(const cnn_pass *pass, const cnn_edge *edge) {
    if (pass->request->inputs == 0) return edge->node || edge->leaf;
    if (edge->node) return edge->node->needed || (edge->node->captured >> edge->output & 1);
    return edge->leaf && cnn_pass_pending(pass, edge->leaf);
}

/* Will nobody but relu's gradient see what goes along this edge? Then zeros may be put early where relu puts them. */
static bool is_unseen(const cnn_edge *edge) {
    const cnn_node *node = edge->node;
    return node && node->op == &cnn_op_relu && !node->hooks && !node->retained[0] && !node->captured &&
           !cnn_grad_enabled();
}

static cnn_status pass_on(cnn_pass *pass, const cnn_node *node, cnn_tensor **din, cnn_error *err) {
    for (int i = 0; i < node->op->inputs; i++) {
        const cnn_edge *edge = &node->edge[i];
        cnn_status status = CNN_OK;
        if (!din[i]) continue;
        if (edge->node) status = cnn_gather(&edge->node->dout[edge->output], din[i], err);
        if (edge->leaf) status = cnn_pass_leaf(pass, edge->leaf, din[i], true, err);
        if (status != CNN_OK) return status;
    }
    return CNN_OK;
}

/* ---- one node ---- */

static cnn_status check_version(const cnn_node *node, const cnn_saved *saved, cnn_error *err) {
    if (!saved->tensor || cnn_tensor_version(saved->tensor) == saved->version) return CNN_OK;
    const cnn_storage *storage = saved->tensor->storage;
    const char *op = node->op->name;
    char shape[CNN_SHAPE_TEXT], ran[CNN_PLACE_TEXT + 8], by[CNN_PLACE_TEXT], changed[CNN_PLACE_TEXT + 8];
    cnn_fail(err, CNN_BAD_VALUE,
             "a tensor %s that the gradient of %s%s needs was changed in place%s%s after %s had used it (version "
             "%llu, now %llu)",
             cnn_shape_print(&saved->tensor->shape, shape), op, cnn_anomaly_at(node->place, ran),
             cnn_anomaly_writer(storage->writer, by), cnn_anomaly_at(storage->written_at, changed), op,
             (unsigned long long)saved->version, (unsigned long long)storage->version);
    cnn_error_fix(err, "the form without the underscore, or x:clone() before the change%s",
                  node->place ? "" : "; cnn.autograd.set_detect_anomaly(true) tells both lines");
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

static cnn_status node_backward(cnn_pass *pass, cnn_node *node, cnn_error *err) {
    cnn_tensor *in[CNN_MAX_INPUTS] = {NULL}, *out[CNN_MAX_OUTPUTS] = {NULL}, *din[CNN_MAX_INPUTS] = {NULL};
    bool wanted[CNN_MAX_INPUTS], unseen[CNN_MAX_INPUTS];
    const cnn_op *op = node->op;
    for (int i = 0; i < op->inputs; i++) {
        in[i] = node->in[i].tensor;
        wanted[i] = is_wanted(pass, &node->edge[i]);
        unseen[i] = is_unseen(&node->edge[i]);
    }
    const cnn_gradient g = {node->params, node->in_spec, in, out, node->dout, wanted, unseen};
    cnn_status status = check_node(node, err);
    if (status == CNN_OK) status = dress_outputs(node, out, err);
    if (status == CNN_OK) status = op->backward(&g, din, err);
    if (status == CNN_OK) status = cnn_anomaly_check(node, din, err);
    for (int i = 0; i < op->outputs; i++) cnn_tensor_release(&out[i]);
    for (int i = 0; i < op->outputs; i++) cnn_tensor_release(&node->dout[i]);
    if (status == CNN_OK) status = pass_on(pass, node, din, err);
    for (int i = 0; i < op->inputs; i++) cnn_tensor_release(&din[i]);
    return status;
}

static bool has_gradient(const cnn_node *node) {
    for (int i = 0; i < node->op->outputs; i++)
        if (node->dout[i]) return true;
    return false;
}

/* Outputs whose gradient somebody asked for: in the results, or in their tensors' .grad. */
static cnn_status hand_out(cnn_pass *pass, cnn_node *node, cnn_error *err) {
    const cnn_gradients *request = pass->request;
    cnn_status status = CNN_OK;
    for (int i = 0; node->captured && i < request->inputs; i++) {
        const cnn_tensor *x = request->input[i];
        if (x->node == node && node->dout[x->node_output])
            pass->result[i] = cnn_tensor_retain(node->dout[x->node_output]);
    }
    for (int i = 0; request->inputs == 0 && i < node->op->outputs && status == CNN_OK; i++) {
        cnn_tensor *x = node->retained[i];
        if (!x || !node->dout[i]) continue;
        status = pass->deferred ? defer(pass, x, node->dout[i], err) : cnn_accumulate(x, node->dout[i], false, err);
    }
    return status;
}

static cnn_status visit(cnn_pass *pass, cnn_node *node, cnn_error *err) {
    cnn_status status = CNN_OK;
    for (int i = 0; i < node->op->outputs && status == CNN_OK; i++)
        if (node->dout[i]) status = cnn_hooks_run(&node->hooks, i, &node->dout[i], err);
    if (status == CNN_OK) status = hand_out(pass, node, err);
    if (status == CNN_OK && (pass->request->inputs == 0 || node->needed)) status = node_backward(pass, node, err);
    for (int i = 0; i < node->op->outputs; i++) cnn_tensor_release(&node->dout[i]);
    return status;
}

/* Nodes that a capturing pass does not need stay as they were: another may come for them. */
cnn_status cnn_pass_walk(cnn_pass *pass, cnn_error *err) {
    const cnn_gradients *request = pass->request;
    bool keep = request->retain_graph || request->create_graph;
    cnn_status status = CNN_OK;
    for (size_t i = 0; i < pass->nodes && status == CNN_OK; i++) {
        cnn_node *node = pass->node[i];
        if (has_gradient(node)) status = visit(pass, node, err);
        if (status != CNN_OK || keep || (request->inputs > 0 && !node->needed)) continue;
        cnn_node_forget_saved(node);
        cnn_hooks_release(&node->hooks);
        node->spent = !node->shared;
        node->walking = false;
        node->needed = false;
        node->captured = 0;
        cnn_node_release(&pass->node[i]); /* its memory goes now, not at the end */
    }
    return status;
}
