/* SPDX-License-Identifier: MIT
 * cross_entropy: -log of the probability that softmax gives to the right class, one number per row; contract in
 * kernels/cross_entropy.h.
 *
 *   logits [rows, classes]   labels [rows] int64 (uint8 is converted), 1 … classes   ->   loss [rows]
 *
 * The gradient's own gradient: with p = softmax(logits), e = backward(logits, labels, 1) = p - onehot, and h what comes
 * back to dlogits: dloss gets sum_j(h e), logits get dloss * p * (h - sum_j(h p)). */
#include "core/ops/support.h"

enum { LOGITS, LABELS, DLOSS };

/* ---- checks ---- */

static cnn_status check_labels_shape(const cnn_call *call, cnn_error *err) {
    const cnn_tensor *logits = call->in[LOGITS], *labels = call->in[LABELS];
    char of_logits[CNN_SHAPE_TEXT], of_labels[CNN_SHAPE_TEXT];
    cnn_shape_print(&logits->shape, of_logits);
    cnn_shape_print(&labels->shape, of_labels);
    if (labels->dtype != CNN_I64 && labels->dtype != CNN_U8) {
        cnn_fail(err, CNN_BAD_TYPE, "cross_entropy needs int64 labels, the numbers of the right classes; got %s %s",
                 cnn_dtype_name(labels->dtype), of_labels);
        cnn_error_fix(err, "y:long()");
        return CNN_BAD_TYPE;
    }
    if (labels->shape.ndim == 1 && labels->shape.size[0] == logits->shape.size[0]) return CNN_OK;
    cnn_fail(err, CNN_BAD_SHAPE, "cross_entropy needs one label per row, [%lld] (logits are %s); got %s",
             (long long)logits->shape.size[0], of_logits, of_labels);
    if (cnn_shape_equal(&labels->shape, &logits->shape))
        cnn_error_fix(err, "y:argmax(2) turns one-hot rows into labels");
    else if (cnn_tensor_numel(labels) == logits->shape.size[0])
        cnn_error_fix(err, "y:view(-1)");
    return CNN_BAD_SHAPE;
}

static cnn_status check_shapes(const cnn_call *call, cnn_error *err) {
    static const char *const names[] = {"logits"};
    const cnn_tensor *logits = call->in[LOGITS];
    char got[CNN_SHAPE_TEXT];
    if (logits->shape.ndim != 2 || logits->shape.size[1] < 1) {
        cnn_fail(err, CNN_BAD_SHAPE, "cross_entropy needs logits [rows, classes]; got %s",
                 cnn_shape_print(&logits->shape, got));
        if (logits->shape.ndim == 1) cnn_error_fix(err, "x:unsqueeze(1)");
        if (logits->shape.ndim > 2) cnn_error_fix(err, "cnn.flatten(x, 2)");
        return CNN_BAD_SHAPE;
    }
    cnn_status status = cnn_ops_need_real(call, 1, names, err);
    return status == CNN_OK ? check_labels_shape(call, err) : status;
}

static cnn_status label_fail(int64_t label, int64_t row, const char *which, const cnn_shape *logits, cnn_error *err) {
    char got[CNN_SHAPE_TEXT];
    cnn_fail(err, CNN_BAD_VALUE, "labels count from 1 to %lld (logits are %s); the %s here is %lld, in row %lld",
             (long long)logits->size[1], cnn_shape_print(logits, got), which, (long long)label, (long long)row);
    if (label == 0)
        cnn_error_fix(err, "y + 1 (labels that come from Python count from 0)");
    else if (label < 0)
        cnn_error_fix(err, "ignore_index=%lld, where such rows are to be left out", (long long)label);
    else
        cnn_error_fix(err, "%lld classes need %lld outputs of the last layer", (long long)label, (long long)label);
    return CNN_BAD_VALUE;
}

/* The numbers themselves: the kernels trust them. labels are dense. */
static cnn_status check_label_values(const cnn_call *call, const cnn_tensor *labels, cnn_error *err) {
    const cnn_shape *logits = &call->in[LOGITS]->shape;
    const cnn_reduce_kernels *kernels = call->kernels->reduce[CNN_I64];
    int64_t low, high, low_row, high_row;
    cnn_reduce_walk walk;
    if (!kernels || !kernels->extreme) return cnn_ops_no_kernel(call, CNN_I64, err);
    if (logits->size[0] == 0) return CNN_OK;
    cnn_ops_reduce_walk(labels, 1, &walk);
    kernels->extreme(call->team, &walk, false, cnn_tensor_data(labels), &low, &low_row);
    kernels->extreme(call->team, &walk, true, cnn_tensor_data(labels), &high, &high_row);
    if (cnn_interrupted()) return cnn_fail(err, CNN_INTERRUPTED, "interrupted");
    if (low < 1) return label_fail(low, low_row, "smallest", logits, err);
    return high > logits->size[1] ? label_fail(high, high_row, "largest", logits, err) : CNN_OK;
}

