/* SPDX-License-Identifier: MIT
 * pixels.h, pixel by pixel. */
#include "kernels/pixels.h"

static size_t workspace_bytes(int64_t channels, int64_t width) {
    (void)channels, (void)width;
    return 0;
}

static void look_up(const cnn_pixels_params *params, const uint8_t *input, const void *table, void *output,
                    void *workspace) {
    (void)workspace;
    const int64_t channels = params->channels;
    for (int64_t i = 0; i < params->height; i++) {
        for (int64_t j = 0; j < params->width; j++) {
            const int64_t border = cnn_pixels_border(params->row[i], params->column[j]);
            for (int64_t c = 0; c < channels; c++) {
                const int64_t at = (c * params->in_height + params->row[i]) * params->in_width + params->column[j];
                const uint8_t byte = border >= 0 ? params->fill[border * channels + c] : input[at];
                ((REAL *)output)[(i * params->width + j) * channels + c] = ((const REAL *)table)[c * 256 + byte];
            }
        }
    }
}

const cnn_pixels_kernels CNN_VARIANT(cnn_pixels) = {workspace_bytes, look_up};
