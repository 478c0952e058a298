/* SPDX-License-Identifier: MIT
 * Making and running the stages of pipeline.h.
 *
 * Scratch memory of a thread: | buffer | buffer | maps of rows and columns, spare | work of a step or kernel |
 * Stages read from one buffer and write to the other; the first reads the sample, the last writes its place. */
#include "core/pipeline.h"

#include "core/state.h"
#include "core/tensor.h"

#include <stdlib.h>
#include <string.h>

/* ---- making ---- */

static size_t round_up(size_t bytes) {
    return (bytes + 63) / 64 * 64;
}

static size_t type_bytes(const cnn_sample_type *type) {
    return (size_t)cnn_shape_numel(&type->shape) * cnn_dtype_bytes(type->dtype);
}

static cnn_status no_memory(cnn_error *err) {
    return cnn_fail(err, CNN_NO_MEMORY, "no memory left for the steps of a data set");
}

/* How many steps from `first` on are of the wanted sort. */
static int series(const cnn_pipeline *p, int first, int steps, bool map) {
    int n = 0;
    while (first + n < steps && (map ? p->step[first + n].kind->map != NULL : p->step[first + n].kind->pointwise)) n++;
    return n;
}

static void put_colour(cnn_dtype dtype, void *fill, int64_t at, double value) {
    if (dtype == CNN_F32) ((float *)fill)[at] = (float)value;
    if (dtype == CNN_F64) ((double *)fill)[at] = value;
    if (dtype == CNN_I64) ((int64_t *)fill)[at] = (int64_t)value;
    if (dtype == CNN_U8 || dtype == CNN_BOOL) ((uint8_t *)fill)[at] = (uint8_t)value;
}

/* The colours of the borders that a series may draw. */
static cnn_status stage_fill(const cnn_pipeline *p, cnn_stage *stage, cnn_error *err) {
    const int64_t channels = cnn_image_of(&stage->in).channels;
    stage->fill = calloc((size_t)(stage->count * channels) + 1, cnn_dtype_bytes(stage->in.dtype));
    if (!stage->fill) return no_memory(err);
    for (int k = 0; k < stage->count; k++) {
        const cnn_step *step = &p->step[stage->first + k];
        const int given = step->kind->fill > 0 ? step->numbers - step->kind->fill : 0;
        for (int64_t c = 0; c < channels && given > 0; c++)
            put_colour(stage->in.dtype, stage->fill, stage->woven ? k * channels + c : c * stage->count + k,
                       step->number[step->kind->fill + (given == 1 ? 0 : c)]);
    }
    return CNN_OK;
}

/* Runs the pointwise steps from `first` on over all bytes: an image of one row of 256 columns. */
static cnn_status fill_table(const cnn_pipeline *p, int first, int steps, cnn_sample_type type, float *table,
                             float *other, cnn_error *err) {
    const int64_t channels = cnn_image_of(&type).channels;
    float *in = other, *out = table;
    cnn_image_resize(&type, 1, 256);
    for (int64_t i = 0; i < channels * 256; i++) ((uint8_t *)in)[i] = (uint8_t)(i % 256);
    for (int k = first; k < steps; k++) {
        const cnn_step *step = &p->step[k];
        cnn_status status = step->kind->run(step, &type, in, out, NULL, NULL, err);
        if (status == CNN_OK) status = step->kind->infer(step, &type, err);
        if (status != CNN_OK) return status;
        float *swap = in;
        in = out, out = swap;
    }
    if (in != table) memcpy(table, in, (size_t)channels * 256 * sizeof *table);
    return CNN_OK;
}

static cnn_status stage_table(const cnn_pipeline *p, cnn_stage *stage, int steps, cnn_error *err) {
    const size_t entries = (size_t)cnn_image_of(&stage->in).channels * 256;
    stage->table = malloc(entries * sizeof *stage->table);
    float *other = malloc(entries * sizeof *other);
    cnn_status status = stage->table && other ? CNN_OK : no_memory(err);
    if (status == CNN_OK)
        status = fill_table(p, stage->first + stage->count, steps, stage->in, stage->table, other, err);
    free(other);
    return status;
}