/* ---- numbers ---- */

/* Logits and labels as the kernel reads them; both are the caller's to release, also after a failure. */
static cnn_status prepare(const cnn_call *call, cnn_tensor **logits, cnn_tensor **labels, cnn_error *err) {
    cnn_tensor *integers = NULL;
    cnn_status status = cnn_dense(call->in[LOGITS], logits, err);
    if (status == CNN_OK) status = cnn_ops_as(call, call->in[LABELS], CNN_I64, &integers, err);
    if (status == CNN_OK) status = cnn_dense(integers, labels, err);
    if (status == CNN_OK) status = check_label_values(call, *labels, err);
    cnn_tensor_release(&integers);
    return status;
}

static cnn_status cross_entropy_infer(const cnn_call *call, cnn_spec *out, cnn_error *err) {
    cnn_status status = check_shapes(call, err);
    if (status != CNN_OK) return status;
    cnn_shape rows = {1, {call->in[LOGITS]->shape.size[0]}};
    cnn_spec_dense(out, call->in[LOGITS]->dtype, &rows);
    return CNN_OK;
}

static cnn_status cross_entropy_forward(const cnn_call *call, cnn_tensor *const *out, cnn_error *err) {
    const cnn_cross_entropy_kernels *kernels = call->kernels->cross_entropy[out[0]->dtype];
    const cnn_shape *shape = &call->in[LOGITS]->shape;
    cnn_tensor *logits = NULL, *labels = NULL;
    if (!kernels || !kernels->forward) return cnn_ops_no_kernel(call, out[0]->dtype, err);
    cnn_status status = prepare(call, &logits, &labels, err);
    if (status == CNN_OK && shape->size[0] > 0)
        kernels->forward(call->team, shape->size[0], shape->size[1], cnn_tensor_data(logits), cnn_tensor_data(labels),
                         cnn_tensor_data(out[0]));
    cnn_tensor_release(&logits);
    cnn_tensor_release(&labels);
    return status;
}

static cnn_status cross_entropy_backward(const cnn_gradient *g, cnn_tensor **din, cnn_error *err) {
    cnn_tensor *in[3] = {g->in[LOGITS], g->in[LABELS], g->dout[0]};
    return cnn_apply(&cnn_op_cross_entropy_backward, NULL, in, &din[LOGITS], err);
}

/* ---- gradient: logits, labels, dloss -> dlogits ---- */

static cnn_status backward_infer(const cnn_call *call, cnn_spec *out, cnn_error *err) {
    const cnn_tensor *logits = call->in[LOGITS], *dloss = call->in[DLOSS];
    char got[CNN_SHAPE_TEXT];
    cnn_status status = check_shapes(call, err);
    if (status != CNN_OK) return status;
    if (dloss->shape.ndim != 1 || dloss->shape.size[0] != logits->shape.size[0] || dloss->dtype != logits->dtype)
        return cnn_fail(err, CNN_BAD_SHAPE, "%s needs dloss [%lld] of type %s; got %s %s", call->op->name,
                        (long long)logits->shape.size[0], cnn_dtype_name(logits->dtype), cnn_dtype_name(dloss->dtype),
                        cnn_shape_print(&dloss->shape, got));
    cnn_spec_dense(out, logits->dtype, &logits->shape);
    return CNN_OK;
}

static cnn_status backward_forward(const cnn_call *call, cnn_tensor *const *out, cnn_error *err) {
    const cnn_cross_entropy_kernels *kernels = call->kernels->cross_entropy[out[0]->dtype];
    const cnn_shape *shape = &call->in[LOGITS]->shape;
    cnn_tensor *logits = NULL, *labels = NULL, *dloss = NULL;
    if (!kernels || !kernels->backward) return cnn_ops_no_kernel(call, out[0]->dtype, err);
    cnn_status status = prepare(call, &logits, &labels, err);
    if (status == CNN_OK) status = cnn_dense(call->in[DLOSS], &dloss, err);
    if (status == CNN_OK && shape->size[0] > 0)
        kernels->backward(call->team, shape->size[0], shape->size[1], cnn_tensor_data(logits), cnn_tensor_data(labels),
                          cnn_tensor_data(dloss), cnn_tensor_data(out[0]));
    cnn_tensor_release(&logits);
    cnn_tensor_release(&labels);
    cnn_tensor_release(&dloss);
    return status;
}

