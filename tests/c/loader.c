/* SPDX-License-Identifier: MIT
 * The loader's threads: the same batches whatever their number, errors that name the sample, dropping in the middle,
 * interrupts, forks. Meant to run under the thread sanitizer as well (make SANITIZE=-fsanitize=thread). */
#include "core/loader.h"
#include "tests/c/tensors.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ROWS = 103, SIDE = 5 };

static cnn_tensor *images, *labels, *order;

/* ---- steps of our own ---- */

static cnn_status same_infer(const cnn_step *step, cnn_sample_type *type, cnn_error *err) {
    (void)step, (void)type, (void)err;
    return CNN_OK;
}

/* Adds noise from the sample's stream: shows whether the stream depends on the sample alone. */
static cnn_status noise_run(const cnn_step *step, const cnn_sample_type *type, const void *in, void *out, void *work,
                            cnn_chance *chance, cnn_error *err) {
    (void)step, (void)work, (void)err;
    for (int64_t i = 0; i < cnn_shape_numel(&type->shape); i++)
        ((float *)out)[i] = ((const float *)in)[i] + cnn_chance_between(chance, -1, 1);
    return CNN_OK;
}

/* Fails at an image whose first pixel is number[0]. */
static cnn_status fail_run(const cnn_step *step, const cnn_sample_type *type, const void *in, void *out, void *work,
                           cnn_chance *chance, cnn_error *err) {
    (void)work, (void)chance;
    const uint8_t *image = in;
    if (image[0] == (int)step->number[0]) return cnn_fail(err, CNN_BAD_VALUE, "the pixel is %d", image[0]);
    memcpy(out, in, (size_t)cnn_shape_numel(&type->shape));
    return CNN_OK;
}

static cnn_status slow_run(const cnn_step *step, const cnn_sample_type *type, const void *in, void *out, void *work,
                           cnn_chance *chance, cnn_error *err) {
    (void)step, (void)work, (void)chance, (void)err;
    nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    memcpy(out, in, (size_t)cnn_shape_numel(&type->shape));
    return CNN_OK;
}

static const cnn_step_kind noise = {.name = "noise", .infer = same_infer, .run = noise_run},
                           fail = {.name = "fail", .infer = same_infer, .run = fail_run},
                           slow = {.name = "slow", .infer = same_infer, .run = slow_run};

static void columns_make(cnn_column column[2], const cnn_step_kind *extra) {
    column[0] = (cnn_column){.source = images};
    column[1] = (cnn_column){.source = labels};
    if (extra && extra != &noise) column[0].step[column[0].steps++] = (cnn_step){.kind = extra, .number = {42}};
    column[0].step[column[0].steps++].kind = cnn_step_kind_named("to_tensor");
    if (extra == &noise) column[0].step[column[0].steps++].kind = &noise;
}

static cnn_loader *loader_make(int workers, int64_t batch, bool drop_last, const cnn_step_kind *extra) {
    const cnn_loader_options options = {batch, drop_last, workers, 2, 99, 0, false};
    cnn_column column[2];
    cnn_loader *loader = NULL;
    cnn_error err;
    columns_make(column, extra);
    must(cnn_loader_new(column, 2, order, NULL, &options, &loader, &err), &err);
    return loader;
}

/* ---- tests ---- */

static uint64_t mix(uint64_t sum, const void *data, size_t bytes) {
    const uint8_t *byte = data;
    for (size_t i = 0; i < bytes; i++) sum = (sum ^ byte[i]) * 1099511628211u;
    return sum;
}

/* A number for everything that comes out of an epoch; also its batches and samples. */
static uint64_t epoch(int workers, int64_t batch, bool drop_last, int64_t *samples) {
    cnn_loader *loader = loader_make(workers, batch, drop_last, &noise);
    uint64_t sum = 0;
    int64_t batches = 0;
    *samples = 0;
    for (;; batches++) {
        cnn_tensor *out[2] = {NULL};
        bool more = false;
        cnn_error err;
        must(cnn_loader_next(loader, out, &more, &err), &err);
        if (!more) break;
        const cnn_shape *shape = cnn_tensor_shape(out[0]);
        CHECK(shape->ndim == 4 && shape->size[1] == 1 && shape->size[2] == SIDE);
        *samples += shape->size[0];
        sum = mix(sum, cnn_tensor_data(out[0]), (size_t)cnn_tensor_numel(out[0]) * sizeof(float));
        sum = mix(sum, cnn_tensor_data(out[1]), (size_t)cnn_tensor_numel(out[1]) * sizeof(int64_t));
        drop(out[0]), drop(out[1]);
    }
    CHECK(batches == cnn_loader_batches(loader));
    cnn_loader_free(&loader);
    return sum;
}

