/* SPDX-License-Identifier: MIT
 * Nodes of the graph: recording one and letting it go. Walking them is autograd.c's business. */
#include "core/node.h"
#include "core/anomaly.h"

#include <stdlib.h>
#include <string.h>

static uint64_t nodes_made; /* ids grow in the order of recording, which is a topological order */

const char *cnn_node_name(const cnn_node *node) {
    return node->op->name;
}

bool cnn_should_record(const cnn_op *op, cnn_tensor *const *in) {
    if (!op->backward || !cnn_grad_enabled()) return false;
    for (int i = 0; i < op->inputs; i++)
        if (in[i] && in[i]->requires_grad) return true;
    return false;
}

cnn_status cnn_check_view(const cnn_tensor *x, cnn_error *err) {
    char text[CNN_SHAPE_TEXT];
    if (!x->is_view || x->rewrites == UINT64_MAX || x->rewrites == x->storage->rewrites) return CNN_OK;
    cnn_fail(err, CNN_BAD_VALUE,
             "the tensor that this view %s shows was changed in place after the view was made: it would get the "
             "gradient of the old numbers",
             cnn_shape_print(&x->shape, text));
    cnn_error_fix(err, "make the view again after the change, or use the form without the underscore");
    return CNN_BAD_VALUE;
}

/* What must be kept: everything saves_in names, or just what the gradients that will be asked for read. */
static uint32_t inputs_to_save(const cnn_op *op, cnn_tensor *const *in) {
    uint32_t wanted = 0;
    bool finer = false;
    for (int i = 0; i < op->inputs; i++) {
        finer |= op->saves_for[i] != 0;
        if (in[i] && in[i]->requires_grad) wanted |= op->saves_for[i];
    }
    return finer ? wanted : op->saves_in;
}

/* Saved results, and inputs that an in-place op may move to a node (this one, or one above it: the node would hold
 * itself), are kept as aliases. Only leaves that require a gradient stay where they are. */
static cnn_status save(cnn_tensor *x, bool with_node, cnn_saved *slot, cnn_error *err) {
    slot->version = cnn_tensor_version(x);
    if (with_node && !x->node && x->requires_grad) {
        slot->tensor = cnn_tensor_retain(x);
        x->storage->awaited++;
        return CNN_OK;
    }
    cnn_status status = cnn_tensor_detach(x, &slot->tensor, err);
    if (status == CNN_OK) x->storage->awaited++;
    if (status != CNN_OK || !with_node || !x->node) return status;
    slot->tensor->requires_grad = x->requires_grad;
    slot->tensor->node = cnn_node_retain(x->node);
    slot->tensor->node_output = x->node_output;
    return CNN_OK;
}

static void connect(cnn_edge *edge, cnn_tensor *x) {
    if (!x || !x->requires_grad) return;
    if (x->node)
        edge->node = cnn_node_retain(x->node);
    else
        edge->leaf = cnn_tensor_retain(x);
    edge->output = x->node_output;
}

static void describe(cnn_spec *spec, const cnn_tensor *x) {
    spec->dtype = x ? x->dtype : CNN_DTYPES;
    if (!x) return;
    spec->shape = x->shape;
    memcpy(spec->stride, x->stride, sizeof spec->stride);
}

/* Header, edges, specs, saved tensors and parameters are one block: recording is one malloc. */
static cnn_node *allocate(const cnn_op *op) {
    size_t in = (size_t)op->inputs, out = (size_t)op->outputs;
    size_t bytes = sizeof(cnn_node) + in * (sizeof(cnn_edge) + sizeof(cnn_spec) + sizeof(cnn_saved)) +
                   out * (sizeof(cnn_spec) + sizeof(cnn_saved) + 2 * sizeof(cnn_tensor *)) + op->param_bytes;
    cnn_node *node = calloc(1, bytes);
    if (!node) return NULL;
    node->in_spec = (cnn_spec *)(node + 1);
    node->out_spec = node->in_spec + in;
    node->edge = (cnn_edge *)(node->out_spec + out);
    node->in = (cnn_saved *)(node->edge + in);
    node->out = node->in + in;
    node->dout = (cnn_tensor **)(node->out + out);
    node->retained = node->dout + out;
    node->params = node->retained + out;
    return node;
}

