/* SPDX-License-Identifier: MIT
 * CONTRACT cross_entropy: -log of the probability that softmax gives to the right class, per row.
 *
 *   logits, dlogits  [rows, classes] dense
 *   labels           [rows] int64, 1 … classes (checked by the caller)
 *   loss, dloss      [rows]
 *
 *   loss = log(sum over j of exp(logits[j] - max)) + max - logits[label]
 *   dlogits[j] = (softmax(logits)[j] - (j == label)) * dloss
 * A row with NaN or only infinite logits gives NaN; finite logits never overflow. */
#ifndef CNN_KERNELS_CROSS_ENTROPY_H
#define CNN_KERNELS_CROSS_ENTROPY_H

#include "base.h"

typedef struct cnn_cross_entropy_kernels {
    void (*forward)(const cnn_team *team, int64_t rows, int64_t classes, const void *logits, const int64_t *labels,
                    void *loss);
    void (*backward)(const cnn_team *team, int64_t rows, int64_t classes, const void *logits, const int64_t *labels,
                     const void *dloss, void *dlogits);
} cnn_cross_entropy_kernels;

#endif
