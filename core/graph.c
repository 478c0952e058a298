/* SPDX-License-Identifier: MIT
 * Looking at the graph behind a tensor: what its nodes have saved, so that a user can see where the memory is.
 *
 * Nothing is changed: the nodes are listed once each, with the mark of a walk while that lasts. Nodes that a backward
 * pass is walking (a hook may ask) are left out, and so is what lies below them alone. */
#include <stdlib.h>

#include "core/node.h"
#include "core/tensor.h"

typedef struct node_list {
    cnn_node **node;
    size_t count, capacity;
} node_list;

static cnn_status list_add(node_list *list, cnn_node *node, cnn_error *err) {
    if (!node || node->walking) return CNN_OK;
    if (list->count == list->capacity) {
        size_t capacity = list->capacity ? 2 * list->capacity : 64;
        cnn_node **grown = realloc(list->node, capacity * sizeof *grown);
        if (!grown) return cnn_fail(err, CNN_NO_MEMORY, "no memory to walk the graph");
        list->node = grown;
        list->capacity = capacity;
    }
    node->walking = true;
    list->node[list->count++] = node;
    return CNN_OK;
}

/* The list is its own queue. */
static cnn_status list_below(node_list *list, cnn_node *top, cnn_error *err) {
    size_t first = list->count;
    cnn_status status = list_add(list, top, err);
    for (size_t i = first; i < list->count && status == CNN_OK; i++)
        for (int j = 0; j < list->node[i]->op->inputs && status == CNN_OK; j++)
            status = list_add(list, list->node[i]->edge[j].node, err);
    return status;
}

/* Where what has been found goes, as far as there is room. */
typedef struct kept_list {
    cnn_kept *kept;
    size_t most, count;
} kept_list;

static void add_kept(kept_list *to, const cnn_op *op, const cnn_saved *saved, int saves, int below) {
    for (int i = 0; i < saves; i++) {
        if (!saved[i].tensor) continue;
        if (to->count < to->most) to->kept[to->count] = (cnn_kept){op->name, cnn_tensor_retain(saved[i].tensor), below};
        to->count++;
    }
}

cnn_status cnn_graph_kept(cnn_tensor *const *x, int count, cnn_kept *kept, size_t most, size_t *found, cnn_error *err) {
    node_list list = {NULL, 0, 0};
    kept_list to = {kept, most, 0};
    cnn_status status = CNN_OK;
    for (int i = 0; i < count && status == CNN_OK; i++) {
        size_t first = list.count;
        status = list_below(&list, x[i]->node, err);
        for (size_t j = first; j < list.count && status == CNN_OK; j++) {
            const cnn_node *node = list.node[j];
            add_kept(&to, node->op, node->in, node->op->inputs, i);
            add_kept(&to, node->op, node->out, node->op->outputs, i);
        }
    }
    for (size_t j = 0; j < list.count; j++) list.node[j]->walking = false;
    for (size_t j = 0; j < to.count && j < most && status != CNN_OK; j++) cnn_tensor_release(&kept[j].tensor);
    free(list.node);
    *found = to.count;
    return status;
}
