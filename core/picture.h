/* SPDX-License-Identifier: MIT
 * Pictures in files: PNG by libpng and JPEG by libjpeg-turbo, which are loaded when the first picture is asked for.
 *
 * Files are not trusted: sizes are looked at before memory is asked for, and a file that is cut short, damaged or
 * something else gets a sentence with its path. Pixels come as bytes; PNG's 16 bits become 8, its palettes colours.
 * Decoding may run in any thread, once cnn_picture_start has been called in one. */
#ifndef CNN_CORE_PICTURE_H
#define CNN_CORE_PICTURE_H

#include "core/cnn.h"

#define CNN_PICTURE_SIDE   32768              /* the longest side that is read           */
#define CNN_PICTURE_PIXELS ((int64_t)1 << 27) /* the most pixels, half a gigabyte of RGBA */

typedef enum cnn_picture_mode {
    CNN_PICTURE_UNCHANGED, /* as many channels as the file has; CMYK becomes RGB */
    CNN_PICTURE_GRAY,
    CNN_PICTURE_GRAY_ALPHA,
    CNN_PICTURE_RGB,
    CNN_PICTURE_RGB_ALPHA,
    CNN_PICTURE_MODES
} cnn_picture_mode;

typedef struct cnn_picture {
    int64_t height, width, channels; /* grey, grey and alpha, RGB, RGB and alpha: 1 … 4 */
    uint8_t *pixel;                  /* [channels, height, width]; free it              */
} cnn_picture;

/* Fills `mode` in from "UNCHANGED", "GRAY", "GRAY_ALPHA", "RGB", "RGB_ALPHA"; BAD_VALUE. */
CNN_CHECKED cnn_status cnn_picture_mode_named(const char *name, cnn_picture_mode *mode, cnn_error *err);
/* Loads what decoding needs; IO where a library is missing. `path` decides which one: by its ending. */
CNN_CHECKED cnn_status cnn_picture_start(const char *path, cnn_error *err);
/* IO, NO_MEMORY. */
CNN_CHECKED cnn_status cnn_picture_read(const char *path, cnn_picture_mode mode, cnn_picture *out, cnn_error *err);
/* Writes the picture whole or not at all, as PNG or (with quality 1 … 100) JPEG, by the path's ending. IO, BAD_VALUE.
 */
CNN_CHECKED cnn_status cnn_picture_write(const char *path, const cnn_picture *picture, int quality, cnn_error *err);

/* ---- between picture.c and the formats: pixels are [height, width, channels] there ---- */

typedef struct cnn_picture_format {
    const char *name; /* "PNG" */
    /* Loads the library, once. */
    cnn_status (*load)(cnn_error *err);
    /* Like cnn_picture_read with what the file holds; `out->pixel` is interleaved. The text lacks the path. */
    cnn_status (*decode)(const uint8_t *data, size_t bytes, cnn_picture_mode mode, cnn_picture *out, cnn_error *err);
    /* *data comes from malloc. */
    cnn_status (*encode)(const cnn_picture *picture, int quality, uint8_t **data, size_t *bytes, cnn_error *err);
} cnn_picture_format;

extern const cnn_picture_format cnn_picture_png, cnn_picture_jpeg;

/* Sizes that a header names: BAD_SHAPE where there are no pixels or too many. */
CNN_CHECKED cnn_status cnn_picture_check_sizes(int64_t width, int64_t height, cnn_error *err);

#endif