static int64_t longest_side(const cnn_sample_type *type) {
    if (type->shape.ndim != 2 && type->shape.ndim != 3) return 0;
    const cnn_image image = cnn_image_of(type);
    return image.height > image.width ? image.height : image.width;
}

static bool is_image(const cnn_sample_type *type) {
    return type->dtype == CNN_F32 && type->shape.ndim == 3 && type->shape.size[0] > 1;
}

/* What comes out of the next `count` steps. */
static cnn_status stage_infer(const cnn_pipeline *p, cnn_stage *stage, int count, cnn_error *err) {
    cnn_status status = CNN_OK;
    stage->side = longest_side(&stage->in);
    for (int k = stage->first; k < stage->first + count && status == CNN_OK; k++) {
        status = p->step[k].kind->infer(&p->step[k], &stage->out, err);
        if (status == CNN_OK) status = cnn_shape_check(&stage->out.shape, err);
        const int64_t side = longest_side(&stage->out);
        if (status == CNN_OK && side > INT32_MAX)
            status = cnn_fail(err, CNN_BAD_SHAPE, "the sides of an image have at most %d pixels", INT32_MAX);
        if (side > stage->side) stage->side = side;
    }
    return status;
}

/* What a step does once for all samples. */
static cnn_status stage_prepare(cnn_pipeline *p, const cnn_stage *stage, cnn_error *err) {
    cnn_step *step = &p->step[stage->first];
    if (!step->kind->prepare) return CNN_OK;
    step->prepared = malloc(step->kind->prepared_bytes(step, &stage->in) + 1);
    if (!step->prepared) return no_memory(err);
    step->kind->prepare(step, &stage->in, step->prepared);
    return CNN_OK;
}

/* The stage that begins with step `first`; returns how many steps it takes off, or less than 0 where it fails. */
static int stage_make(cnn_pipeline *p, int first, int steps, cnn_error *err) {
    cnn_stage *stage = &p->stage[p->stages++];
    const int maps = series(p, first, steps, true), tail = series(p, first + maps, steps, false);
    const bool table = p->out.dtype == CNN_U8 && tail > 0 && first + maps + tail == steps;
    const int taken = table ? maps + tail : maps > 0 ? maps : 1;
    *stage = (cnn_stage){.kind = table      ? CNN_STAGE_LOOK_UP
                                 : maps > 0 ? CNN_STAGE_WINDOW
                                            : CNN_STAGE_RUN,
                         .first = first,
                         .count = table ? maps : taken,
                         .in = p->out,
                         .out = p->out};
    cnn_status status = stage_infer(p, stage, taken, err);
    stage->woven = table && p->wants_channels_last && is_image(&stage->out);
    if (status == CNN_OK)
        status = stage->kind == CNN_STAGE_RUN ? stage_prepare(p, stage, err) : stage_fill(p, stage, err);
    if (status == CNN_OK && table) status = stage_table(p, stage, steps, err);
    p->out = stage->out;
    return status == CNN_OK ? taken : -1;
}

static size_t map_bytes(const cnn_stage *stage) {
    return round_up((size_t)stage->side * sizeof(int32_t));
}

/* Scratch memory of a stage beyond the buffers. */
static size_t stage_work(const cnn_pipeline *p, const cnn_stage *stage) {
    const cnn_step *step = &p->step[stage->first];
    if (stage->kind == CNN_STAGE_COPY) return 0;
    if (stage->kind == CNN_STAGE_RUN) return step->kind->work_bytes ? step->kind->work_bytes(step, &stage->in) : 0;
    const cnn_image image = cnn_image_of(&stage->out);
    return 3 * map_bytes(stage) + p->kernels->workspace_bytes(image.channels, image.width);
}

static void measure(cnn_pipeline *p) {
    size_t work = 0;
    for (int i = 0; i < p->stages; i++) {
        const cnn_stage *stage = &p->stage[i];
        const size_t bytes = i < p->stages - 1 ? round_up(type_bytes(&stage->out)) : 0, own = stage_work(p, stage);
        if (bytes > p->buffer_bytes) p->buffer_bytes = bytes;
        if (own > work) work = own;
    }
    p->scratch_bytes = round_up(2 * p->buffer_bytes + work);
}

