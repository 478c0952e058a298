/* SPDX-License-Identifier: MIT
 * The gradient of batch_norm as an op: input, doutput, mean, invstd, weight -> dinput, dweight, dbias.
 *
 * Its own gradient, by ops. With x' = (x - mean) s the normalised input, s = 1/deviation, and the projection
 * P(v) = v - m(v) - x' m(v x'), m being the mean over a channel's M values:
 *   training   dinput = w s P(dy)    dweight = sum(dy x')    dbias = sum(dy)
 *   and for the gradients h, u, v that come back to the three:
 *     to dy      w s P(h) + u x' + v
 *     to weight  sum(h s P(dy))
 *     to x       s u P(dy) - w s^2 (x' m(h P(dy)) + m(dy x') P(h) + m(h x') P(dy))
 *   outside of training mean and s are constants, so P(v) = v, and to x remains s u dy.
 * x' is computed anew from x there, so that it, too, can be differentiated. */
#include "core/ops/batch_norm.h"
#include "core/ops/later.h"
#include "core/ops/support.h"

enum { INPUT, DOUTPUT, MEAN, INVSTD, WEIGHT, INPUTS };
enum { DINPUT, DWEIGHT, DBIAS, OUTPUTS };

static const char *const input_names[] = {"input", "doutput", "mean", "invstd", "weight"};
static const cnn_field backward_fields[] = {
    CNN_FIELD(batch_norm_backward_params, BOOL, training), CNN_FIELD(batch_norm_backward_params, REAL, eps), {0}};

static cnn_status backward_infer(const cnn_call *call, cnn_spec *out, cnn_error *err) {
    const cnn_tensor *x = call->in[INPUT];
    const char *op = call->op->name;
    char got[CNN_SHAPE_TEXT], want[CNN_SHAPE_TEXT];
    cnn_status status = cnn_batch_norm_check(op, x, err);
    for (int i = MEAN; i < INPUTS && status == CNN_OK; i++)
        status = cnn_batch_norm_check_channel(op, input_names[i], call->in[i], &x->shape, err);
    if (status == CNN_OK) status = cnn_batch_norm_check_types(call, input_names, err);
    if (status != CNN_OK) return status;
    if (!cnn_shape_equal(&x->shape, &call->in[DOUTPUT]->shape))
        return cnn_fail(err, CNN_BAD_SHAPE, "%s needs doutput %s, as the input; got %s", op,
                        cnn_shape_print(&x->shape, want), cnn_shape_print(&call->in[DOUTPUT]->shape, got));
    cnn_shape channels = {1, {x->shape.size[1]}};
    cnn_batch_norm_spec(&out[DINPUT], x->dtype, &x->shape);
    cnn_spec_dense(&out[DWEIGHT], cnn_batch_norm_dtype(x), &channels);
    cnn_spec_dense(&out[DBIAS], cnn_batch_norm_dtype(x), &channels);
    return CNN_OK;
}

/* No rows: nothing is summed. */
static cnn_status backward_empty(const cnn_call *call, cnn_tensor *const *out, cnn_error *err) {
    cnn_status status = cnn_ops_fill(call, out[DWEIGHT], 0, err);
    return status == CNN_OK ? cnn_ops_fill(call, out[DBIAS], 0, err) : status;
}

typedef struct run {
    const cnn_call *call;
    const cnn_batch_norm_kernels *kernels;
    bool training;
    int64_t rows, channels;
    cnn_tensor *ready[INPUTS];
    cnn_tensor *const *out;
    void *workspace;
} run;

/* The gradient as it comes in. If it waits, the kernel goes through its chain; and writes the result where it belongs
 * if anybody else holds it (the shortcut of a residual block does), or if dinput will wait for it. */
static cnn_chain incoming(const run *r, bool later, void **gathered) {
    cnn_tensor *doutput = r->ready[DOUTPUT];
    const cnn_waiting *waiting = cnn_wait_of(doutput);
    if (!waiting || waiting->factors || waiting->relu) return (cnn_chain){.x = cnn_tensor_data(doutput)};
    const cnn_chain chain = cnn_wait_chain(waiting);
    const bool held = r->call->in[DOUTPUT]->refs > 1 || doutput->storage->refs > 2; /* by more than the pass and us */
    if (later || held) *gathered = doutput->storage->data;
    return chain;
}

