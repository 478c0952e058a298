/* SPDX-License-Identifier: MIT
 * PNG for picture.h, by libpng's interface for whole images, which returns where it fails.
 *
 * It looks after palettes, transparency, interlacing and 16 bits, and brings pictures with another gamma to sRGB. */
#include "core/library.h"
#include "core/picture.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#ifndef CNN_HAVE_PNG
#if defined(__has_include) && __has_include(<png.h>)
#define CNN_HAVE_PNG 1
#else
#define CNN_HAVE_PNG 0
#endif
#endif

#if CNN_HAVE_PNG
#include <png.h>

static struct {
    int (*begin)(png_imagep, png_const_voidp, size_t);
    int (*finish)(png_imagep, png_const_colorp, void *, png_int_32, void *);
    void (*free)(png_imagep);
    int (*write)(png_imagep, void *, png_alloc_size_t *, int, const void *, png_int_32, const void *);
} png;

static pthread_mutex_t loading = PTHREAD_MUTEX_INITIALIZER;

static cnn_status load(cnn_error *err) {
    static const char *const files[] = {"libpng16.so.16", "libpng16.so", "libpng.so", NULL};
    static bool loaded;
    const cnn_symbol symbols[] = {{"png_image_begin_read_from_memory", &png.begin},
                                  {"png_image_finish_read", &png.finish},
                                  {"png_image_free", &png.free},
                                  {"png_image_write_to_memory", &png.write},
                                  {NULL, NULL}};
    cnn_status status = CNN_OK;
    pthread_mutex_lock(&loading);
    if (!loaded)
        status = cnn_library_load(files, symbols, "PNG pictures need libpng", "apt-get install libpng16-16", err);
    loaded = status == CNN_OK;
    pthread_mutex_unlock(&loading);
    return status;
}

static int channels_of(png_uint_32 format) {
    return (format & PNG_FORMAT_FLAG_COLOR ? 3 : 1) + (format & PNG_FORMAT_FLAG_ALPHA ? 1 : 0);
}

static cnn_status finish(png_image *image, cnn_picture *out, cnn_error *err) {
    image->format &= PNG_FORMAT_FLAG_COLOR | PNG_FORMAT_FLAG_ALPHA; /* bytes, in the order r, g, b, alpha */
    image->flags |= PNG_IMAGE_FLAG_16BIT_sRGB;
    *out = (cnn_picture){image->height, image->width, channels_of(image->format), NULL};
    const size_t row = (size_t)(out->width * out->channels);
    out->pixel = malloc(row * (size_t)out->height);
    if (!out->pixel) return cnn_fail(err, CNN_NO_MEMORY, "no memory left for the picture");
    if (png.finish(image, NULL, out->pixel, (png_int_32)row, NULL) && !PNG_IMAGE_FAILED(*image)) return CNN_OK;
    return cnn_fail(err, CNN_IO, "the PNG is damaged or cut short: %.64s", image->message);
}

static cnn_status decode(const uint8_t *data, size_t bytes, cnn_picture_mode mode, cnn_picture *out, cnn_error *err) {
    (void)mode;
    png_image image = {.version = PNG_IMAGE_VERSION};
    cnn_status status = CNN_OK;
    if (!png.begin(&image, data, bytes))
        return cnn_fail(err, CNN_IO, "the PNG is damaged or cut short: %.64s", image.message);
    status = cnn_picture_check_sizes(image.width, image.height, err);
    if (status == CNN_OK) status = finish(&image, out, err);
    png.free(&image);
    return status;
}

static cnn_status encode(const cnn_picture *picture, int quality, uint8_t **data, size_t *bytes, cnn_error *err) {
    static const png_uint_32 formats[] = {0, PNG_FORMAT_GRAY, PNG_FORMAT_GA, PNG_FORMAT_RGB, PNG_FORMAT_RGBA};
    (void)quality;
    png_image image = {.version = PNG_IMAGE_VERSION,
                       .width = (png_uint_32)picture->width,
                       .height = (png_uint_32)picture->height,
                       .format = formats[picture->channels]};
    png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(image);
    *data = malloc(size);
    if (!*data) return cnn_fail(err, CNN_NO_MEMORY, "no memory left for the PNG");
    if (!png.write(&image, *data, &size, 0, picture->pixel, 0, NULL))
        return cnn_fail(err, CNN_IO, "the PNG cannot be made: %.64s", image.message);
    *bytes = size;
    return CNN_OK;
}
#else
static cnn_status load(cnn_error *err) {
    cnn_fail(err, CNN_IO, "PNG pictures need libpng, whose headers were absent when this program was built");
    cnn_error_fix(err, "apt-get install libpng-dev, then make clean all");
    return CNN_IO;
}

static cnn_status decode(const uint8_t *data, size_t bytes, cnn_picture_mode mode, cnn_picture *out, cnn_error *err) {
    (void)data, (void)bytes, (void)mode, (void)out;
    return load(err);
}

static cnn_status encode(const cnn_picture *picture, int quality, uint8_t **data, size_t *bytes, cnn_error *err) {
    (void)picture, (void)quality, (void)data, (void)bytes;
    return load(err);
}
#endif

const cnn_picture_format cnn_picture_png = {"PNG", load, decode, encode};
