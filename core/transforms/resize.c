/* SPDX-License-Identifier: MIT
 * Images in other sizes, as torchvision resizes tensors.
 *
 *   resize          height, width (0: `height` is the shorter side, the other follows), longest side or 0, antialias
 *   resize_nearest  height, width, longest side or 0
 *   random_resized_crop  height, width, least and greatest part of the area, least and greatest width / height,
 * antialias
 *
 * Bilinear weights lie over as many pixels as one of the result covers (antialias), or over two. Rows first, then
 * columns. Bytes are summed in integers with weights of 16 bits and rounded after each pass, like PyTorch does. */
#include "core/transforms/transforms.h"

#include <math.h>
#include <string.h>

/* ---- sizes ---- */

/* Height and width of the result. torchvision cuts the longer side down to a whole number. */
static cnn_status resized(const cnn_step *step, const cnn_sample_type *type, cnn_image *out, cnn_error *err) {
    const cnn_image in = *out = cnn_image_of(type);
    if (in.height < 1 || in.width < 1)
        return cnn_fail(err, CNN_BAD_SHAPE, "Resize takes images with pixels; these are %lld x %lld",
                        (long long)in.height, (long long)in.width);
    out->height = (int64_t)step->number[0];
    out->width = (int64_t)step->number[1];
    if (out->width > 0) return CNN_OK;
    const bool tall = in.height > in.width;
    const double shorter = (double)(tall ? in.width : in.height), longer = (double)(tall ? in.height : in.width);
    double small = step->number[0], large = floor(small * longer / shorter);
    if (step->number[2] > 0 && large > step->number[2])
        small = floor(step->number[2] * small / large), large = step->number[2];
    out->height = (int64_t)(tall ? large : small);
    out->width = (int64_t)(tall ? small : large);
    if (out->height >= 1 && out->width >= 1 && large <= INT32_MAX) return CNN_OK;
    return cnn_fail(err, CNN_BAD_SHAPE, "Resize would make images of %lld x %lld into %.0f x %.0f",
                    (long long)in.height, (long long)in.width, (double)out->height, (double)out->width);
}

static cnn_status nearest_infer(const cnn_step *step, cnn_sample_type *type, cnn_error *err) {
    cnn_image out;
    cnn_status status = cnn_image_check(step, type, err);
    if (status == CNN_OK) status = resized(step, type, &out, err);
    if (status == CNN_OK) cnn_image_resize(type, out.height, out.width);
    return status;
}

static cnn_status resize_infer(const cnn_step *step, cnn_sample_type *type, cnn_error *err) {
    const cnn_status status = cnn_image_check_type(step, type, err);
    return status == CNN_OK ? nearest_infer(step, type, err) : status;
}

/* ---- nearest ---- */

static void nearest_map(const cnn_step *step, cnn_window *window, cnn_chance *chance) {
    (void)chance;
    const cnn_sample_type type = {CNN_U8, {2, {window->size[0], window->size[1]}}};
    cnn_image image;
    cnn_error err;
    if (resized(step, &type, &image, &err) != CNN_OK) return; /* infer has asked before */
    for (int axis = 0; axis < 2; axis++) {
        const int64_t in = window->size[axis], out = axis == 0 ? image.height : image.width;
        const float scale = (float)in / (float)out;
        int32_t *from = window->from[axis], *to = window->spare;
        for (int64_t i = 0; i < out; i++) {
            const int64_t place = (int64_t)floorf((float)i * scale);
            to[i] = from[place < in ? place : in - 1];
        }
        window->spare = from;
        window->from[axis] = to;
        window->size[axis] = out;
    }
}

const cnn_step_kind cnn_step_resize_nearest = {
    .name = "resize_nearest", .title = "Resize", .least = 3, .most = 3, .infer = nearest_infer, .map = nearest_map};

/* ---- bilinear: weights ---- */