/* dweight and dbias, and dinput unless it is NULL. */
static void run_kernel(const run *r, void *dinput) {
    cnn_tensor *const *in = r->ready;
    void *gathered = NULL;
    const cnn_chain doutput = incoming(r, !dinput, &gathered);
    r->kernels->backward(r->call->team, r->rows, r->channels, r->training, cnn_tensor_data(in[INPUT]), &doutput,
                         gathered, cnn_tensor_data(in[MEAN]), cnn_tensor_data(in[INVSTD]),
                         in[WEIGHT] ? cnn_tensor_data(in[WEIGHT]) : NULL, dinput, cnn_tensor_data(r->out[DWEIGHT]),
                         cnn_tensor_data(r->out[DBIAS]), r->workspace);
    if (gathered && !cnn_interrupted()) cnn_wait_done(in[DOUTPUT]->storage);
}

/* The gradient with zeros where this batch norm's ReLU gave 0, and its sums, if a convolution has made both on its way
 * out. */
static cnn_tensor *summed_already(const run *r, const cnn_norm_sums **sums) {
    const cnn_waiting *waiting = cnn_wait_of(r->ready[DOUTPUT]);
    if (!waiting || !waiting->gate_factors || waiting->factors || waiting->source[CNN_WAIT_Y]) return NULL;
    cnn_tensor *gradient = waiting->source[CNN_WAIT_X];
    *sums = gradient->storage->sums;
    const bool ours = *sums && (*sums)->factors == waiting->gate_factors &&
                      (*sums)->input == r->ready[INPUT]->storage && r->ready[INPUT]->offset == 0;
    return ours ? gradient : NULL;
}

/* dbias = sum(doutput), dweight = sum(doutput * (input - mean)) * invstd, from the images' sums, in order. */
static void add_sums(const run *r, const cnn_norm_sums *sums) {
    const float *value = sums->values->data, *invstd = cnn_tensor_data(r->ready[INVSTD]);
    const int64_t images = (int64_t)(sums->values->bytes / sizeof(float)) / (2 * r->channels);
    float *dweight = cnn_tensor_data(r->out[DWEIGHT]), *dbias = cnn_tensor_data(r->out[DBIAS]);
    for (int64_t c = 0; c < r->channels; c++) {
        double first = 0, second = 0;
        for (int64_t n = 0; n < images; n++) {
            first += value[2 * n * r->channels + c];
            second += value[(2 * n + 1) * r->channels + c];
        }
        dbias[c] = (float)first;
        dweight[c] = (float)(second * invstd[c]);
    }
}

/* The sum of dinput over the rows: of its formula's three terms the one with input - mean adds up to nothing, and the
 * others to nothing but rounding: a number that is added before a batch norm has no effect behind it. */
static float vanishing(float scale, float dbias, float shift, float rows) {
    return scale * dbias + rows * shift;
}

/* Lets dinput wait for `gradient`, given the sums in dweight and dbias: the formula of the contract, with its constants
 * put together. */
static bool wait_linear(const run *r, cnn_tensor *gradient, cnn_error *err) {
    cnn_storage *factors = NULL;
    const int64_t n = r->channels;
    const float rows = (float)r->rows, *mean = cnn_tensor_data(r->ready[MEAN]), *s = cnn_tensor_data(r->ready[INVSTD]);
    const float *weight = r->ready[WEIGHT] ? cnn_tensor_data(r->ready[WEIGHT]) : NULL;
    const float *dweight = cnn_tensor_data(r->out[DWEIGHT]), *dbias = cnn_tensor_data(r->out[DBIAS]);
    if (cnn_storage_new((size_t)(5 * n) * sizeof(float), &factors, err) != CNN_OK) return false;
    float *factor = factors->data;
    for (int64_t c = 0; c < n; c++) {
        const float scale = weight ? s[c] * weight[c] : s[c];
        factor[c] = mean[c];
        factor[n + c] = scale;
        factor[2 * n + c] = -scale * (dbias[c] / rows);
        factor[3 * n + c] = -scale * s[c] * (dweight[c] / rows);
        factor[4 * n + c] = vanishing(scale, dbias[c], factor[2 * n + c], rows);
    }
    const bool waits = cnn_later_linear(gradient, r->ready[INPUT], factors, r->out[DINPUT]);
    cnn_storage_release(&factors);
    return waits;
}

/* In training dinput may wait for a convolution that takes it on its way in. */
static void run_backward(const run *r, cnn_error *err) {
    const cnn_norm_sums *sums = NULL;
    const bool later = r->training && r->out[DINPUT]->shape.ndim == 4 && cnn_wait_pays(r->out[DINPUT]);
    cnn_tensor *gradient = later ? summed_already(r, &sums) : NULL;
    if (gradient)
        add_sums(r, sums);
    else if (later)
        run_kernel(r, NULL);
    if (!later || !wait_linear(r, gradient ? gradient : r->ready[DOUTPUT], err))
        run_kernel(r, cnn_tensor_data(r->out[DINPUT]));
}