/* sum over j, keeping the dimension */
static cnn_status row_sum(cnn_tensor *a, cnn_tensor *b, cnn_tensor **out, cnn_error *err) {
    static const cnn_shape classes = {1, {1}};
    cnn_tensor *product = NULL;
    cnn_status status = cnn_mul(a, b, &product, err);
    if (status == CNN_OK) status = cnn_sum(product, &classes, true, out, err);
    cnn_tensor_release(&product);
    return status;
}

/* softmax(logits) = e + onehot(labels) */
static cnn_status softmax_of(const cnn_gradient *g, cnn_tensor *e, cnn_tensor **out, cnn_error *err) {
    const cnn_shape *logits = &g->in_spec[LOGITS].shape;
    cnn_shape column = {2, {logits->size[0], 1}};
    cnn_tensor *labels = NULL, *count = NULL, *onehot = NULL, *numbers = NULL;
    cnn_status status = cnn_reshape(g->in[LABELS], &column, &labels, err);
    if (status == CNN_OK) status = cnn_ops_count(logits->size[1], 1, 2, &count, err);
    if (status == CNN_OK) status = cnn_ops_apply2(&cnn_op_eq, labels, count, &onehot, err);
    if (status == CNN_OK) status = cnn_cast(onehot, e->dtype, &numbers, err);
    if (status == CNN_OK) status = cnn_add(e, numbers, out, err);
    cnn_tensor_release(&labels);
    cnn_tensor_release(&count);
    cnn_tensor_release(&onehot);
    cnn_tensor_release(&numbers);
    return status;
}

/* dloss * p * (h - sum(h p)) */
static cnn_status to_logits(const cnn_gradient *g, cnn_tensor *e, cnn_tensor **din, cnn_error *err) {
    const cnn_shape column = {2, {g->in_spec[LOGITS].shape.size[0], 1}};
    cnn_tensor *p = NULL, *along = NULL, *centred = NULL, *product = NULL, *dloss = NULL;
    cnn_status status = softmax_of(g, e, &p, err);
    if (status == CNN_OK) status = row_sum(g->dout[0], p, &along, err);
    if (status == CNN_OK) status = cnn_sub(g->dout[0], along, &centred, err);
    if (status == CNN_OK) status = cnn_mul(p, centred, &product, err);
    if (status == CNN_OK) status = cnn_reshape(g->in[DLOSS], &column, &dloss, err);
    if (status == CNN_OK) status = cnn_mul(product, dloss, din, err);
    cnn_tensor_release(&p);
    cnn_tensor_release(&along);
    cnn_tensor_release(&centred);
    cnn_tensor_release(&product);
    cnn_tensor_release(&dloss);
    return status;
}

static cnn_status backward_backward(const cnn_gradient *g, cnn_tensor **din, cnn_error *err) {
    cnn_tensor *one = NULL, *e = NULL, *sum = NULL;
    const cnn_shape *rows = &g->in_spec[DLOSS].shape;
    cnn_status status = cnn_tensor_full(g->in_spec[LOGITS].dtype, rows, 1, &one, err);
    cnn_tensor *in[3] = {g->in[LOGITS], g->in[LABELS], one};
    if (status == CNN_OK) status = cnn_apply(&cnn_op_cross_entropy_backward, NULL, in, &e, err);
    if (status == CNN_OK && g->wanted[LOGITS]) status = to_logits(g, e, &din[LOGITS], err);
    if (status == CNN_OK && g->wanted[DLOSS]) status = row_sum(g->dout[0], e, &sum, err);
    if (status == CNN_OK && sum) status = cnn_reshape(sum, rows, &din[DLOSS], err);
    cnn_tensor_release(&one);
    cnn_tensor_release(&e);
    cnn_tensor_release(&sum);
    return status;
}

const cnn_op cnn_op_cross_entropy = {
    .name = "cross_entropy",
    .inputs = 2,
    .outputs = 1,
    .saves_in = 3,
    .autocast = CNN_AUTOCAST_F32,
    .infer = cross_entropy_infer,
    .forward = cross_entropy_forward,
    .backward = cross_entropy_backward,
};

const cnn_op cnn_op_cross_entropy_backward = {
    .name = "cross_entropy_backward",
    .inputs = 3,
    .outputs = 1,
    .saves_in = 7,
    .infer = backward_infer,
    .forward = backward_forward,
    .backward = backward_backward,
};
