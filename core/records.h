/* SPDX-License-Identifier: MIT
 * Files of records without a header, as CIFAR-10 and CIFAR-100 come in: labels, one byte each, then an image.
 *
 * Source: A. Krizhevsky's page of both sets, "binary version". */
#ifndef CNN_CORE_RECORDS_H
#define CNN_CORE_RECORDS_H

#include "core/cnn.h"

#define CNN_RECORD_LABELS 4

typedef struct cnn_records {
    int labels;                     /* of each record, 1 … CNN_RECORD_LABELS */
    int classes[CNN_RECORD_LABELS]; /* of each label: it is less             */
    cnn_shape image;                /* bytes, as [3, 32, 32]                 */
} cnn_records;

/* Reads files one after another: images uint8 [N, …], labels int64 [N, labels], counted from 1. IO names the file and
 * the record: a length that is no whole number of records, a label out of range, or what the system says; NO_MEMORY,
 * INTERRUPTED. */
CNN_CHECKED cnn_status cnn_records_load(const char *const *paths, int count, const cnn_records *format,
                                        cnn_tensor **images, cnn_tensor **labels, cnn_error *err);

#endif
