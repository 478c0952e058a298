/* SPDX-License-Identifier: MIT
 * Reference-counted bytes, shared by a tensor and its views. */
#include "core/alloc.h"
#include "core/tensor.h"
#include "core/waiting.h"

#include <stdlib.h>

cnn_status cnn_storage_new(size_t bytes, cnn_storage **out, cnn_error *err) {
    cnn_storage *storage = malloc(sizeof *storage);
    if (!storage) return cnn_fail(err, CNN_NO_MEMORY, "no memory for a tensor's bookkeeping");
    *storage = (cnn_storage){.refs = 1, .bytes = bytes};
    cnn_status status = cnn_alloc(bytes, &storage->data, &storage->capacity, err);
    if (status != CNN_OK) {
        free(storage);
        return status;
    }
    *out = storage;
    return CNN_OK;
}

cnn_storage *cnn_storage_retain(cnn_storage *storage) {
    storage->refs++;
    return storage;
}

void cnn_storage_release(cnn_storage **slot) {
    cnn_storage *storage = *slot;
    *slot = NULL;
    if (!storage || --storage->refs > 0) return;
    cnn_wait_done(storage);
    cnn_storage_release(&storage->moments);
    cnn_norm_sums_release(&storage->sums);
    if (!storage->hollow) cnn_free(storage->data, storage->bytes, storage->capacity);
    free(storage->written_at);
    free(storage);
}

cnn_status cnn_scratch(size_t bytes, cnn_storage **out, cnn_error *err) {
    *out = NULL;
    return bytes ? cnn_storage_new(bytes, out, err) : CNN_OK;
}