/* The weights of one axis: place i of the result sums `count[i]` places of the input from `first[i]` on. */
typedef struct axis_weights {
    int64_t in, out, taps;
    int precision; /* whole weights are weights * 2^precision */
    int32_t *first, *count;
    float *weight;  /* [out, taps] */
    int16_t *whole; /* the same    */
} axis_weights;

typedef struct resize_weights {
    axis_weights axis[2];
} resize_weights;

/* How far the weights reach from the middle. */
static double reach(int64_t in, int64_t out, bool antialias) {
    const double scale = (double)in / (double)out;
    return antialias && scale >= 1 ? scale : 1;
}

static int64_t taps_of(int64_t in, int64_t out, bool antialias) {
    return antialias ? 2 * (int64_t)ceil(reach(in, out, antialias)) + 1 : 2;
}

static size_t axis_bytes(int64_t in, int64_t out, bool antialias) {
    const size_t taps = (size_t)taps_of(in, out, antialias), places = (size_t)out;
    return places * (2 * sizeof(int32_t) + taps * (sizeof(float) + sizeof(int16_t)));
}

static int64_t at_least_0(int64_t i) {
    return i < 0 ? 0 : i;
}

/* A triangle over the pixels that the place covers. */
static void triangle(axis_weights *a, int64_t i) {
    const double scale = (double)a->in / (double)a->out, support = reach(a->in, a->out, true);
    const double middle = scale * ((double)i + 0.5);
    const int64_t first = at_least_0((int64_t)(middle - support + 0.5));
    int64_t end = (int64_t)(middle + support + 0.5);
    end = end > a->in ? a->in : end;
    float *w = a->weight + i * a->taps;
    double weight[2], total = 0;
    a->first[i] = (int32_t)first;
    a->count[i] = (int32_t)(end - first);
    for (int64_t j = first; j < end; j++) {
        weight[0] = fabs(((double)j - middle + 0.5) / support);
        w[j - first] = weight[0] < 1 ? (float)(1 - weight[0]) : 0;
        total += weight[0] < 1 ? 1 - weight[0] : 0;
    }
    for (int64_t j = 0; j < end - first; j++) w[j] = (float)((double)w[j] / total);
}

/* The two neighbours of a point. */
static void two(axis_weights *a, int64_t i) {
    double at = (double)a->in / (double)a->out * ((double)i + 0.5) - 0.5;
    at = at < 0 ? 0 : at;
    int64_t first = (int64_t)at;
    first = first > a->in - 1 ? a->in - 1 : first;
    a->first[i] = (int32_t)first;
    a->count[i] = first + 1 < a->in ? 2 : 1;
    a->weight[i * 2 + 1] = (float)(at - (double)first);
    a->weight[i * 2] = a->count[i] == 2 ? (float)(1 - (at - (double)first)) : 1;
}

/* Weights of 16 bits, with as many digits as the largest of them allows. */
static void make_whole(axis_weights *a) {
    float largest = 0;
    for (int64_t i = 0; i < a->out; i++)
        for (int32_t j = 0; j < a->count[i]; j++) largest = fmaxf(largest, a->weight[i * a->taps + j]);
    for (a->precision = 0; a->precision < 22; a->precision++)
        if ((int64_t)(0.5 + (double)largest * (double)((int64_t)1 << (a->precision + 1))) >= 1 << 15) break;
    for (int64_t i = 0; i < a->out; i++)
        for (int32_t j = 0; j < a->count[i]; j++)
            a->whole[i * a->taps + j] =
                (int16_t)floor(0.5 + (double)a->weight[i * a->taps + j] * (double)((int64_t)1 << a->precision));
}

