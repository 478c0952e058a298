/* SPDX-License-Identifier: MIT
 * The file format IDX, in which MNIST and its relatives come: big-endian, gzipped or plain.
 *
 *   bytes 0, 1   zero        byte 2   type of the elements: 8 is unsigned byte, the only one read
 *   byte 3       number of dimensions, then as many 32-bit sizes, then the elements, row-major
 * Source: Y. LeCun's description beside the MNIST files. */
#ifndef CNN_CORE_IDX_H
#define CNN_CORE_IDX_H

#include "core/cnn.h"

/* Reads a file into a uint8 tensor. IO names the file, what was expected and what came: missing, foreign, truncated,
 * too long, damaged. Memory is asked for only as far as the file really has data. */
CNN_CHECKED cnn_status cnn_idx_load(const char *path, cnn_tensor **out, cnn_error *err);

#endif
