/* SPDX-License-Identifier: MIT
 * Digits: 60,000 + 10,000 drawn images of handwritten-like digits, 28 x 28, made here and the same everywhere.
 *
 * An image depends on its split and number alone: not on the machine, the instruction set or the number of threads.
 * Every ten images, from a multiple of ten on, hold each class once, shuffled. */
#ifndef CNN_CORE_DIGITS_H
#define CNN_CORE_DIGITS_H

#include "core/cnn.h"

#define CNN_DIGITS_SIDE 28

typedef enum cnn_digits_split { CNN_DIGITS_TRAIN, CNN_DIGITS_TEST } cnn_digits_split;

/* Images in a split: 60,000 and 10,000. */
int64_t cnn_digits_count(cnn_digits_split split);
/* Images first … first + count - 1 (from 0): images uint8 [count, 28, 28], labels int64 [count], 1 … 10 for the digits
 * 0 … 9. BAD_VALUE outside the split, NO_MEMORY, INTERRUPTED. */
CNN_CHECKED cnn_status cnn_digits(cnn_digits_split split, int64_t first, int64_t count, cnn_tensor **images,
                                  cnn_tensor **labels, cnn_error *err);

#endif
