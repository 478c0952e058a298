/* SPDX-License-Identifier: MIT
 * Files, modes and the order of pixels for picture.h; the formats are in png.c and jpeg.c. */
#include "core/picture.h"

#include "core/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

static const int channels_of[CNN_PICTURE_MODES] = {0, 1, 2, 3, 4};

cnn_status cnn_picture_mode_named(const char *name, cnn_picture_mode *mode, cnn_error *err) {
    static const char *const names[CNN_PICTURE_MODES] = {"UNCHANGED", "GRAY", "GRAY_ALPHA", "RGB", "RGB_ALPHA"};
    for (int i = 0; i < CNN_PICTURE_MODES; i++) {
        if (strcmp(name, names[i]) == 0) {
            *mode = (cnn_picture_mode)i;
            return CNN_OK;
        }
    }
    return cnn_fail(err, CNN_BAD_VALUE, "a picture is read as UNCHANGED, GRAY, GRAY_ALPHA, RGB or RGB_ALPHA; got %.40s",
                    name);
}

/* ---- formats ---- */

/* By the ending of a path; NULL for others. */
static const cnn_picture_format *format_of_path(const char *path) {
    const char *ending = strrchr(path, '.');
    if (!ending) return NULL;
    if (strcasecmp(ending, ".png") == 0) return &cnn_picture_png;
    if (strcasecmp(ending, ".jpg") == 0 || strcasecmp(ending, ".jpeg") == 0) return &cnn_picture_jpeg;
    return NULL;
}

/* By the first bytes of a file; NULL for others. */
static const cnn_picture_format *format_of_data(const uint8_t *data, size_t bytes) {
    if (bytes >= 8 && memcmp(data, "\x89PNG\r\n\x1a\n", 8) == 0) return &cnn_picture_png;
    if (bytes >= 3 && memcmp(data, "\xff\xd8\xff", 3) == 0) return &cnn_picture_jpeg;
    return NULL;
}

/* What else it may be, for the sentence. */
static const char *other_format(const uint8_t *data, size_t bytes) {
    if (bytes == 0) return "it is empty";
    if (bytes >= 4 && memcmp(data, "GIF8", 4) == 0) return "it is a GIF";
    if (bytes >= 2 && memcmp(data, "BM", 2) == 0) return "it is a BMP";
    if (bytes >= 12 && memcmp(data, "RIFF", 4) == 0 && memcmp(data + 8, "WEBP", 4) == 0) return "it is a WebP";
    if (bytes >= 4 && (memcmp(data, "II*", 4) == 0 || memcmp(data, "MM\0*", 4) == 0)) return "it is a TIFF";
    if (data[0] == '<') return "it is a page or a drawing in text";
    return "it begins with other bytes";
}

cnn_status cnn_picture_start(const char *path, cnn_error *err) {
    const cnn_picture_format *format = format_of_path(path);
    return format ? format->load(err) : CNN_OK;
}

cnn_status cnn_picture_check_sizes(int64_t width, int64_t height, cnn_error *err) {
    if (width < 1 || height < 1)
        return cnn_fail(err, CNN_BAD_SHAPE, "the picture has no pixels: %lld x %lld", (long long)width,
                        (long long)height);
    if (width <= CNN_PICTURE_SIDE && height <= CNN_PICTURE_SIDE && width * height <= CNN_PICTURE_PIXELS) return CNN_OK;
    return cnn_fail(err, CNN_BAD_SHAPE,
                    "the picture is %lld pixels wide and %lld high; at most %d on a side and %lld in all are read",
                    (long long)width, (long long)height, CNN_PICTURE_SIDE, (long long)CNN_PICTURE_PIXELS);
}

/* ---- pixels ---- */

/* One pixel of `from` channels as one of `to` channels. */
static void convert(const uint8_t *in, int64_t from, uint8_t *out, int64_t to) {
    const uint8_t alpha = from == 2 ? in[1] : from == 4 ? in[3] : 255;
    if (to <= 2) {
        const int grey = from >= 3 ? (in[0] * 19595 + in[1] * 38470 + in[2] * 7471 + 32768) >> 16 : in[0];
        out[0] = (uint8_t)grey;
    } else {
        for (int c = 0; c < 3; c++) out[c] = from >= 3 ? in[c] : in[0];
    }
    if (to == 2) out[1] = alpha;
    if (to == 4) out[3] = alpha;
}

