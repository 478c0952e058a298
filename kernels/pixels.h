/* SPDX-License-Identifier: MIT
 * CONTRACT pixels: an image of bytes, cropped, flipped and bordered, as floats in one pass.
 *
 *   input    [C, in_height, in_width]  bytes, dense, channel after channel
 *   output   [height, width, C]        reals: images lie channels-last in memory
 *   table    [C, 256]                  reals: what each byte of each channel becomes
 *   row      [height]                  the input's row that each of the output's rows shows, or -1 - k for border k
 *   column   [width]                   likewise; where both are borders, the one with the larger k is seen
 *   next     [C, in_height, in_width]  the image that is looked up after this one, or NULL: a hint to fetch it
 *   fill     [borders, C]              bytes: the borders' colours, which go through the table as well
 *
 *   output[i, j, c] = table[c][input[c, row[i], column[j]]]
 *
 * All levels give the same bits, since nothing is computed. Interrupts are the caller's business: one image is short.
 */
#ifndef CNN_KERNELS_PIXELS_H
#define CNN_KERNELS_PIXELS_H

#include "base.h"

typedef struct cnn_pixels_params {
    int64_t channels, in_height, in_width, height, width;
    const int32_t *row, *column;
    const uint8_t *fill, *next;
} cnn_pixels_params;

typedef struct cnn_pixels_kernels {
    /* Bytes of scratch memory that look_up needs. */
    size_t (*workspace_bytes)(int64_t channels, int64_t width);
    void (*look_up)(const cnn_pixels_params *params, const uint8_t *input, const void *table, void *output,
                    void *workspace);
} cnn_pixels_kernels;

/* The border that is seen where row r meets column c of the maps, or a negative number where the image is. */
static inline int64_t cnn_pixels_border(int32_t r, int32_t c) {
    return -1 - (int64_t)(r < c ? r : c);
}

#endif
