/* SPDX-License-Identifier: MIT
 * JPEG for picture.h, by libjpeg-turbo's own interface, which returns where it fails.
 *
 * Colours come as RGB, grey pictures as grey, and CMYK (as printers' programs write it, inverted) is turned into RGB
 * here. The library warns of files that are cut short and fills in grey; here they are errors. */
#include "core/library.h"
#include "core/picture.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#ifndef CNN_HAVE_JPEG
#if defined(__has_include) && __has_include(<turbojpeg.h>)
#define CNN_HAVE_JPEG 1
#else
#define CNN_HAVE_JPEG 0
#endif
#endif

#if CNN_HAVE_JPEG
#include <turbojpeg.h>

static struct {
    tjhandle (*decoder)(void);
    tjhandle (*encoder)(void);
    int (*header)(tjhandle, const unsigned char *, unsigned long, int *, int *, int *, int *);
    int (*decode)(tjhandle, const unsigned char *, unsigned long, unsigned char *, int, int, int, int, int);
    int (*encode)(tjhandle, const unsigned char *, int, int, int, int, unsigned char **, unsigned long *, int, int,
                  int);
    unsigned long (*bound)(int, int, int);
    char *(*words)(tjhandle);
    int (*code)(tjhandle);
    int (*destroy)(tjhandle);
} jpeg;

static pthread_mutex_t loading = PTHREAD_MUTEX_INITIALIZER;

static cnn_status load(cnn_error *err) {
    static const char *const files[] = {"libturbojpeg.so.0", "libturbojpeg.so", NULL};
    static bool loaded;
    const cnn_symbol symbols[] = {{"tjInitDecompress", &jpeg.decoder},   {"tjInitCompress", &jpeg.encoder},
                                  {"tjDecompressHeader3", &jpeg.header}, {"tjDecompress2", &jpeg.decode},
                                  {"tjCompress2", &jpeg.encode},         {"tjBufSize", &jpeg.bound},
                                  {"tjGetErrorStr2", &jpeg.words},       {"tjGetErrorCode", &jpeg.code},
                                  {"tjDestroy", &jpeg.destroy},          {NULL, NULL}};
    cnn_status status = CNN_OK;
    pthread_mutex_lock(&loading);
    if (!loaded)
        status =
            cnn_library_load(files, symbols, "JPEG pictures need libjpeg-turbo", "apt-get install libturbojpeg0", err);
    loaded = status == CNN_OK;
    pthread_mutex_unlock(&loading);
    return status;
}

static cnn_status damaged(tjhandle handle, cnn_error *err) {
    return cnn_fail(err, CNN_IO, "the JPEG is damaged or cut short: %.160s", jpeg.words(handle));
}

/* Four inks in place of three lights. */
static void cmyk_to_rgb(uint8_t *pixel, int64_t count) {
    for (int64_t i = 0; i < count; i++)
        for (int c = 0; c < 3; c++) pixel[3 * i + c] = (uint8_t)((pixel[4 * i + c] * pixel[4 * i + 3] + 127) / 255);
}

static cnn_status pixels(tjhandle handle, const uint8_t *data, size_t bytes, int space, bool grey, cnn_picture *out,
                         cnn_error *err) {
    const bool cmyk = space == TJCS_CMYK || space == TJCS_YCCK;
    const int format = cmyk ? TJPF_CMYK : grey ? TJPF_GRAY : TJPF_RGB, stored = cmyk ? 4 : grey ? 1 : 3;
    out->channels = grey && !cmyk ? 1 : 3;
    out->pixel = malloc((size_t)(out->width * out->height * stored));
    if (!out->pixel) return cnn_fail(err, CNN_NO_MEMORY, "no memory left for the picture");
    const int failed = jpeg.decode(handle, data, bytes, out->pixel, (int)out->width, 0, (int)out->height, format, 0);
    if (failed && (jpeg.code(handle) != TJERR_WARNING || strstr(jpeg.words(handle), "remature end")))
        return damaged(handle, err);
    if (cmyk) cmyk_to_rgb(out->pixel, out->width * out->height);
    return CNN_OK;
}

static cnn_status decode(const uint8_t *data, size_t bytes, cnn_picture_mode mode, cnn_picture *out, cnn_error *err) {
    int width = 0, height = 0, sampling = 0, space = 0;
    tjhandle handle = jpeg.decoder();
    if (!handle) return cnn_fail(err, CNN_NO_MEMORY, "no memory left for the picture");
    cnn_status status = CNN_OK;
    if (jpeg.header(handle, data, bytes, &width, &height, &sampling, &space) != 0) status = damaged(handle, err);
    if (status == CNN_OK && (width < 1 || height < 1)) /* there was no more than a beginning */
        status = cnn_fail(err, CNN_IO, "the JPEG is damaged or cut short: it has no sizes");
    if (status == CNN_OK) status = cnn_picture_check_sizes(width, height, err);
    *out = (cnn_picture){height, width, 0, NULL};
    const bool grey = space == TJCS_GRAY || mode == CNN_PICTURE_GRAY || mode == CNN_PICTURE_GRAY_ALPHA;
    if (status == CNN_OK) status = pixels(handle, data, bytes, space, grey, out, err);
    jpeg.destroy(handle);
    return status;
}

static cnn_status encode(const cnn_picture *picture, int quality, uint8_t **data, size_t *bytes, cnn_error *err) {
    if (picture->channels != 1 && picture->channels != 3)
        return cnn_fail(err, CNN_BAD_SHAPE, "a JPEG has 1 or 3 channels; got %lld", (long long)picture->channels);
    const bool grey = picture->channels == 1;
    const int width = (int)picture->width, height = (int)picture->height, sampling = grey ? TJSAMP_GRAY : TJSAMP_420;
    unsigned long size = jpeg.bound(width, height, sampling);
    tjhandle handle = jpeg.encoder();
    *data = malloc(size);
    cnn_status status = handle && *data ? CNN_OK : cnn_fail(err, CNN_NO_MEMORY, "no memory left for the JPEG");
    if (status == CNN_OK && jpeg.encode(handle, picture->pixel, width, 0, height, grey ? TJPF_GRAY : TJPF_RGB, data,
                                        &size, sampling, quality, TJFLAG_NOREALLOC) != 0)
        status = cnn_fail(err, CNN_IO, "the JPEG cannot be made: %.160s", jpeg.words(handle));
    if (handle) jpeg.destroy(handle);
    *bytes = size;
    return status;
}
#else
static cnn_status load(cnn_error *err) {
    cnn_fail(err, CNN_IO, "JPEG pictures need libjpeg-turbo, whose headers were absent when this program was built");
    cnn_error_fix(err, "apt-get install libturbojpeg0-dev, then make clean all");
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

const cnn_picture_format cnn_picture_jpeg = {"JPEG", load, decode, encode};