/* From [height, width, channels] to [channels, height, width], with as many channels as the mode wants. */
static cnn_status arrange(cnn_picture *picture, cnn_picture_mode mode, cnn_error *err) {
    const int64_t plane = picture->height * picture->width, from = picture->channels;
    const int64_t to = mode == CNN_PICTURE_UNCHANGED ? from : channels_of[mode];
    uint8_t *pixel = malloc((size_t)(plane * to)), one[4] = {0};
    if (!pixel) return cnn_fail(err, CNN_NO_MEMORY, "no memory left for the picture");
    for (int64_t i = 0; i < plane; i++) {
        convert(picture->pixel + i * from, from, one, to);
        for (int64_t c = 0; c < to; c++) pixel[c * plane + i] = one[c];
    }
    free(picture->pixel);
    picture->pixel = pixel;
    picture->channels = to;
    return CNN_OK;
}

/* ---- reading ---- */

static cnn_status with_path(const char *path, cnn_error *err) {
    char text[sizeof err->text];
    snprintf(text, sizeof text, "%.300s: %.330s", path, err->text);
    memcpy(err->text, text, sizeof text);
    return err->status;
}

static cnn_status read_whole(const char *path, uint8_t **data, size_t *bytes, cnn_error *err) {
    int fd = -1;
    int64_t size = 0;
    cnn_status status = cnn_file_open(path, &fd, &size, err);
    if (status != CNN_OK) return status;
    *bytes = (size_t)size;
    *data = malloc(*bytes + 1);
    status = *data ? cnn_file_read_at(fd, path, 0, *data, *bytes, err)
                   : cnn_fail(err, CNN_NO_MEMORY, "no memory left for %.300s", path);
    close(fd);
    if (status == CNN_OK) return CNN_OK;
    free(*data);
    *data = NULL;
    return status;
}

static cnn_status decode(const char *path, const uint8_t *data, size_t bytes, cnn_picture_mode mode, cnn_picture *out,
                         cnn_error *err) {
    const cnn_picture_format *format = format_of_data(data, bytes);
    if (!format) return cnn_fail(err, CNN_IO, "%.300s is no PNG or JPEG: %s", path, other_format(data, bytes));
    cnn_status status = format->load(err);
    if (status != CNN_OK) return status;
    status = format->decode(data, bytes, mode, out, err);
    if (status == CNN_OK) status = arrange(out, mode, err);
    return status == CNN_OK ? CNN_OK : with_path(path, err);
}

cnn_status cnn_picture_read(const char *path, cnn_picture_mode mode, cnn_picture *out, cnn_error *err) {
    uint8_t *data = NULL;
    size_t bytes = 0;
    cnn_status status = read_whole(path, &data, &bytes, err);
    if (status != CNN_OK) return status;
    cnn_picture picture = {0};
    status = decode(path, data, bytes, mode, &picture, err);
    free(data);
    if (status == CNN_OK)
        *out = picture;
    else
        free(picture.pixel);
    return status;
}

/* ---- writing ---- */

static cnn_status weave(const cnn_picture *picture, uint8_t **out, cnn_error *err) {
    const int64_t plane = picture->height * picture->width, channels = picture->channels;
    *out = malloc((size_t)(plane * channels));
    if (!*out) return cnn_fail(err, CNN_NO_MEMORY, "no memory left for the picture");
    for (int64_t c = 0; c < channels; c++)
        for (int64_t i = 0; i < plane; i++) (*out)[i * channels + c] = picture->pixel[c * plane + i];
    return CNN_OK;
}

cnn_status cnn_picture_write(const char *path, const cnn_picture *picture, int quality, cnn_error *err) {
    const cnn_picture_format *format = format_of_path(path);
    if (!format) {
        cnn_fail(err, CNN_BAD_VALUE, "pictures are written as .png, .jpg or .jpeg; got %.300s", path);
        return err->status;
    }
    cnn_status status = cnn_picture_check_sizes(picture->width, picture->height, err);
    if (status == CNN_OK) status = format->load(err);
    cnn_picture woven = *picture;
    woven.pixel = NULL;
    uint8_t *data = NULL;
    size_t bytes = 0;
    if (status == CNN_OK) status = weave(picture, &woven.pixel, err);
    if (status == CNN_OK) status = format->encode(&woven, quality, &data, &bytes, err);
    if (status == CNN_OK) status = cnn_file_write(path, data, bytes, err);
    free(woven.pixel);
    free(data);
    return status;
}