static cnn_status backward_forward(const cnn_call *call, cnn_tensor *const *out, cnn_error *err) {
    const batch_norm_backward_params *params = call->params;
    run r = {.call = call,
             .kernels = call->kernels->batch_norm[out[DINPUT]->dtype],
             .training = params->training,
             .rows = cnn_batch_norm_row_count(&out[DINPUT]->shape),
             .channels = out[DINPUT]->shape.size[1],
             .out = out};
    cnn_storage *workspace = NULL;
    cnn_status status = CNN_OK;
    if (!r.kernels || !r.kernels->backward) return cnn_ops_no_kernel(call, out[DINPUT]->dtype, err);
    if (r.rows == 0) return backward_empty(call, out, err);
    for (int i = 0; i < INPUTS && status == CNN_OK; i++) {
        if (!call->in[i]) continue;
        status =
            i < MEAN ? cnn_batch_norm_rows(call->in[i], &r.ready[i], err) : cnn_dense(call->in[i], &r.ready[i], err);
    }
    if (status == CNN_OK && r.kernels->workspace_bytes)
        status = cnn_scratch(r.kernels->workspace_bytes(call->team, r.rows, r.channels), &workspace, err);
    r.workspace = workspace ? workspace->data : NULL;
    if (status == CNN_OK) run_backward(&r, err);
    for (int i = 0; i < INPUTS; i++) cnn_tensor_release(&r.ready[i]);
    cnn_storage_release(&workspace);
    return status;
}

/* ---- the gradient of the gradient ---- */

/* What its formulas share. Everything per channel has the shape [1, C, 1, …]. */
typedef struct second {
    bool training;
    double rows;
    cnn_shape over;       /* all dimensions but the channels' */
    cnn_shape channel;    /* [1, C, 1, …] */
    cnn_tensor *xhat;     /* x' */
    cnn_tensor *invstd;   /* s */
    cnn_tensor *scale;    /* w s */
    cnn_tensor *dy, *pdy; /* dy (borrowed) and P(dy) */
} second;

static cnn_status channel_mean(const second *k, cnn_tensor *v, cnn_tensor **out, cnn_error *err) {
    cnn_tensor *sum = NULL;
    cnn_status status = cnn_sum(v, &k->over, true, &sum, err);
    if (status == CNN_OK) status = cnn_scale(sum, 1 / k->rows, out, err);
    cnn_tensor_release(&sum);
    return status;
}

/* m(a b) */
static cnn_status mean_of_product(const second *k, cnn_tensor *a, cnn_tensor *b, cnn_tensor **out, cnn_error *err) {
    cnn_tensor *product = NULL;
    cnn_status status = cnn_mul(a, b, &product, err);
    if (status == CNN_OK) status = channel_mean(k, product, out, err);
    cnn_tensor_release(&product);
    return status;
}

/* P(v) */
static cnn_status project(const second *k, cnn_tensor *v, cnn_tensor **out, cnn_error *err) {
    cnn_tensor *mean = NULL, *along = NULL, *centred = NULL, *part = NULL;
    if (!k->training) {
        *out = cnn_tensor_retain(v);
        return CNN_OK;
    }
    cnn_status status = channel_mean(k, v, &mean, err);
    if (status == CNN_OK) status = cnn_sub(v, mean, &centred, err);
    if (status == CNN_OK) status = mean_of_product(k, v, k->xhat, &along, err);
    if (status == CNN_OK) status = cnn_mul(k->xhat, along, &part, err);
    if (status == CNN_OK) status = cnn_sub(centred, part, out, err);
    cnn_tensor_release(&mean);
    cnn_tensor_release(&along);
    cnn_tensor_release(&centred);
    cnn_tensor_release(&part);
    return status;
}

/* mean and s of the batch, from x by ops; or the constants. */
static cnn_status channel_statistics(const cnn_gradient *g, second *k, cnn_tensor **mean, cnn_error *err) {
    const batch_norm_backward_params *params = g->params;
    cnn_tensor *deviation = NULL, *var = NULL, *shifted = NULL;
    if (!k->training) {
        cnn_status status = cnn_reshape(g->in[MEAN], &k->channel, mean, err);
        return status == CNN_OK ? cnn_reshape(g->in[INVSTD], &k->channel, &k->invstd, err) : status;
    }
    cnn_status status = channel_mean(k, g->in[INPUT], mean, err);
    if (status == CNN_OK) status = cnn_sub(g->in[INPUT], *mean, &deviation, err);
    if (status == CNN_OK) status = mean_of_product(k, deviation, deviation, &var, err);
    if (status == CNN_OK) status = cnn_shift(var, params->eps, &shifted, err);
    if (status == CNN_OK) status = cnn_ops_power(shifted, -0.5, &k->invstd, err);
    cnn_tensor_release(&deviation);
    cnn_tensor_release(&var);
    cnn_tensor_release(&shifted);
    return status;
}

