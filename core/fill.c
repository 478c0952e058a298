/* SPDX-License-Identifier: MIT
 * Writing into a tensor outside the graph (see functions.h): one value, another tensor, random numbers, an SGD step.
 *
 * Random numbers go to the elements in row-major order whatever the strides are: what does not lie so is filled by way
 * of a copy. Each fill takes ceil(words / 4) counters of the default generator, at one word of 32 bits per element, or
 * two for integers from a range of more than 2^32.
 * Whole numbers below `range` are word * range >> 32 (or the same with 64 bits): no number's probability is off by more
 * than 2^-32. */
#include "core/anomaly.h"
#include "core/functions.h"
#include "core/hollow.h"
#include "core/ops/support.h"
#include "core/state.h"
#include "kernels/philox.h"

#include <math.h>

static cnn_call outside_call(void) {
    return (cnn_call){.kernels = cnn_current_kernels(), .team = cnn_current_team()};
}

static cnn_status stopped(cnn_status status, cnn_error *err) {
    if (status != CNN_OK || !cnn_interrupted()) return status;
    return cnn_fail(err, CNN_INTERRUPTED, "interrupted");
}

/* Several elements in one place cannot be written each. */
static cnn_status check_writable(const cnn_tensor *x, cnn_error *err) {
    if (cnn_need_numbers(x, err) != CNN_OK) return CNN_BAD_VALUE;
    for (int i = 0; i < x->shape.ndim; i++) {
        if (x->stride[i] != 0 || x->shape.size[i] <= 1) continue;
        cnn_fail(err, CNN_BAD_VALUE, "an expanded tensor cannot be written: several elements share one place");
        cnn_error_fix(err, "x:clone() first");
        return CNN_BAD_VALUE;
    }
    return CNN_OK;
}

/* ---- values ---- */

cnn_status cnn_fill(cnn_tensor *x, double value, cnn_error *err) {
    const cnn_call call = outside_call();
    cnn_status status = check_writable(x, err);
    if (status != CNN_OK) return status;
    cnn_tensor_written(x, "fill_");
    return stopped(cnn_ops_fill(&call, x, value, err), err);
}

cnn_status cnn_fill_number(cnn_tensor *x, const cnn_number *value, cnn_error *err) {
    const cnn_shape scalar = {.ndim = 0};
    const int64_t exact = (int64_t)1 << 53;
    cnn_tensor *source = NULL;
    if (x->dtype != CNN_I64 || !value->is_integer || (value->integer >= -exact && value->integer <= exact))
        return cnn_fill(x, value->real, err);
    cnn_status status = cnn_tensor_empty(CNN_I64, &scalar, &source, err);
    if (status != CNN_OK) return status;
    *(int64_t *)cnn_tensor_data(source) = value->integer;
    status = cnn_copy_into(x, source, err);
    cnn_tensor_release(&source);
    return status;
}

/* Does source broadcast to exactly x's shape? */
static cnn_status check_fits(const cnn_tensor *x, const cnn_tensor *source, cnn_error *err) {
    char into[CNN_SHAPE_TEXT], got[CNN_SHAPE_TEXT];
    int extra = x->shape.ndim - source->shape.ndim;
    bool fits = extra >= 0;
    for (int i = 0; fits && i < source->shape.ndim; i++)
        fits = source->shape.size[i] == 1 || source->shape.size[i] == x->shape.size[i + extra];
    if (fits) return CNN_OK;
    return cnn_fail(err, CNN_BAD_SHAPE, "%s does not fit into %s: sizes must be equal, or 1 where they are repeated",
                    cnn_shape_print(&source->shape, got), cnn_shape_print(&x->shape, into));
}

cnn_status cnn_copy_into(cnn_tensor *x, cnn_tensor *source, cnn_error *err) {
    const cnn_call call = outside_call();
    cnn_tensor *apart = NULL;
    cnn_status status = check_writable(x, err);
    if (status == CNN_OK) status = cnn_need_numbers(source, err);
    if (status == CNN_OK) status = check_fits(x, source, err);
    if (status != CNN_OK || x == source) return status;
    if (source->storage == x->storage) { /* what is read must not be overwritten before */
        status = cnn_ops_clone(&call, source, &apart, err);
    } else {
        apart = cnn_tensor_retain(source);
    }
    if (status == CNN_OK) {
        cnn_tensor_written(x, "copy_");
        status = cnn_ops_copy(&call, apart, x, err);
    }
    cnn_tensor_release(&apart);
    return stopped(status, err);
}