cnn_status cnn_pipeline_make(cnn_pipeline *p, const cnn_sample_type *in, const cnn_step *step, int steps,
                             bool channels_last, cnn_error *err) {
    p->in = p->out = *in;
    p->stages = 0;
    p->wants_channels_last = channels_last;
    p->kernels = cnn_current_kernels()->pixels[CNN_F32];
    memcpy(p->step, step, (size_t)steps * sizeof *step);
    for (int i = 0; i < steps; i++) p->step[i].prepared = NULL;
    for (int first = 0; first < steps;) {
        const int taken = stage_make(p, first, steps, err);
        if (taken < 0) return err->status;
        first += taken;
    }
    p->channels_last = channels_last && steps > 0 && is_image(&p->out);
    if (steps == 0 || (p->channels_last && !p->stage[p->stages - 1].woven))
        p->stage[p->stages++] =
            (cnn_stage){.kind = CNN_STAGE_COPY, .in = p->out, .out = p->out, .woven = p->channels_last};
    measure(p);
    return CNN_OK;
}

void cnn_pipeline_free(cnn_pipeline *p) {
    for (int i = 0; i < p->stages; i++) {
        free(p->stage[i].fill);
        free(p->stage[i].table);
        if (p->stage[i].kind == CNN_STAGE_RUN) free(p->step[p->stage[i].first].prepared);
    }
    p->stages = 0;
}

/* ---- running ---- */

char *cnn_pipeline_scratch(size_t bytes) {
    void *scratch = NULL;
    return posix_memalign(&scratch, 64, bytes + 64) == 0 ? scratch : NULL;
}

/* The maps of a series for one sample. */
static void window_make(const cnn_pipeline *p, const cnn_stage *stage, char *work, cnn_chance *chance,
                        cnn_window *window) {
    const cnn_image image = cnn_image_of(&stage->in);
    const size_t bytes = map_bytes(stage);
    *window = (cnn_window){
        {image.height, image.width}, {(int32_t *)work, (int32_t *)(work + bytes)}, (int32_t *)(work + 2 * bytes), 0};
    for (int axis = 0; axis < 2; axis++)
        for (int64_t i = 0; i < window->size[axis]; i++) window->from[axis][i] = (int32_t)i;
    for (; window->step < stage->count; window->step++) {
        const cnn_step *step = &p->step[stage->first + window->step];
        step->kind->map(step, window, chance);
    }
}

/* One channel through the maps, for elements of one size; `colour` has one per step. */
#define DEFINE_MOVE(name, type)                                                                                        \
    static void name(const cnn_window *window, int64_t width, const void *from, const void *colour, void *to) {        \
        const type *in = from, *fill = colour;                                                                         \
        type *out = to;                                                                                                \
        for (int64_t i = 0; i < window->size[0]; i++) {                                                                \
            const int32_t row = window->from[0][i];                                                                    \
            for (int64_t j = 0; j < window->size[1]; j++) {                                                            \
                const int64_t border = cnn_pixels_border(row, window->from[1][j]);                                     \
                *out++ = border >= 0 ? fill[border] : in[row * width + window->from[1][j]];                            \
            }                                                                                                          \
        }                                                                                                              \
    }

DEFINE_MOVE(move_1, uint8_t)
DEFINE_MOVE(move_4, uint32_t)
DEFINE_MOVE(move_8, uint64_t)

static void run_window(const cnn_pipeline *p, const cnn_stage *stage, const void *in, void *out, char *work,
                       cnn_chance *chance) {
    const cnn_image from = cnn_image_of(&stage->in), to = cnn_image_of(&stage->out);
    const size_t bytes = cnn_dtype_bytes(stage->in.dtype), plane_in = bytes * (size_t)(from.height * from.width),
                 plane_out = bytes * (size_t)(to.height * to.width);
    cnn_window window;
    window_make(p, stage, work, chance, &window);
    for (int64_t c = 0; c < from.channels; c++)
        (bytes == 1   ? move_1
         : bytes == 4 ? move_4
                      : move_8)(&window, from.width, (const char *)in + (size_t)c * plane_in,
                                (const char *)stage->fill + bytes * (size_t)(c * stage->count),
                                (char *)out + (size_t)c * plane_out);
}

