/* SPDX-License-Identifier: MIT
 * batch_norm: each channel shifted to mean 0 and scaled to variance 1; contract in kernels/batch_norm.h.
 *
 * Training uses the batch's own statistics and moves the running ones, in place, by `momentum` towards them (with the
 * unbiased variance, as PyTorch does); otherwise the running ones are used and not touched.
 * The mean and 1/deviation that were used are hidden results, for the gradient: they are copies, so a later training
 * step does not disturb it. Input and output lie channels-last (rows of channels). */
#include "core/ops/batch_norm.h"
#include "core/anomaly.h"
#include "core/ops/later.h"
#include "core/ops/support.h"

enum { INPUT, WEIGHT, BIAS, RUNNING_MEAN, RUNNING_VAR, INPUTS };
enum { OUTPUT, MEAN, INVSTD };

static const char *const input_names[] = {"input", "weight", "bias", "running_mean", "running_var"};
static const cnn_field batch_norm_fields[] = {CNN_FIELD(batch_norm_params, BOOL, training),
                                              CNN_FIELD(batch_norm_params, REAL, momentum),
                                              CNN_FIELD(batch_norm_params, REAL, eps),
                                              {0}};

/* ---- shapes ---- */

static cnn_status check_statistics(const cnn_call *call, cnn_error *err) {
    const batch_norm_params *params = call->params;
    const cnn_shape *input = &call->in[INPUT]->shape;
    char got[CNN_SHAPE_TEXT];
    int64_t rows = cnn_batch_norm_row_count(input);
    if ((call->in[RUNNING_MEAN] == NULL) != (call->in[RUNNING_VAR] == NULL))
        return cnn_fail(err, CNN_BAD_VALUE, "batch_norm needs running_mean and running_var together, or neither");
    if (!params->training && !call->in[RUNNING_MEAN])
        return cnn_fail(err, CNN_BAD_VALUE, "batch_norm outside of training needs running_mean and running_var");
    if (params->training && rows < 2) {
        cnn_fail(err, CNN_BAD_SHAPE,
                 "batch_norm needs more than one value per channel when training; got %s, which has %lld",
                 cnn_shape_print(input, got), (long long)rows);
        cnn_error_fix(err, "a larger batch, or net:eval()");
        return CNN_BAD_SHAPE;
    }
    return CNN_OK;
}

static cnn_status batch_norm_infer(const cnn_call *call, cnn_spec *out, cnn_error *err) {
    const batch_norm_params *params = call->params;
    const cnn_tensor *x = call->in[INPUT];
    cnn_status status = cnn_batch_norm_check("batch_norm", x, err);
    for (int i = 1; i < INPUTS && status == CNN_OK; i++)
        status = cnn_batch_norm_check_channel("batch_norm", input_names[i], call->in[i], &x->shape, err);
    if (status == CNN_OK) status = cnn_batch_norm_check_types(call, input_names, err);
    if (status == CNN_OK) status = check_statistics(call, err);
    if (status != CNN_OK) return status;
    if (!(params->eps >= 0)) return cnn_fail(err, CNN_BAD_VALUE, "batch_norm needs eps >= 0; got %g", params->eps);
    cnn_shape channels = {1, {x->shape.size[1]}};
    cnn_batch_norm_spec(&out[OUTPUT], x->dtype, &x->shape);
    cnn_spec_dense(&out[MEAN], cnn_batch_norm_dtype(x), &channels);
    cnn_spec_dense(&out[INVSTD], cnn_batch_norm_dtype(x), &channels);
    return CNN_OK;
}

/* ---- numbers ---- */

/* running = (1 - momentum) running + momentum * factor * batch */
static cnn_status move_running(const cnn_call *call, cnn_tensor *running, const cnn_tensor *batch, double factor,
                               cnn_error *err) {
    double momentum = ((const batch_norm_params *)call->params)->momentum;
    cnn_tensor *part = NULL;
    cnn_status status = cnn_ops_clone(call, batch, &part, err);
    if (status == CNN_OK)
        status = cnn_ops_arithmetic_number(call, CNN_ARITHMETIC_mul, part, momentum * factor, part, err);
    if (status == CNN_OK)
        status = cnn_ops_arithmetic_number(call, CNN_ARITHMETIC_mul, running, 1 - momentum, running, err);
    if (status == CNN_OK) status = cnn_ops_arithmetic(call, CNN_ARITHMETIC_add, running, part, running, err);
    cnn_tensor_written(running, "batch_norm");
    cnn_tensor_release(&part);
    return status;
}