static void same_at_any_number(void) {
    static const int64_t sizes[] = {1, 7, 50, 103, 104};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        for (int drop_last = 0; drop_last < 2; drop_last++) {
            int64_t samples, others;
            const uint64_t sum = epoch(0, sizes[i], drop_last, &samples);
            CHECK(samples == (drop_last ? ROWS / sizes[i] * sizes[i] : ROWS));
            for (int workers = 1; workers <= 9; workers += 2) {
                CHECK(epoch(workers, sizes[i], drop_last, &others) == sum);
                CHECK(samples == others);
            }
        }
    }
}

static void values(void) {
    cnn_loader *loader = loader_make(2, 10, false, NULL);
    cnn_tensor *out[2];
    bool more;
    cnn_error err;
    must(cnn_loader_next(loader, out, &more, &err), &err);
    for (int i = 0; i < 10; i++) {
        const int64_t row = cnn_tensor_get_integer(order, i) - 1;
        CHECK(cnn_tensor_get_integer(out[1], i) == cnn_tensor_get_integer(labels, row));
        const float want = (float)cnn_tensor_get(images, row * SIDE * SIDE + 3) / 255.0f;
        CHECK((float)cnn_tensor_get(out[0], i * SIDE * SIDE + 3) == want);
    }
    drop(out[0]), drop(out[1]);
    cnn_loader_free(&loader);
    cnn_loader_free(&loader);
}

/* Part of the rows, without an order, then with one. */
static void rows(void) {
    cnn_tensor *part = tensor(CNN_I64, SHAPE(3), GAPS), *turn = tensor(CNN_I64, SHAPE(2), DENSE);
    const cnn_loader_options options = {3, false, 1, 1, 0, 0, false};
    const cnn_column column = {.source = labels};
    put(part, 0, 7), put(part, 1, 3), put(part, 2, 103), put(turn, 0, 3), put(turn, 1, 1);
    for (int ordered = 0; ordered < 2; ordered++) {
        cnn_loader *loader = NULL;
        cnn_tensor *out = NULL;
        bool more;
        cnn_error err;
        must(cnn_loader_new(&column, 1, ordered ? turn : NULL, part, &options, &loader, &err), &err);
        must(cnn_loader_next(loader, &out, &more, &err), &err);
        CHECK(cnn_tensor_numel(out) == (ordered ? 2 : 3));
        CHECK(cnn_tensor_get(out, 0) == cnn_tensor_get(labels, ordered ? 102 : 6));
        drop(out);
        cnn_loader_free(&loader);
    }
    drop(part), drop(turn);
}

static void errors(void) {
    for (int workers = 0; workers <= 3; workers++) {
        cnn_loader *loader = loader_make(workers, 10, false, &fail);
        cnn_error err = {0};
        bool more = true;
        int batches = 0;
        for (; more; batches++) {
            cnn_tensor *out[2] = {NULL};
            if (cnn_loader_next(loader, out, &more, &err) != CNN_OK) break;
            drop(out[0]), drop(out[1]);
        }
        CHECK(err.status == CNN_BAD_VALUE && batches == 9); /* row 43 is the 100th of the order */
        CHECK_CONTAINS(err.text, "sample 43: the pixel is 42");
        cnn_loader_free(&loader);
    }
}

static void check_refused(cnn_column *column, int columns, cnn_tensor *which, cnn_loader_options options,
                          const char *expected) {
    cnn_loader *loader = NULL;
    cnn_error err = {0};
    CHECK(cnn_loader_new(column, columns, which, NULL, &options, &loader, &err) != CNN_OK);
    CHECK_CONTAINS(err.text, expected);
}