static char *axis_make(axis_weights *a, int64_t in, int64_t out, bool antialias, char *memory) {
    *a = (axis_weights){.in = in, .out = out, .taps = taps_of(in, out, antialias)};
    a->first = (int32_t *)memory;
    a->count = a->first + out;
    a->weight = (float *)(a->count + out);
    a->whole = (int16_t *)(a->weight + out * a->taps);
    for (int64_t i = 0; i < out; i++) {
        if (antialias)
            triangle(a, i);
        else
            two(a, i);
    }
    make_whole(a);
    return memory + (axis_bytes(in, out, antialias) + 7) / 8 * 8;
}

static cnn_image result_of(const cnn_step *step, const cnn_sample_type *type) {
    cnn_image out;
    cnn_error err;
    (void)!resized(step, type, &out, &err); /* infer has asked before */
    return out;
}

static size_t resize_prepared_bytes(const cnn_step *step, const cnn_sample_type *type) {
    const cnn_image in = cnn_image_of(type), out = result_of(step, type);
    const bool antialias = step->number[3] != 0;
    return sizeof(resize_weights) + axis_bytes(in.height, out.height, antialias) +
           axis_bytes(in.width, out.width, antialias) + 16;
}

static void resize_prepare(const cnn_step *step, const cnn_sample_type *type, void *prepared) {
    const cnn_image in = cnn_image_of(type), out = result_of(step, type);
    resize_weights *weights = prepared;
    char *memory = (char *)(weights + 1);
    memory = axis_make(&weights->axis[0], in.height, out.height, step->number[3] != 0, memory);
    axis_make(&weights->axis[1], in.width, out.width, step->number[3] != 0, memory);
}

/* ---- bilinear: pixels ---- */

static uint8_t to_byte(int32_t sum, int precision) {
    const int32_t value = sum >> precision;
    return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
}

/* One row along itself. */
static void row_bytes(const axis_weights *a, const uint8_t *in, uint8_t *out) {
    for (int64_t i = 0; i < a->out; i++) {
        const uint8_t *x = in + a->first[i];
        const int16_t *w = a->whole + i * a->taps;
        int32_t sum = a->precision > 0 ? 1 << (a->precision - 1) : 0;
        for (int32_t j = 0; j < a->count[i]; j++) sum += x[j] * w[j];
        out[i] = to_byte(sum, a->precision);
    }
}

static void row_floats(const axis_weights *a, const float *in, float *out) {
    for (int64_t i = 0; i < a->out; i++) {
        const float *x = in + a->first[i], *w = a->weight + i * a->taps;
        float sum = x[0] * w[0];
        for (int32_t j = 1; j < a->count[i]; j++) sum += x[j] * w[j];
        out[i] = sum;
    }
}

/* Row i of the result from the rows that it covers. */
static void column_bytes(const axis_weights *a, int64_t i, int64_t width, const uint8_t *in, uint8_t *out) {
    const uint8_t *x = in + a->first[i] * width;
    const int16_t *w = a->whole + i * a->taps;
    for (int64_t k = 0; k < width; k++) {
        int32_t sum = a->precision > 0 ? 1 << (a->precision - 1) : 0;
        for (int32_t j = 0; j < a->count[i]; j++) sum += x[j * width + k] * w[j];
        out[k] = to_byte(sum, a->precision);
    }
}

static void column_floats(const axis_weights *a, int64_t i, int64_t width, const float *in, float *out) {
    const float *x = in + a->first[i] * width, *w = a->weight + i * a->taps;
    for (int64_t k = 0; k < width; k++) out[k] = x[k] * w[0];
    for (int32_t j = 1; j < a->count[i]; j++)
        for (int64_t k = 0; k < width; k++) out[k] += x[j * width + k] * w[j];
}

static size_t resize_work_bytes(const cnn_step *step, const cnn_sample_type *type) {
    return (size_t)(cnn_image_of(type).height * result_of(step, type).width) * cnn_dtype_bytes(type->dtype);
}