/* ---- random numbers ---- */

/* Writes n numbers in row-major order to dense memory. */
typedef void fill_function(const cnn_call *call, cnn_dtype dtype, int64_t n, const void *range, void *out);

/* Runs `fill` on x, or on a row-major copy that is then put into x, and moves the generator on by `words`. */
static cnn_status fill_rows(cnn_tensor *x, fill_function *fill, const void *range, int64_t words, cnn_error *err) {
    const cnn_call call = outside_call();
    cnn_tensor *rows = NULL;
    cnn_status status = check_writable(x, err);
    if (status != CNN_OK) return status;
    if (cnn_tensor_is_contiguous(x)) {
        rows = cnn_tensor_retain(x);
        cnn_tensor_written(x, "random numbers");
    } else {
        status = cnn_tensor_empty(x->dtype, &x->shape, &rows, err);
    }
    if (status == CNN_OK) {
        fill(&call, x->dtype, cnn_tensor_numel(x), range, cnn_tensor_data(rows));
        cnn_default_generator()->offset += (uint64_t)(words + 3) / 4;
        if (rows != x) status = cnn_copy_into(x, rows, err);
    }
    cnn_tensor_release(&rows);
    return stopped(status, err);
}

typedef struct real_range {
    double a, b; /* low and high, mean and std, or the probability */
} real_range;

static void fill_uniform(const cnn_call *call, cnn_dtype dtype, int64_t n, const void *range, void *out) {
    const real_range *r = range;
    const cnn_generator *g = cnn_default_generator();
    call->kernels->random[dtype]->uniform(call->team, g->seed, g->offset, n, r->a, r->b, out);
}

/* The same for bfloat16, in float32: of 256 steps from low to high, since finer ones would be rounded up to high. */
static void fill_steps(const cnn_call *call, cnn_dtype dtype, int64_t n, const void *range, void *out) {
    const real_range *r = range, unit = {0, 1};
    float *x = out;
    fill_uniform(call, dtype, n, &unit, out);
    for (int64_t i = 0; i < n; i++) x[i] = (float)(r->a + (r->b - r->a) * (floor(x[i] * 256.0) / 256));
}

static void fill_normal(const cnn_call *call, cnn_dtype dtype, int64_t n, const void *range, void *out) {
    const real_range *r = range;
    const cnn_generator *g = cnn_default_generator();
    call->kernels->random[dtype]->normal(call->team, g->seed, g->offset, n, r->a, r->b, out);
}

static void fill_bernoulli(const cnn_call *call, cnn_dtype dtype, int64_t n, const void *range, void *out) {
    const real_range *r = range;
    const cnn_generator *g = cnn_default_generator();
    call->kernels->random[dtype]->bernoulli(call->team, g->seed, g->offset, n, r->a, 1, out);
}

/* A bfloat16 tensor gets float32's numbers, rounded. */
static cnn_status fill_narrow(cnn_tensor *x, fill_function *fill, const real_range *range, cnn_error *err) {
    cnn_tensor *wide = NULL;
    cnn_status status = check_writable(x, err);
    if (status == CNN_OK) status = cnn_tensor_empty(CNN_F32, &x->shape, &wide, err);
    if (status == CNN_OK) status = fill_rows(wide, fill, range, cnn_tensor_numel(x), err);
    if (status == CNN_OK) status = cnn_copy_into(x, wide, err);
    cnn_tensor_release(&wide);
    return status;
}

static cnn_status fill_real(cnn_tensor *x, fill_function *fill, double a, double b, cnn_error *err) {
    const real_range range = {a, b};
    if (x->dtype == CNN_BF16) return fill_narrow(x, fill, &range, err);
    if (!cnn_dtype_is_real(x->dtype))
        return cnn_fail(err, CNN_BAD_TYPE, "random real numbers need a tensor of a real type; got %s",
                        cnn_dtype_name(x->dtype));
    return fill_rows(x, fill, &range, cnn_tensor_numel(x), err);
}

cnn_status cnn_fill_uniform(cnn_tensor *x, double low, double high, cnn_error *err) {
    if (!(low <= high) || !isfinite(high - low))
        return cnn_fail(err, CNN_BAD_VALUE, "uniform needs finite low <= high; got %g and %g", low, high);
    return fill_real(x, x->dtype == CNN_BF16 ? fill_steps : fill_uniform, low, high, err);
}