static void refusals(void) {
    const cnn_loader_options good = {10, false, 2, 2, 0, 0, false};
    cnn_column column[2];
    columns_make(column, NULL);
    check_refused(column, 2, order, (cnn_loader_options){0, false, 2, 2, 0, 0, false}, "batch_size");
    check_refused(column, 2, order, (cnn_loader_options){1, false, -1, 2, 0, 0, false}, "num_workers");
    check_refused(column, 2, order, (cnn_loader_options){1, false, 1000, 2, 0, 0, false}, "num_workers");
    check_refused(column, 2, order, (cnn_loader_options){1, false, 1, 0, 0, 0, false}, "prefetch");
    check_refused(column, 2, order, (cnn_loader_options){10, false, 1, 1, 0, 1000000, false}, "cannot go on");
    check_refused(column, 2, order, (cnn_loader_options){10, false, 1, 1, 0, -1, false}, "cannot go on");
    check_refused(column, 0, order, good, "columns");
    check_refused(column, 2, images, good, "int64");
    cnn_tensor *wrong = random_tensor(CNN_I64, SHAPE(4), DENSE, 0, 1), *few = tensor(CNN_U8, SHAPE(5, 2, 2), DENSE);
    check_refused(column, 2, wrong, good, "sample 0 is not among the 103");
    column[1].source = few;
    check_refused(column, 2, order, good, "one length");
    column[0].source = labels;
    check_refused(column, 1, order, good, "ToTensor takes images");
    drop(wrong), drop(few);
}

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* Dropped before, in and after its work: at once, though a batch takes 0.4 seconds. */
static void dropping(void) {
    for (int taken = 0; taken < 3; taken++) {
        cnn_loader *loader = loader_make(4, 20, false, &slow);
        for (int i = 0; i < taken; i++) {
            cnn_tensor *out[2];
            bool more;
            cnn_error err;
            must(cnn_loader_next(loader, out, &more, &err), &err);
            drop(out[0]), drop(out[1]);
        }
        const double start = seconds();
        cnn_loader_free(&loader);
        CHECK_SHOW(seconds() - start < 0.3, "dropping took %g s", seconds() - start);
    }
}

static void interrupts(void) {
    for (int workers = 0; workers <= 2; workers += 2) {
        cnn_loader *loader = loader_make(workers, 20, false, &slow);
        cnn_tensor *out[2] = {NULL};
        bool more;
        cnn_error err;
        cnn_interrupt();
        CHECK(cnn_loader_next(loader, out, &more, &err) == CNN_INTERRUPTED);
        cnn_interrupt_clear();
        cnn_loader_free(&loader);
        CHECK(out[0] == NULL);
    }
}

/* The child has no threads: it goes on by itself, and can free the loader. */
static void forking(void) {
    cnn_loader *loader = loader_make(2, 10, false, NULL);
    const pid_t child = fork();
    if (child == 0) {
        cnn_tensor *out[2];
        bool more = true;
        cnn_error err;
        int batches = 0;
        alarm(10);
        while (cnn_loader_next(loader, out, &more, &err) == CNN_OK && more) batches++, drop(out[0]), drop(out[1]);
        cnn_loader_free(&loader);
        _exit(batches == 11 ? 0 : 1);
    }
    int status = -1;
    CHECK(child > 0 && waitpid(child, &status, 0) == child && status == 0);
    cnn_loader_free(&loader);
}

int main(void) {
    images = tensor(CNN_U8, SHAPE(ROWS, SIDE, SIDE), DENSE);
    labels = tensor(CNN_I64, SHAPE(ROWS), DENSE);
    order = tensor(CNN_I64, SHAPE(ROWS), DENSE);
    for (int i = 0; i < ROWS; i++) {
        put(labels, i, i % 10 + 1);
        put(order, i, (i * 7 + 70) % ROWS + 1); /* 7 and 103 have no common divisor: every row once */
        for (int k = 0; k < SIDE * SIDE; k++) put(images, i * SIDE * SIDE + k, (i + k * 3) % 251);
    }
    same_at_any_number();
    values();
    rows();
    errors();
    refusals();
    dropping();
    interrupts();
    forking();
    drop(images), drop(labels), drop(order);
    return check_result();
}
