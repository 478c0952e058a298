/* SPDX-License-Identifier: MIT
 * max_pool2d: the largest value under each window; contract in kernels/pool2d.h.
 *
 * The second, hidden result is where each value was found, for the gradient: an op that adds doutput up there. Input
 * and results lie channels-last. */
#include "core/ops/pool2d.h"
#include "core/functions.h"
#include "core/ops/lines.h"
#include "core/ops/support.h"

#define WINDOW(params, prefix)                                                                                         \
    POOL2D_FIELDS(params, prefix), POOL2D_FIELD(params, prefix, INT, dilation_h),                                      \
        POOL2D_FIELD(params, prefix, INT, dilation_w), POOL2D_FIELD(params, prefix, BOOL, ceil_mode)

static const cnn_field max_fields[] = {WINDOW(pool2d_window, ), {0}};
static const cnn_field backward_fields[] = {WINDOW(pool2d_backward_params, window.),
                                            CNN_FIELD(pool2d_backward_params, INT, h),
                                            CNN_FIELD(pool2d_backward_params, INT, w),
                                            {0}};

static cnn_status backward_sizes(const cnn_call *call, cnn_pool2d_params *s, cnn_error *err) {
    return cnn_pool2d_backward_sizes(call, &((const pool2d_backward_params *)call->params)->window, s, err);
}

/* ---- forward ---- */

static cnn_status max_infer(const cnn_call *call, cnn_spec *out, cnn_error *err) {
    static const char *const names[] = {"input"};
    cnn_pool2d_params s;
    cnn_status status = cnn_ops_need_image("max_pool2d", call->in[0], err);
    if (status == CNN_OK) status = cnn_ops_need_real(call, 1, names, err);
    if (status == CNN_OK) status = cnn_pool2d_sizes("max_pool2d", &call->in[0]->shape, call->params, &s, err);
    if (status != CNN_OK) return status;
    cnn_shape shape = {4, {s.n, s.c, s.p, s.q}};
    cnn_spec_channels_last(&out[0], call->in[0]->dtype, &shape);
    cnn_spec_channels_last(&out[1], CNN_I64, &shape);
    return CNN_OK;
}

static cnn_status max_forward(const cnn_call *call, cnn_tensor *const *out, cnn_error *err) {
    const cnn_pool2d_kernels *kernels = call->kernels->pool2d[out[0]->dtype];
    cnn_tensor *input = NULL;
    cnn_pool2d_params s;
    if (!kernels || !kernels->max_forward) return cnn_ops_no_kernel(call, out[0]->dtype, err);
    cnn_status status = cnn_pool2d_sizes("max_pool2d", &call->in[0]->shape, call->params, &s, err);
    if (status == CNN_OK) status = cnn_dense_channels_last(call->in[0], &input, err);
    if (status == CNN_OK && s.n > 0)
        kernels->max_forward(call->team, &s, cnn_tensor_data(input), cnn_tensor_data(out[0]), cnn_tensor_data(out[1]));
    cnn_tensor_release(&input);
    return status;
}

static cnn_status max_backward(const cnn_gradient *g, cnn_tensor **din, cnn_error *err) {
    const cnn_shape *input = &g->in_spec[0].shape;
    pool2d_backward_params params = {*(const pool2d_window *)g->params, input->size[2], input->size[3], true};
    cnn_tensor *in[2] = {g->dout[0], g->out[1]};
    return cnn_apply(&cnn_op_max_pool2d_backward, &params, in, &din[0], err);
}

/* ---- gradient: doutput, indices -> dinput ---- */

static cnn_status backward_infer(const cnn_call *call, cnn_spec *out, cnn_error *err) {
    static const char *const names[] = {"doutput"};
    cnn_pool2d_params s;
    cnn_status status = backward_sizes(call, &s, err);
    if (status == CNN_OK) status = cnn_ops_need_real(call, 1, names, err);
    if (status != CNN_OK) return status;
    if (call->in[1]->dtype != CNN_I64)
        return cnn_fail(err, CNN_BAD_TYPE, "%s needs int64 indices; got %s", call->op->name,
                        cnn_dtype_name(call->in[1]->dtype));
    cnn_shape shape = {4, {s.n, s.c, s.h, s.w}};
    cnn_spec_channels_last(out, call->in[0]->dtype, &shape);
    return CNN_OK;
}

/* Indices from anywhere else than max_pool2d could point outside: they are places h*W + w of the image, or -1 for a
 * dilated window that lies wholly outside. */