static void run_look_up(const cnn_pipeline *p, const cnn_stage *stage, const uint8_t *in, const uint8_t *next,
                        float *out, char *work, cnn_chance *chance) {
    const cnn_image from = cnn_image_of(&stage->in), to = cnn_image_of(&stage->out);
    cnn_window window;
    window_make(p, stage, work, chance, &window);
    cnn_pixels_params params = {from.channels,  from.height,    from.width,  to.height, to.width,
                                window.from[0], window.from[1], stage->fill, next};
    char *workspace = work + 3 * map_bytes(stage);
    if (stage->woven) {
        p->kernels->look_up(&params, in, stage->table, out, workspace);
        return;
    }
    params.channels = 1, params.next = NULL;
    for (int64_t c = 0; c < from.channels; c++) {
        params.fill = (const uint8_t *)stage->fill + c * stage->count;
        p->kernels->look_up(&params, in + c * from.height * from.width, stage->table + c * 256,
                            out + c * to.height * to.width, workspace);
    }
}

static void run_copy(const cnn_stage *stage, const void *in, void *out) {
    if (!stage->woven) {
        memcpy(out, in, type_bytes(&stage->in));
        return;
    }
    const cnn_image image = cnn_image_of(&stage->in);
    const int64_t plane = image.height * image.width;
    const float *from = in;
    for (int64_t c = 0; c < image.channels; c++)
        for (int64_t i = 0; i < plane; i++) ((float *)out)[i * image.channels + c] = from[c * plane + i];
}

cnn_status cnn_pipeline_run(const cnn_pipeline *p, const void *in, const void *next, void *out, char *scratch,
                            cnn_chance *chance, cnn_error *err) {
    char *work = scratch + 2 * p->buffer_bytes;
    for (int i = 0; i < p->stages; i++) {
        const cnn_stage *stage = &p->stage[i];
        const cnn_step *step = &p->step[stage->first];
        void *to = i == p->stages - 1 ? out : scratch + (size_t)(i % 2) * p->buffer_bytes;
        cnn_status status = CNN_OK;
        if (stage->kind == CNN_STAGE_WINDOW) run_window(p, stage, in, to, work, chance);
        if (stage->kind == CNN_STAGE_LOOK_UP) run_look_up(p, stage, in, i == 0 ? next : NULL, to, work, chance);
        if (stage->kind == CNN_STAGE_COPY) run_copy(stage, in, to);
        if (stage->kind == CNN_STAGE_RUN) status = step->kind->run(step, &stage->in, in, to, work, chance, err);
        if (status != CNN_OK) return status;
        in = to;
    }
    return CNN_OK;
}

/* ---- one image ---- */

static cnn_status run_alone(const cnn_pipeline *p, cnn_tensor *dense, cnn_chance *chance, cnn_tensor *out,
                            cnn_error *err) {
    char *scratch = cnn_pipeline_scratch(p->scratch_bytes);
    if (!scratch) return no_memory(err);
    const cnn_status status =
        cnn_pipeline_run(p, cnn_tensor_data(dense), NULL, cnn_tensor_data(out), scratch, chance, err);
    free(scratch);
    return status;
}

cnn_status cnn_transform_image(cnn_tensor *image, const cnn_step *step, int steps, cnn_chance *chance, cnn_tensor **out,
                               cnn_error *err) {
    const cnn_sample_type type = {cnn_tensor_dtype(image), *cnn_tensor_shape(image)};
    cnn_tensor *dense = NULL, *made = NULL;
    cnn_pipeline *p = calloc(1, sizeof *p);
    if (!p) return no_memory(err);
    cnn_status status = cnn_pipeline_make(p, &type, step, steps, false, err);
    if (status == CNN_OK) status = cnn_dense(image, &dense, err);
    if (status == CNN_OK) status = cnn_tensor_empty(p->out.dtype, &p->out.shape, &made, err);
    if (status == CNN_OK && cnn_tensor_numel(made) > 0) status = run_alone(p, dense, chance, made, err);
    if (status == CNN_OK)
        *out = made;
    else
        cnn_tensor_release(&made);
    cnn_tensor_release(&dense);
    cnn_pipeline_free(p);
    free(p);
    return status;
}
