/* SPDX-License-Identifier: MIT
 * Inside the library: where ops ran, and who wrote a tensor last (see anomaly.c). */
#ifndef CNN_CORE_ANOMALY_H
#define CNN_CORE_ANOMALY_H

#include "core/node.h"

#define CNN_PLACE_TEXT 120 /* bytes of a place, such as "mnist.lua:14, in layer2.0" */

/* The place where the caller is, in memory of its own; NULL outside anomaly mode. */
char *cnn_anomaly_place(void);
/* " (at mnist.lua:14)" or "" into a buffer of CNN_PLACE_TEXT + 8 bytes; returns the buffer. */
const char *cnn_anomaly_at(const char *place, char *buffer);
/* " by add_", from a storage's writer, or "" into a buffer of CNN_PLACE_TEXT bytes; returns the buffer. */
const char *cnn_anomaly_writer(const char *writer, char *buffer);
/* BAD_VALUE in anomaly mode if a gradient that this node made has a NaN. */
CNN_CHECKED cnn_status cnn_anomaly_check(const cnn_node *node, cnn_tensor *const *din, cnn_error *err);
/* Counts a write, as cnn_tensor_touch, and notes by what ("add_", a static string) and, in anomaly mode, where. */
void cnn_tensor_written(cnn_tensor *x, const char *by);

#endif