static cnn_status second_begin(const cnn_gradient *g, second *k, cnn_error *err) {
    const batch_norm_backward_params *params = g->params;
    const cnn_shape *shape = &g->in_spec[INPUT].shape;
    cnn_tensor *mean = NULL, *deviation = NULL, *weight = NULL;
    *k = (second){.training = params->training, .rows = (double)cnn_batch_norm_row_count(shape), .dy = g->in[DOUTPUT]};
    k->channel.ndim = shape->ndim;
    for (int i = 0; i < shape->ndim; i++) {
        k->channel.size[i] = i == 1 ? shape->size[1] : 1;
        if (i != 1) k->over.size[k->over.ndim++] = i;
    }
    cnn_status status = channel_statistics(g, k, &mean, err);
    if (status == CNN_OK) status = cnn_sub(g->in[INPUT], mean, &deviation, err);
    if (status == CNN_OK) status = cnn_mul(deviation, k->invstd, &k->xhat, err);
    if (status == CNN_OK && g->in[WEIGHT]) status = cnn_reshape(g->in[WEIGHT], &k->channel, &weight, err);
    if (status == CNN_OK && weight) status = cnn_mul(weight, k->invstd, &k->scale, err);
    if (status == CNN_OK && !weight) k->scale = cnn_tensor_retain(k->invstd);
    if (status == CNN_OK) status = project(k, k->dy, &k->pdy, err);
    cnn_tensor_release(&mean);
    cnn_tensor_release(&deviation);
    cnn_tensor_release(&weight);
    return status;
}

/* *sum += a * b; b may be NULL: then a */
static cnn_status add_product(cnn_tensor **sum, cnn_tensor *a, cnn_tensor *b, cnn_error *err) {
    cnn_tensor *product = NULL, *total = NULL;
    cnn_status status = CNN_OK;
    if (b) {
        status = cnn_mul(a, b, &product, err);
    } else {
        product = cnn_tensor_retain(a);
    }
    if (status == CNN_OK && *sum) {
        status = cnn_add(*sum, product, &total, err);
    } else if (status == CNN_OK) {
        total = cnn_tensor_retain(product);
    }
    cnn_tensor_release(&product);
    if (status != CNN_OK) return status;
    cnn_tensor_release(sum);
    *sum = total;
    return CNN_OK;
}

/* u or v as [1, C, 1, …], NULL where nothing comes back. */
static cnn_status as_channel(const second *k, cnn_tensor *x, cnn_tensor **out, cnn_error *err) {
    return x ? cnn_reshape(x, &k->channel, out, err) : CNN_OK;
}

static cnn_status to_doutput(const second *k, const cnn_gradient *g, cnn_tensor **din, cnn_error *err) {
    cnn_tensor *projected = NULL, *u = NULL, *v = NULL, *sum = NULL;
    cnn_status status = as_channel(k, g->dout[DWEIGHT], &u, err);
    if (status == CNN_OK) status = as_channel(k, g->dout[DBIAS], &v, err);
    if (status == CNN_OK && g->dout[DINPUT]) status = project(k, g->dout[DINPUT], &projected, err);
    if (status == CNN_OK && projected) status = add_product(&sum, projected, k->scale, err);
    if (status == CNN_OK && u) status = add_product(&sum, k->xhat, u, err);
    if (status == CNN_OK && v) status = add_product(&sum, v, NULL, err);
    if (status == CNN_OK) status = cnn_expand(sum, &g->in_spec[DOUTPUT].shape, &din[DOUTPUT], err);
    cnn_tensor_release(&projected);
    cnn_tensor_release(&u);
    cnn_tensor_release(&v);
    cnn_tensor_release(&sum);
    return status;
}

