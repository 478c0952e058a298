/* SPDX-License-Identifier: MIT
 * Finding the op that is to blame: places of ops while anomaly mode is on, and the check for NaN after each gradient.
 *
 * The name of an op is always known, since nodes and storages hold it at no cost. *Where* it ran is asked of the caller
 * (the binding knows the user's line), which takes longer than a small op itself: op by op only in anomaly mode, else
 * only for a write into what some gradient is waiting to read, which will be an error if that gradient is asked for. */
#include "core/anomaly.h"
#include "core/functions.h"
#include "core/node.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool enabled;
static cnn_place place_of_caller;

bool cnn_anomaly_enabled(void) {
    return enabled;
}

bool cnn_anomaly_enable(bool enable, cnn_place place) {
    bool before = enabled;
    enabled = enable;
    place_of_caller = place;
    return before;
}

/* Without memory the place is not known: a message without it is better than an op that fails. */
static char *current_place(void) {
    char text[CNN_PLACE_TEXT] = "";
    if (!place_of_caller) return NULL;
    place_of_caller(text, sizeof text);
    return text[0] ? strdup(text) : NULL;
}

char *cnn_anomaly_place(void) {
    return enabled ? current_place() : NULL;
}

/* Ops note their name, whose in-place form has an underscore more; others the words they want. */
const char *cnn_anomaly_writer(const char *writer, char *buffer) {
    bool is_op = false;
    for (int i = 0; cnn_ops[i] && !is_op; i++) is_op = cnn_ops[i]->name == writer;
    snprintf(buffer, CNN_PLACE_TEXT, "%s%s%s", writer ? " by " : "", writer ? writer : "", is_op ? "_" : "");
    return buffer;
}

const char *cnn_anomaly_at(const char *place, char *buffer) {
    buffer[0] = '\0';
    if (place) snprintf(buffer, CNN_PLACE_TEXT + 8, " (at %s)", place);
    return buffer;
}

void cnn_tensor_written(cnn_tensor *x, const char *by) {
    cnn_tensor_touch(x);
    x->storage->writer = by;
    if (enabled || x->storage->awaited > 0) x->storage->written_at = current_place();
}

static bool has_nan(cnn_tensor *x, bool *found, cnn_error *err) {
    cnn_tensor *dense = NULL;
    if ((x->dtype == CNN_BF16 ? cnn_cast(x, CNN_F32, &dense, err) : cnn_dense(x, &dense, err)) != CNN_OK) return false;
    int64_t count = cnn_tensor_numel(dense);
    const float *single = cnn_tensor_data(dense);
    const double *twice = cnn_tensor_data(dense);
    *found = false;
    for (int64_t i = 0; i < count && !*found; i++) {
        double value = dense->dtype == CNN_F32 ? (double)single[i] : twice[i];
        *found = value != value;
    }
    cnn_tensor_release(&dense);
    return true;
}

cnn_status cnn_anomaly_check(const cnn_node *node, cnn_tensor *const *din, cnn_error *err) {
    char shape[CNN_SHAPE_TEXT], at[CNN_PLACE_TEXT + 8];
    for (int i = 0; enabled && i < node->op->inputs; i++) {
        bool found = false;
        if (!din[i] || !cnn_dtype_is_real(din[i]->dtype)) continue;
        if (!has_nan(din[i], &found, err)) return err->status;
        if (!found) continue;
        cnn_fail(err, CNN_BAD_VALUE, "the gradient of %s%s is the first with a NaN: that of its input %d, %s",
                 node->op->name, cnn_anomaly_at(node->place, at), i + 1, cnn_shape_print(&din[i]->shape, shape));
        if (!node->place)
            cnn_error_fix(err, "cnn.autograd.set_detect_anomaly(true) before the forward pass tells the line, too");
        return CNN_BAD_VALUE;
    }
    return CNN_OK;
}