cnn_status cnn_node_new(const cnn_op *op, const void *params, cnn_tensor *const *in, cnn_node **out, cnn_error *err) {
    cnn_node *node = allocate(op);
    uint32_t keep = inputs_to_save(op, in);
    cnn_status status = CNN_OK;
    if (!node) return cnn_fail(err, CNN_NO_MEMORY, "no memory to record %s for the gradient", op->name);
    node->refs = 1;
    node->op = op;
    node->id = ++nodes_made;
    node->place = cnn_anomaly_place();
    if (op->param_bytes) memcpy(node->params, params, op->param_bytes);
    for (int i = 0; i < op->inputs && status == CNN_OK; i++) {
        if (in[i]) status = cnn_check_view(in[i], err);
        if (status != CNN_OK) break;
        connect(&node->edge[i], in[i]);
        describe(&node->in_spec[i], in[i]);
        if (in[i] && (keep >> i & 1)) status = save(in[i], true, &node->in[i], err);
    }
    if (status != CNN_OK) {
        cnn_node_release(&node);
        return status;
    }
    *out = node;
    return CNN_OK;
}

cnn_status cnn_node_finish(cnn_node *node, cnn_tensor *const *out, cnn_error *err) {
    for (int i = 0; i < node->op->outputs; i++) {
        describe(&node->out_spec[i], out[i]);
        if (!(node->op->saves_out >> i & 1)) continue;
        cnn_status status = save(out[i], false, &node->out[i], err);
        if (status != CNN_OK) return status;
    }
    for (int i = 0; i < node->op->outputs; i++) {
        if (!cnn_dtype_is_real(out[i]->dtype) || (node->op->hidden_out >> i & 1)) continue;
        cnn_tensor_leave_node(out[i]); /* an in-place op moves its tensor to the new node */
        out[i]->node = cnn_node_retain(node);
        out[i]->node_output = i;
        if (out[i]->retains_grad) node->retained[i] = out[i];
        out[i]->requires_grad = true;
    }
    return CNN_OK;
}

bool cnn_tensor_is_shared(const cnn_tensor *x) {
    return x->refs > 1 || (x->node && x->node->refs > 1);
}

cnn_node *cnn_node_retain(cnn_node *node) {
    node->refs++;
    return node;
}

static void forget(cnn_saved *saved) {
    if (saved->tensor) saved->tensor->storage->awaited--;
    cnn_tensor_release(&saved->tensor);
}

void cnn_node_forget_saved(cnn_node *node) {
    for (int i = 0; i < node->op->inputs; i++) forget(&node->in[i]);
    for (int i = 0; i < node->op->outputs; i++) forget(&node->out[i]);
}

/* A loss summed over a million steps is a chain of a million nodes: released by recursion it would overflow the stack.
 * So the outermost release works off a list that the inner ones only add to. */
void cnn_node_release(cnn_node **slot) {
    static cnn_node *doomed;
    static bool draining;
    cnn_node *node = *slot;
    *slot = NULL;
    if (!node || --node->refs > 0) return;
    node->next = doomed;
    doomed = node;
    if (draining) return;
    draining = true;
    while (doomed) {
        node = doomed;
        doomed = node->next;
        cnn_node_forget_saved(node);
        cnn_hooks_release(&node->hooks);
        for (int i = 0; i < node->op->outputs; i++) cnn_tensor_release(&node->dout[i]);
        for (int i = 0; i < node->op->inputs; i++) {
            cnn_node_release(&node->edge[i].node);
            cnn_tensor_release(&node->edge[i].leaf);
        }
        free(node->place);
        free(node);
    }
    draining = false;
}
