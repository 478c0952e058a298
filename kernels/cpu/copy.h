/* SPDX-License-Identifier: MIT
 * Copies between memory layouts: the transposition of [rows, columns] where the input is dense along the rows and the
 * output along the columns, as between channels-first and channels-last images.
 *
 * Read or written naively, every element would touch another cache line. A block of COPY_BLOCK x COPY_BLOCK elements
 * instead reads whole lines and writes whole lines, a large result past the caches; elements of 4 bytes turn around in
 * registers, 4 x 4 at a time. Ladder, 128 images of 64 channels, 16 x 16, on two cores: blocks
 * written by quarter lines 0.75 ms (1.2 in a training step) -> pixels whole, lines whole past the caches 0.45 (0.5). */
#ifndef CNN_KERNELS_CPU_COPY_H
#define CNN_KERNELS_CPU_COPY_H

#include "kernels/cpu/vector.h"

enum { COPY_BLOCK = 16 };

typedef uint32_t copy_four __attribute__((vector_size(16)));

/* out[i * out_row + j] = in[j * in_column + i] for 4 x 4 elements of 4 bytes; strides in elements */
static inline void copy_transpose_4x4(const char *in, int64_t in_column, char *out, int64_t out_row) {
    copy_four a, b, c, d;
    memcpy(&a, in, 16);
    memcpy(&b, in + 4 * in_column, 16);
    memcpy(&c, in + 8 * in_column, 16);
    memcpy(&d, in + 12 * in_column, 16);
    const copy_four ab_low = __builtin_shufflevector(a, b, 0, 4, 1, 5),
                    ab_high = __builtin_shufflevector(a, b, 2, 6, 3, 7);
    const copy_four cd_low = __builtin_shufflevector(c, d, 0, 4, 1, 5),
                    cd_high = __builtin_shufflevector(c, d, 2, 6, 3, 7);
    a = __builtin_shufflevector(ab_low, cd_low, 0, 1, 4, 5);
    b = __builtin_shufflevector(ab_low, cd_low, 2, 3, 6, 7);
    c = __builtin_shufflevector(ab_high, cd_high, 0, 1, 4, 5);
    d = __builtin_shufflevector(ab_high, cd_high, 2, 3, 6, 7);
    memcpy(out, &a, 16);
    memcpy(out + 4 * out_row, &b, 16);
    memcpy(out + 8 * out_row, &c, 16);
    memcpy(out + 12 * out_row, &d, 16);
}

/* A line of 16 elements of 4 bytes; past the caches only where it lies on a cache line. */
static inline void copy_line(const uint32_t *line, char *out, bool stream) {
    if (!stream || (uintptr_t)out % 64 != 0) {
        memcpy(out, line, 64);
        return;
    }
    for (int i = 0; i < 16; i += VF_WIDTH) {
        VF v;
        memcpy(&v, line + i, sizeof v);
        vf_stream((float *)out + i, v);
    }
}

/* A whole block of elements of 4 bytes; strides in elements */
static inline void copy_transpose_block(const char *in, int64_t in_column, char *out, int64_t out_row, bool stream) {
    uint32_t block[COPY_BLOCK * COPY_BLOCK] __attribute__((aligned(64)));
    for (int64_t i = 0; i < COPY_BLOCK; i += 4)
        for (int64_t j = 0; j < COPY_BLOCK; j += 4)
            copy_transpose_4x4(in + 4 * (i + j * in_column), in_column, (char *)(block + i * COPY_BLOCK + j),
                               COPY_BLOCK);
    for (int64_t i = 0; i < COPY_BLOCK; i++) copy_line(block + i * COPY_BLOCK, out + 4 * i * out_row, stream);
}

#endif