/* One channel; sides that keep their length are left alone. */
static void plane_bytes(const axis_weights *rows, const axis_weights *columns, const uint8_t *in, uint8_t *work,
                        uint8_t *out) {
    const int64_t width = columns->out;
    if (columns->in == width)
        memcpy(work, in, (size_t)(rows->in * width));
    else
        for (int64_t i = 0; i < rows->in; i++) row_bytes(columns, in + i * columns->in, work + i * width);
    if (rows->in == rows->out)
        memcpy(out, work, (size_t)(rows->in * width));
    else
        for (int64_t i = 0; i < rows->out; i++) column_bytes(rows, i, width, work, out + i * width);
}

static void plane_floats(const axis_weights *rows, const axis_weights *columns, const float *in, float *work,
                         float *out) {
    const int64_t width = columns->out;
    if (columns->in == width)
        memcpy(work, in, (size_t)(rows->in * width) * sizeof *in);
    else
        for (int64_t i = 0; i < rows->in; i++) row_floats(columns, in + i * columns->in, work + i * width);
    if (rows->in == rows->out)
        memcpy(out, work, (size_t)(rows->in * width) * sizeof *in);
    else
        for (int64_t i = 0; i < rows->out; i++) column_floats(rows, i, width, work, out + i * width);
}

/* All channels; planes of `in` and `out` lie one behind the other. */
static void resize_planes(const axis_weights *rows, const axis_weights *columns, cnn_dtype dtype, int64_t channels,
                          const void *in, void *work, void *out) {
    const int64_t plane_in = rows->in * columns->in, plane_out = rows->out * columns->out;
    for (int64_t c = 0; c < channels; c++) {
        if (dtype == CNN_U8)
            plane_bytes(rows, columns, (const uint8_t *)in + c * plane_in, work, (uint8_t *)out + c * plane_out);
        else
            plane_floats(rows, columns, (const float *)in + c * plane_in, work, (float *)out + c * plane_out);
    }
}

static cnn_status resize_run(const cnn_step *step, const cnn_sample_type *type, const void *in, void *out, void *work,
                             cnn_chance *chance, cnn_error *err) {
    (void)chance, (void)err;
    const resize_weights *weights = step->prepared;
    resize_planes(&weights->axis[0], &weights->axis[1], type->dtype, cnn_image_of(type).channels, in, work, out);
    return CNN_OK;
}

const cnn_step_kind cnn_step_resize = {.name = "resize",
                                       .title = "Resize",
                                       .least = 4,
                                       .most = 4,
                                       .infer = resize_infer,
                                       .run = resize_run,
                                       .work_bytes = resize_work_bytes,
                                       .prepared_bytes = resize_prepared_bytes,
                                       .prepare = resize_prepare};

/* ---- a random part ---- */

enum { TRIES = 10 };

typedef struct box {
    int64_t top, left, height, width;
} box;

static cnn_status part_infer(const cnn_step *step, cnn_sample_type *type, cnn_error *err) {
    cnn_status status = cnn_image_check(step, type, err);
    if (status == CNN_OK) status = cnn_image_check_type(step, type, err);
    if (status != CNN_OK) return status;
    const cnn_image image = cnn_image_of(type);
    if (image.height < 1 || image.width < 1)
        return cnn_fail(err, CNN_BAD_SHAPE, "RandomResizedCrop takes images with pixels; these are %lld x %lld",
                        (long long)image.height, (long long)image.width);
    cnn_image_resize(type, (int64_t)step->number[0], (int64_t)step->number[1]);
    return CNN_OK;
}

/* The middle, cut to what the ratios allow: where no random part fits. */
static box middle_part(const cnn_step *step, const cnn_image *image) {
    const double ratio = (double)image->width / (double)image->height;
    box b = {0, 0, image->height, image->width};
    if (ratio < step->number[4]) b.height = (int64_t)nearbyint((double)b.width / step->number[4]);
    if (ratio > step->number[5]) b.width = (int64_t)nearbyint((double)b.height * step->number[5]);
    b.height = b.height < 1 ? 1 : b.height, b.width = b.width < 1 ? 1 : b.width;
    b.top = (image->height - b.height) / 2, b.left = (image->width - b.width) / 2;
    return b;
}

