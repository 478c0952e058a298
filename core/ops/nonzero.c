/* SPDX-License-Identifier: MIT
 * nonzero: the positions, from 1 and row-major, of the elements that are not 0, as int64 [k]; contract in
 * kernels/select.h. NaN is not 0.
 *
 * How many there are is seen from the numbers, not from the shape: this is the one op whose infer reads its input. No
 * gradient flows through positions. */
#include "core/narrow.h"
#include "core/hollow.h"
#include "core/ops/lines.h"

static cnn_status nonzero_run(const cnn_call *call, int64_t room, int64_t *positions, int64_t *count, cnn_error *err) {
    const cnn_dtype dtype = call->in[0]->dtype == CNN_BF16 ? CNN_F32 : call->in[0]->dtype;
    const cnn_select_kernels *kernels = call->kernels->select[dtype];
    cnn_tensor *wide = NULL, *x = NULL;
    if (!kernels) return cnn_ops_no_kernel(call, dtype, err);
    cnn_status status = cnn_ops_as(call, call->in[0], dtype, &wide, err);
    if (status == CNN_OK) status = cnn_dense(wide, &x, err);
    if (status == CNN_OK)
        *count = kernels->nonzero(call->team, cnn_tensor_numel(x), cnn_tensor_data(x), room, positions);
    cnn_tensor_release(&wide);
    cnn_tensor_release(&x);
    if (status != CNN_OK) return status;
    return cnn_interrupted() ? cnn_fail(err, CNN_INTERRUPTED, "interrupted") : CNN_OK;
}

static cnn_status nonzero_infer(const cnn_call *call, cnn_spec *out, cnn_error *err) {
    cnn_shape shape = {.ndim = 1};
    cnn_status status = cnn_need_numbers(call->in[0], err);
    if (status == CNN_OK) status = nonzero_run(call, 0, NULL, &shape.size[0], err);
    if (status == CNN_OK) cnn_spec_dense(out, CNN_I64, &shape);
    return status;
}

static cnn_status nonzero_forward(const cnn_call *call, cnn_tensor *const *out, cnn_error *err) {
    int64_t count;
    return nonzero_run(call, out[0]->shape.size[0], cnn_tensor_data(out[0]), &count, err);
}

const cnn_op cnn_op_nonzero = {
    .name = "nonzero",
    .inputs = 1,
    .outputs = 1,
    .infer = nonzero_infer,
    .forward = nonzero_forward,
    .reads_bf16 = cnn_narrow_always,
};