static cnn_status check_indices(const cnn_call *call, const cnn_pool2d_params *s, const cnn_tensor *indices,
                                cnn_error *err) {
    const int64_t *index = cnn_tensor_data(indices);
    int64_t n = cnn_tensor_numel(indices), places = s->h * s->w, at = 0;
    for (int64_t i = 0; i < n; i++)
        if ((uint64_t)index[i] + 1 > (uint64_t)index[at] + 1) at = i;
    if (n == 0 || (uint64_t)index[at] + 1 <= (uint64_t)places) return CNN_OK;
    return cnn_fail(err, CNN_BAD_VALUE, "%s needs indices 0 … %lld; got %lld", call->op->name, (long long)places - 1,
                    (long long)index[at]);
}

static cnn_status backward_forward(const cnn_call *call, cnn_tensor *const *out, cnn_error *err) {
    const cnn_pool2d_kernels *kernels = call->kernels->pool2d[out[0]->dtype];
    cnn_tensor *dout = NULL, *indices = NULL;
    cnn_pool2d_params s;
    if (!kernels || !kernels->max_backward) return cnn_ops_no_kernel(call, out[0]->dtype, err);
    cnn_status status = backward_sizes(call, &s, err);
    if (status == CNN_OK) status = cnn_dense_channels_last(call->in[0], &dout, err);
    if (status == CNN_OK) status = cnn_dense_channels_last(call->in[1], &indices, err);
    if (status == CNN_OK && !((const pool2d_backward_params *)call->params)->own_indices)
        status = check_indices(call, &s, indices, err);
    if (status == CNN_OK && s.n > 0)
        kernels->max_backward(call->team, &s, cnn_tensor_data(dout), cnn_tensor_data(indices), cnn_tensor_data(out[0]));
    cnn_tensor_release(&dout);
    cnn_tensor_release(&indices);
    return status;
}

enum { FLAT, PLACES, FROM_ONE, ONE, INDEX, GATHERED, INSIDE, ZERO, MASKED, TEMPORARIES };

/* Linear in doutput: each element gets the gradient of the place that it was added to. gather counts places from 1; a
 * window that lies wholly outside has none. */
static cnn_status gather_places(cnn_tensor *ddinput, cnn_tensor *indices, cnn_tensor **t, cnn_error *err) {
    const int64_t *size = ddinput->shape.size, *out = indices->shape.size;
    const cnn_shape flat = {3, {size[0], size[1], size[2] * size[3]}},
                    places = {3, {size[0], size[1], out[2] * out[3]}};
    const index_params last = {2};
    cnn_status status = cnn_reshape(ddinput, &flat, &t[FLAT], err);
    if (status == CNN_OK) status = cnn_reshape(indices, &places, &t[PLACES], err);
    if (status == CNN_OK) status = cnn_shift(t[PLACES], 1, &t[FROM_ONE], err);
    if (status == CNN_OK) status = cnn_ops_number(CNN_I64, 1, &t[ONE], err);
    if (status == CNN_OK) status = cnn_ops_apply2(&cnn_op_maximum, t[FROM_ONE], t[ONE], &t[INDEX], err);
    if (status == CNN_OK) status = cnn_ops_apply2(&cnn_op_ge, t[FROM_ONE], t[ONE], &t[INSIDE], err);
    if (status == CNN_OK) status = cnn_ops_number(ddinput->dtype, 0, &t[ZERO], err);
    cnn_tensor *in[2] = {t[FLAT], t[INDEX]};
    if (status == CNN_OK) status = cnn_apply(&cnn_op_gather, &last, in, &t[GATHERED], err);
    return status == CNN_OK ? cnn_ops_where(t[INSIDE], t[GATHERED], t[ZERO], &t[MASKED], err) : status;
}

static cnn_status backward_backward(const cnn_gradient *g, cnn_tensor **din, cnn_error *err) {
    cnn_tensor *t[TEMPORARIES] = {NULL};
    cnn_status status = gather_places(g->dout[0], g->in[1], t, err);
    if (status == CNN_OK) status = cnn_reshape(t[MASKED], &g->in_spec[0].shape, &din[0], err);
    for (int i = 0; i < TEMPORARIES; i++) cnn_tensor_release(&t[i]);
    return status;
}

const cnn_op cnn_op_max_pool2d = {
    .name = "max_pool2d",
    .inputs = 1,
    .outputs = 2,
    .saves_out = 2,
    .hidden_out = 2,
    .param_bytes = sizeof(pool2d_window),
    .fields = max_fields,
    .infer = max_infer,
    .forward = max_forward,
    .reads_bf16 = cnn_pool2d_reads_bf16,
    .backward = max_backward,
};

const cnn_op cnn_op_max_pool2d_backward = {
    .name = "max_pool2d_backward",
    .inputs = 2,
    .outputs = 1,
    .saves_in = 2,
    .param_bytes = sizeof(pool2d_backward_params),
    .fields = backward_fields,
    .infer = backward_infer,
    .forward = backward_forward,
    .reads_bf16 = cnn_pool2d_backward_reads_bf16,
    .backward = backward_backward,
};