static cnn_status to_weight(const second *k, const cnn_gradient *g, cnn_tensor **din, cnn_error *err) {
    cnn_tensor *product = NULL, *scaled = NULL, *sum = NULL;
    if (!g->dout[DINPUT]) return CNN_OK;
    cnn_status status = cnn_mul(g->dout[DINPUT], k->pdy, &product, err);
    if (status == CNN_OK) status = cnn_mul(product, k->invstd, &scaled, err);
    if (status == CNN_OK) status = cnn_sum(scaled, &k->over, false, &sum, err);
    if (status == CNN_OK) status = cnn_reshape(sum, &g->in_spec[WEIGHT].shape, &din[WEIGHT], err);
    cnn_tensor_release(&product);
    cnn_tensor_release(&scaled);
    cnn_tensor_release(&sum);
    return status;
}

/* x' m(h P(dy)) + m(dy x') P(h) + m(h x') P(dy) */
static cnn_status bending(const second *k, cnn_tensor *h, cnn_tensor **out, cnn_error *err) {
    cnn_tensor *m = NULL, *ph = NULL, *sum = NULL;
    cnn_status status = mean_of_product(k, h, k->pdy, &m, err);
    if (status == CNN_OK) status = add_product(&sum, k->xhat, m, err);
    cnn_tensor_release(&m);
    if (status == CNN_OK) status = project(k, h, &ph, err);
    if (status == CNN_OK) status = mean_of_product(k, k->dy, k->xhat, &m, err);
    if (status == CNN_OK) status = add_product(&sum, ph, m, err);
    cnn_tensor_release(&m);
    if (status == CNN_OK) status = mean_of_product(k, h, k->xhat, &m, err);
    if (status == CNN_OK) status = add_product(&sum, k->pdy, m, err);
    cnn_tensor_release(&m);
    cnn_tensor_release(&ph);
    if (status == CNN_OK) {
        *out = sum;
    } else {
        cnn_tensor_release(&sum);
    }
    return status;
}

static cnn_status to_input(const second *k, const cnn_gradient *g, cnn_tensor **din, cnn_error *err) {
    cnn_tensor *bent = NULL, *factor = NULL, *negative = NULL, *u = NULL, *su = NULL, *sum = NULL;
    cnn_status status = CNN_OK;
    if (g->dout[DINPUT] && k->training) {
        status = bending(k, g->dout[DINPUT], &bent, err);
        if (status == CNN_OK) status = cnn_mul(k->scale, k->invstd, &factor, err);
        if (status == CNN_OK) status = cnn_neg(factor, &negative, err);
        if (status == CNN_OK) status = add_product(&sum, bent, negative, err);
    }
    if (status == CNN_OK) status = as_channel(k, g->dout[DWEIGHT], &u, err);
    if (status == CNN_OK && u) status = cnn_mul(k->invstd, u, &su, err);
    if (status == CNN_OK && u) status = add_product(&sum, k->pdy, su, err);
    if (status == CNN_OK && sum) din[INPUT] = cnn_tensor_retain(sum);
    cnn_tensor_release(&bent);
    cnn_tensor_release(&factor);
    cnn_tensor_release(&negative);
    cnn_tensor_release(&u);
    cnn_tensor_release(&su);
    cnn_tensor_release(&sum);
    return status;
}

static cnn_status backward_backward(const cnn_gradient *g, cnn_tensor **din, cnn_error *err) {
    second k;
    cnn_status status = second_begin(g, &k, err);
    if (status == CNN_OK && g->wanted[DOUTPUT]) status = to_doutput(&k, g, din, err);
    if (status == CNN_OK && g->wanted[WEIGHT]) status = to_weight(&k, g, din, err);
    if (status == CNN_OK && g->wanted[INPUT]) status = to_input(&k, g, din, err);
    for (int i = 0; i < INPUTS && status == CNN_OK; i++) { /* bfloat16 beside float32 gave float32 */
        cnn_tensor *wide = din[i];
        if (!wide) continue;
        status = cnn_cast(wide, g->in_spec[i].dtype, &din[i], err);
        cnn_tensor_release(&wide);
    }
    cnn_tensor_release(&k.xhat);
    cnn_tensor_release(&k.invstd);
    cnn_tensor_release(&k.scale);
    cnn_tensor_release(&k.pdy);
    return status;
}

const cnn_op cnn_op_batch_norm_backward = {
    .name = "batch_norm_backward",
    .inputs = INPUTS,
    .outputs = OUTPUTS,
    .optional = 1u << WEIGHT,
    .saves_in = (1u << INPUTS) - 1,
    .param_bytes = sizeof(batch_norm_backward_params),
    .fields = backward_fields,
    .infer = backward_infer,
    .forward = backward_forward,
    .reads_bf16 = cnn_batch_norm_reads_bf16,
    .backward = backward_backward,
};