/* The first of ten random parts that fits into the image. All ten are drawn, so that what comes after in the stream
 * does not depend on the image. */
static box draw_part(const cnn_step *step, const cnn_image *image, cnn_chance *chance) {
    const double area = (double)image->height * (double)image->width;
    box b = {0};
    for (int i = 0; i < TRIES; i++) {
        const double part = (double)cnn_chance_between(chance, (float)step->number[2], (float)step->number[3]);
        const double ratio =
            exp((double)cnn_chance_between(chance, (float)log(step->number[4]), (float)log(step->number[5])));
        const double width = nearbyint(sqrt(area * part * ratio)), height = nearbyint(sqrt(area * part / ratio));
        if (b.height == 0 && width >= 1 && height >= 1 && width <= (double)image->width &&
            height <= (double)image->height)
            b.height = (int64_t)height, b.width = (int64_t)width;
    }
    const double down = (double)cnn_chance_between(chance, 0, 1), right = (double)cnn_chance_between(chance, 0, 1);
    if (b.height == 0) return middle_part(step, image);
    b.top = (int64_t)(down * (double)(image->height - b.height + 1));
    b.left = (int64_t)(right * (double)(image->width - b.width + 1));
    return b;
}

static size_t round_up(size_t bytes) {
    return (bytes + 63) / 64 * 64;
}

/* Work memory: | weights of rows | weights of columns | the part | between rows and columns | */
static size_t part_work_bytes(const cnn_step *step, const cnn_sample_type *type) {
    const cnn_image image = cnn_image_of(type);
    const int64_t height = (int64_t)step->number[0], width = (int64_t)step->number[1];
    const bool antialias = step->number[6] != 0;
    const size_t bytes = cnn_dtype_bytes(type->dtype);
    return round_up(axis_bytes(image.height, height, antialias)) + round_up(axis_bytes(image.width, width, antialias)) +
           round_up((size_t)cnn_shape_numel(&type->shape) * bytes) + (size_t)(image.height * width) * bytes;
}

static void cut(const cnn_image *image, const box *b, size_t bytes, const char *in, char *out) {
    const size_t row = (size_t)b->width * bytes;
    for (int64_t c = 0; c < image->channels; c++) {
        for (int64_t i = 0; i < b->height; i++) {
            const int64_t from = (c * image->height + b->top + i) * image->width + b->left;
            memcpy(out, in + (size_t)from * bytes, row);
            out += row;
        }
    }
}

static cnn_status part_run(const cnn_step *step, const cnn_sample_type *type, const void *in, void *out, void *work,
                           cnn_chance *chance, cnn_error *err) {
    (void)err;
    const cnn_image image = cnn_image_of(type);
    const bool antialias = step->number[6] != 0;
    const int64_t height = (int64_t)step->number[0], width = (int64_t)step->number[1];
    const box b = draw_part(step, &image, chance);
    char *memory = work;
    axis_weights rows, columns;
    axis_make(&rows, b.height, height, antialias, memory);
    memory += round_up(axis_bytes(image.height, height, antialias));
    axis_make(&columns, b.width, width, antialias, memory);
    memory += round_up(axis_bytes(image.width, width, antialias));
    char *between = memory + round_up((size_t)cnn_shape_numel(&type->shape) * cnn_dtype_bytes(type->dtype));
    cut(&image, &b, cnn_dtype_bytes(type->dtype), in, memory);
    resize_planes(&rows, &columns, type->dtype, image.channels, memory, between, out);
    return CNN_OK;
}

const cnn_step_kind cnn_step_random_resized_crop = {.name = "random_resized_crop",
                                                    .title = "RandomResizedCrop",
                                                    .least = 7,
                                                    .most = 7,
                                                    .infer = part_infer,
                                                    .run = part_run,
                                                    .work_bytes = part_work_bytes};
