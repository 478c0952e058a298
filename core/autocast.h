/* SPDX-License-Identifier: MIT
 * Autocast: ops that get their inputs in another type while it is on (cnn.h tells what users see). */
#ifndef CNN_CORE_AUTOCAST_H
#define CNN_CORE_AUTOCAST_H

#include "core/op.h"

/* Whether an op's inputs are to be cast now. */
bool cnn_autocast_applies(const cnn_op *op);
/* The inputs as the op's rule wants them, by recorded casts; each is a reference, NULL for an absent one. On failure
 * what has been made is in `ready`, too. */
CNN_CHECKED cnn_status cnn_autocast_inputs(const cnn_op *op, cnn_tensor *const *in, cnn_tensor **ready, cnn_error *err);
/* Switches it off for a while, or on again, without forgetting the casts of parameters. Returns what it was. */
bool cnn_autocast_pause(bool enabled);

#endif
