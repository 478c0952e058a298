/* SPDX-License-Identifier: MIT
 * Autocast: see autocast.h. Which ops are touched is written in their descriptors (cnn_op.autocast).
 *
 * Casts are ordinary ops, so gradients come back in the type of what was cast: parameters and their gradients stay
 * float32. A parameter is cast once and then found in `kept` until autocast is switched off, unless it was written
 * meanwhile. Several forward passes may share such a cast, and each has its own backward pass: its node is never spent
 * (it saves nothing). */
#include "core/autocast.h"
#include "core/functions.h"
#include "core/node.h"

#include <stdlib.h>

typedef struct kept_cast {
    cnn_tensor *source, *cast; /* references */
    uint64_t version;          /* of the source when it was cast */
} kept_cast;

static struct {
    bool enabled;
    kept_cast *kept;
    size_t count, capacity;
} autocast;

bool cnn_autocast_enabled(void) {
    return autocast.enabled;
}

bool cnn_autocast_pause(bool enabled) {
    bool before = autocast.enabled;
    autocast.enabled = enabled;
    return before;
}

bool cnn_autocast_enable(bool enabled) {
    while (!enabled && autocast.count > 0) {
        kept_cast *last = &autocast.kept[--autocast.count];
        cnn_tensor_release(&last->source);
        cnn_tensor_release(&last->cast);
    }
    return cnn_autocast_pause(enabled);
}

bool cnn_autocast_applies(const cnn_op *op) {
    return autocast.enabled && op->autocast != CNN_AUTOCAST_KEEP;
}

/* ---- casts of parameters ---- */

static bool is_worth_keeping(const cnn_tensor *x) {
    return x->requires_grad && !x->node;
}

/* A place for x: the one it has, or a new one; NULL without memory, and then nothing is kept. */
static kept_cast *place_of(cnn_tensor *x) {
    for (size_t i = 0; i < autocast.count; i++)
        if (autocast.kept[i].source == x) return &autocast.kept[i];
    if (autocast.count == autocast.capacity) {
        size_t capacity = autocast.capacity ? 2 * autocast.capacity : 16;
        kept_cast *grown = realloc(autocast.kept, capacity * sizeof *grown);
        if (!grown) return NULL;
        autocast.kept = grown;
        autocast.capacity = capacity;
    }
    kept_cast *place = &autocast.kept[autocast.count++];
    *place = (kept_cast){.source = cnn_tensor_retain(x)};
    return place;
}

/* A cast that was made while nothing was recorded leads to no gradient. */
static bool serves(const kept_cast *kept, cnn_dtype dtype) {
    return kept->cast && kept->cast->dtype == dtype && kept->version == cnn_tensor_version(kept->source) &&
           (kept->cast->requires_grad || !cnn_grad_enabled());
}

static cnn_status cast_parameter(cnn_tensor *x, cnn_dtype dtype, cnn_tensor **out, cnn_error *err) {
    kept_cast *kept = place_of(x);
    if (kept && serves(kept, dtype)) {
        *out = cnn_tensor_retain(kept->cast);
        return CNN_OK;
    }
    cnn_status status = cnn_cast(x, dtype, out, err);
    if (status != CNN_OK || !kept) return status;
    cnn_tensor_release(&kept->cast);
    kept->cast = cnn_tensor_retain(*out);
    kept->version = cnn_tensor_version(x);
    if (kept->cast->node) kept->cast->node->shared = true;
    return CNN_OK;
}

/* ---- inputs ---- */

cnn_status cnn_autocast_inputs(const cnn_op *op, cnn_tensor *const *in, cnn_tensor **ready, cnn_error *err) {
    const cnn_dtype to = op->autocast == CNN_AUTOCAST_BF16 ? CNN_BF16 : CNN_F32;
    const cnn_dtype from = op->autocast == CNN_AUTOCAST_BF16 ? CNN_F32 : CNN_BF16;
    for (int i = 0; i < op->inputs; i++) {
        cnn_status status = CNN_OK;
        if (!in[i]) continue;
        if (in[i]->dtype != from) /* float64 and whole numbers are nobody's business here */
            ready[i] = cnn_tensor_retain(in[i]);
        else
            status = is_worth_keeping(in[i]) ? cast_parameter(in[i], to, &ready[i], err)
                                             : cnn_cast(in[i], to, &ready[i], err);
        if (status != CNN_OK) return status;
    }
    return CNN_OK;
}
