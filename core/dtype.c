/* SPDX-License-Identifier: MIT
 * The element types and how they mix. */
#include "core/cnn.h"
#include "kernels/bf16.h"

static const struct {
    const char *name;
    size_t bytes;
    int rank; /* of two types, the one with the higher rank holds both */
} types[CNN_DTYPES] = {
    [CNN_F32] = {"float32", 4, 4}, [CNN_F64] = {"float64", 8, 5}, [CNN_BF16] = {"bfloat16", 2, 3},
    [CNN_I64] = {"int64", 8, 2},   [CNN_U8] = {"uint8", 1, 1},    [CNN_BOOL] = {"bool", 1, 0},
};

const char *cnn_dtype_name(cnn_dtype dtype) {
    return types[dtype].name;
}

size_t cnn_dtype_bytes(cnn_dtype dtype) {
    return types[dtype].bytes;
}

bool cnn_dtype_is_real(cnn_dtype dtype) {
    return dtype == CNN_F32 || dtype == CNN_F64 || dtype == CNN_BF16;
}

uint16_t cnn_bfloat16(double value) {
    return cnn_bf16_round((float)value);
}

cnn_dtype cnn_dtype_promote(cnn_dtype a, cnn_dtype b) {
    return types[a].rank >= types[b].rank ? a : b;
}