/* The moments that a convolution summed while it wrote these images: [N, 3, C], see kernels/conv2d.h; or NULL. */
static const float *moments_of(const cnn_tensor *rows) {
    const cnn_storage *moments = rows->storage->moments;
    const int64_t floats = 3 * rows->shape.size[0] * rows->shape.size[1];
    const bool whole = rows->offset == 0 && (size_t)cnn_tensor_numel(rows) * sizeof(float) == rows->storage->bytes;
    return moments && whole && moments->bytes == (size_t)floats * sizeof(float) ? moments->data : NULL;
}

/* The images' means and sums of squared deviations, put together: the deviation within the images, and theirs among
 * one another (Chan, Golub & LeVeque 1979). In float64, image by image. */
static void from_moments(const float *moments, const cnn_shape *shape, float *mean, float *var) {
    const int64_t images = shape->size[0], channels = shape->size[1];
    const double pixels = (double)(shape->size[2] * shape->size[3]);
    for (int64_t c = 0; c < channels; c++) {
        double sum = 0, within = 0, among = 0;
        const float *near = moments + c, *first = near + channels, *second = first + channels;
        for (int64_t n = 0; n < images; n++) sum += near[3 * n * channels] + first[3 * n * channels] / pixels;
        const double average = sum / (double)images;
        for (int64_t n = 0; n < images; n++) {
            const double offset = first[3 * n * channels] / pixels;
            const double deviation = near[3 * n * channels] + offset - average;
            within += second[3 * n * channels] - offset * offset * pixels;
            among += deviation * deviation;
        }
        const double variance = within / (pixels * (double)images) + among / (double)images;
        mean[c] = (float)average;
        var[c] = variance < 0 ? 0 : (float)variance;
    }
}

/* mean and variance of the batch; the running ones follow. An interrupted kernel's numbers must not get into them. */
static cnn_status batch_statistics(const cnn_call *call, const cnn_tensor *rows, cnn_tensor *mean, cnn_tensor *var,
                                   cnn_error *err) {
    const cnn_batch_norm_kernels *kernels = call->kernels->batch_norm[rows->dtype];
    int64_t count = cnn_batch_norm_row_count(&rows->shape), channels = rows->shape.size[1];
    cnn_storage *workspace = NULL;
    cnn_status status = CNN_OK;
    const float *moments = moments_of(rows);
    if (moments) {
        from_moments(moments, &rows->shape, cnn_tensor_data(mean), cnn_tensor_data(var));
    } else {
        if (kernels->workspace_bytes)
            status = cnn_scratch(kernels->workspace_bytes(call->team, count, channels), &workspace, err);
        if (status != CNN_OK) return status;
        kernels->statistics(call->team, count, channels, cnn_tensor_data(rows), cnn_tensor_data(mean),
                            cnn_tensor_data(var), workspace ? workspace->data : NULL);
        cnn_storage_release(&workspace);
    }
    if (cnn_interrupted()) return cnn_fail(err, CNN_INTERRUPTED, "interrupted");
    if (!call->in[RUNNING_MEAN]) return CNN_OK;
    double unbiased = (double)count / (double)(count - 1);
    status = move_running(call, call->in[RUNNING_MEAN], mean, 1, err);
    return status == CNN_OK ? move_running(call, call->in[RUNNING_VAR], var, unbiased, err) : status;
}

/* invstd = (var + eps) ^ -1/2 */
static cnn_status inverse_deviation(const cnn_call *call, const cnn_tensor *var, cnn_tensor *invstd, cnn_error *err) {
    double eps = ((const batch_norm_params *)call->params)->eps;
    cnn_status status = cnn_ops_arithmetic_number(call, CNN_ARITHMETIC_add, var, eps, invstd, err);
    if (status == CNN_OK) status = cnn_ops_arithmetic_number(call, CNN_ARITHMETIC_pow, invstd, -0.5, invstd, err);
    return status;
}

static cnn_status statistics(const cnn_call *call, const cnn_tensor *rows, cnn_tensor *const *out, cnn_error *err) {
    const batch_norm_params *params = call->params;
    cnn_tensor *var = NULL;
    if (!params->training) {
        cnn_status status = cnn_ops_copy(call, call->in[RUNNING_MEAN], out[MEAN], err);
        return status == CNN_OK ? inverse_deviation(call, call->in[RUNNING_VAR], out[INVSTD], err) : status;
    }
    cnn_status status = cnn_tensor_empty(out[MEAN]->dtype, &out[INVSTD]->shape, &var, err);
    if (status == CNN_OK) status = batch_statistics(call, rows, out[MEAN], var, err);
    if (status == CNN_OK) status = inverse_deviation(call, var, out[INVSTD], err);
    cnn_tensor_release(&var);
    return status;
}