cnn_status cnn_fill_normal(cnn_tensor *x, double mean, double std, cnn_error *err) {
    if (!(std >= 0) || !isfinite(mean) || !isfinite(std))
        return cnn_fail(err, CNN_BAD_VALUE, "normal needs a finite mean and std >= 0; got %g and %g", mean, std);
    return fill_real(x, fill_normal, mean, std, err);
}

cnn_status cnn_fill_bernoulli(cnn_tensor *x, double p, cnn_error *err) {
    if (!(p >= 0 && p <= 1))
        return cnn_fail(err, CNN_BAD_VALUE, "bernoulli needs a probability between 0 and 1; got %g", p);
    return fill_real(x, fill_bernoulli, p, 0, err);
}

/* ---- random integers ---- */

/* The words of the generator one after the other. */
typedef struct word_stream {
    uint64_t seed, counter;
    uint32_t word[4];
    int left;
} word_stream;

static uint32_t next_word(word_stream *s) {
    if (s->left == 0) {
        philox(s->seed, s->counter++, s->word);
        s->left = 4;
    }
    return s->word[4 - s->left--];
}

/* A whole number below `range`, which is above 0; 0 stands for 2^64. */
static uint64_t next_below(word_stream *s, uint64_t range) {
    if (range != 0 && range <= (uint64_t)1 << 32) return next_word(s) * range >> 32;
    uint64_t high = next_word(s), bits = high << 32 | next_word(s);
    return range == 0 ? bits : (uint64_t)((unsigned __int128)bits * range >> 64);
}

static word_stream start_words(void) {
    const cnn_generator *g = cnn_default_generator();
    return (word_stream){.seed = g->seed, .counter = g->offset};
}

typedef struct integer_range {
    int64_t low;
    uint64_t count; /* 0 stands for 2^64 */
} integer_range;

static void fill_integers(const cnn_call *call, cnn_dtype dtype, int64_t n, const void *range, void *out) {
    const integer_range *r = range;
    word_stream words = start_words();
    int64_t *to = out;
    (void)dtype;
    for (int64_t i = 0; i < n && !*call->team->stop; i++)
        to[i] = (int64_t)((uint64_t)r->low + next_below(&words, r->count));
}

/* Fisher and Yates, from the last place to the second. */
static void fill_permutation(const cnn_call *call, cnn_dtype dtype, int64_t n, const void *range, void *out) {
    word_stream words = start_words();
    int64_t *to = out;
    (void)dtype;
    (void)range;
    for (int64_t i = 0; i < n; i++) to[i] = i + 1;
    for (int64_t i = n - 1; i > 0 && !*call->team->stop; i--) {
        int64_t j = (int64_t)next_below(&words, (uint64_t)i + 1), moved = to[i];
        to[i] = to[j];
        to[j] = moved;
    }
}

static cnn_status check_integers(const cnn_tensor *x, cnn_error *err) {
    if (x->dtype == CNN_I64) return CNN_OK;
    return cnn_fail(err, CNN_BAD_TYPE, "random integers need an int64 tensor; got %s", cnn_dtype_name(x->dtype));
}

cnn_status cnn_fill_integers(cnn_tensor *x, int64_t low, int64_t high, cnn_error *err) {
    const integer_range range = {low, (uint64_t)high - (uint64_t)low + 1};
    bool wide = range.count == 0 || range.count > (uint64_t)1 << 32;
    cnn_status status = check_integers(x, err);
    if (status != CNN_OK) return status;
    if (low > high)
        return cnn_fail(err, CNN_BAD_VALUE, "random integers need low <= high (both are included); got %lld and %lld",
                        (long long)low, (long long)high);
    return fill_rows(x, fill_integers, &range, wide ? 2 * cnn_tensor_numel(x) : cnn_tensor_numel(x), err);
}

cnn_status cnn_fill_permutation(cnn_tensor *x, cnn_error *err) {
    char got[CNN_SHAPE_TEXT];
    cnn_status status = check_integers(x, err);
    if (status != CNN_OK) return status;
    if (x->shape.ndim != 1)
        return cnn_fail(err, CNN_BAD_SHAPE, "a permutation needs a tensor [n]; got %s",
                        cnn_shape_print(&x->shape, got));
    int64_t n = x->shape.size[0], beyond = n - ((int64_t)1 << 32); /* steps that need two words */
    return fill_rows(x, fill_permutation, NULL, beyond > 0 ? n + beyond : n, err);
}