/* Weight and bias, dense, or NULL. */
static cnn_status dense_or_null(cnn_tensor *x, cnn_tensor **out, cnn_error *err) {
    return x ? cnn_dense(x, out, err) : CNN_OK;
}

static cnn_status normalise(const cnn_call *call, const cnn_tensor *rows, const cnn_tensor *weight,
                            const cnn_tensor *bias, cnn_tensor *const *out, cnn_error *err) {
    const cnn_chain_kernels *kernels = call->kernels->chain[out[OUTPUT]->dtype];
    const int64_t channels = out[OUTPUT]->shape.size[1];
    const size_t step = (size_t)channels * cnn_dtype_bytes(out[MEAN]->dtype);
    cnn_storage *factors = NULL;
    cnn_status status = cnn_norm_factors(out[MEAN], out[INVSTD], weight, bias, &factors, err);
    if (status != CNN_OK) return status;
    const char *mean = factors->data;
    const cnn_chain chain = {.x = cnn_tensor_data(rows), .mean = mean, .scale = mean + step, .shift = mean + 2 * step};
    kernels->run(call->team, cnn_batch_norm_row_count(&out[OUTPUT]->shape), channels, &chain,
                 cnn_tensor_data(out[OUTPUT]));
    cnn_storage_release(&factors);
    return CNN_OK;
}

static cnn_status batch_norm_forward(const cnn_call *call, cnn_tensor *const *out, cnn_error *err) {
    const cnn_batch_norm_kernels *kernels = call->kernels->batch_norm[out[OUTPUT]->dtype];
    cnn_tensor *rows = NULL, *weight = NULL, *bias = NULL;
    if (!kernels || !kernels->statistics || !call->kernels->chain[out[OUTPUT]->dtype])
        return cnn_ops_no_kernel(call, out[OUTPUT]->dtype, err);
    cnn_status status = cnn_batch_norm_rows(call->in[INPUT], &rows, err);
    if (status == CNN_OK) status = dense_or_null(call->in[WEIGHT], &weight, err);
    if (status == CNN_OK) status = dense_or_null(call->in[BIAS], &bias, err);
    if (status == CNN_OK) status = statistics(call, rows, out, err);
    if (status == CNN_OK && !cnn_later_norm(rows, out[MEAN], out[INVSTD], weight, bias, out[OUTPUT]))
        status = normalise(call, rows, weight, bias, out, err);
    cnn_tensor_release(&rows);
    cnn_tensor_release(&weight);
    cnn_tensor_release(&bias);
    return status;
}

static cnn_status batch_norm_backward(const cnn_gradient *g, cnn_tensor **din, cnn_error *err) {
    const batch_norm_params *p = g->params;
    const batch_norm_backward_params params = {p->training, p->eps};
    cnn_tensor *in[5] = {g->in[INPUT], g->dout[OUTPUT], g->out[MEAN], g->out[INVSTD], g->in[WEIGHT]};
    cnn_tensor *out[3] = {NULL};
    if (g->wanted[RUNNING_MEAN] || g->wanted[RUNNING_VAR])
        return cnn_fail(err, CNN_BAD_VALUE, "batch_norm has no gradient for its running statistics");
    cnn_status status = cnn_apply(&cnn_op_batch_norm_backward, &params, in, out, err);
    for (int i = 0; i < 3 && status == CNN_OK; i++) /* dinput, dweight, dbias: the order of the inputs */
        if (g->wanted[i]) status = cnn_cast(out[i], g->in_spec[i].dtype, &din[i], err);
    for (int i = 0; i < 3; i++) cnn_tensor_release(&out[i]);
    return status;
}

const cnn_op cnn_op_batch_norm = {
    .name = "batch_norm",
    .inputs = INPUTS,
    .outputs = 3,
    .optional = 1u << WEIGHT | 1u << BIAS | 1u << RUNNING_MEAN | 1u << RUNNING_VAR,
    .saves_in = 1u << INPUT | 1u << WEIGHT,
    .writes_in = 1u << RUNNING_MEAN | 1u << RUNNING_VAR,
    .saves_out = 1u << MEAN | 1u << INVSTD,
    .hidden_out = 1u << MEAN | 1u << INVSTD,
    .param_bytes = sizeof(batch_norm_params),
    .fields = batch_norm_fields,
    .infer = batch_norm_infer,
    .forward = batch_norm_forward,
    .reads_bf16 = cnn_batch_norm_reads_bf16,
    .backward = batch_norm_backward,
};
