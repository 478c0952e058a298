/* SPDX-License-Identifier: MIT
 * Comparisons of two broadcast operands, one descriptor per COMPARE line of kernels/pointwise.list; the result is bool
 * and has no gradient.
 *
 * A number compared with a real tensor is rounded to the tensor's type first, so that x:eq(0.1) finds 0.1 in float32.
 * Integers are compared exactly: of two integer types the wider, and float64 where an integer meets a real. */
#include "core/narrow.h"
#include "core/ops/support.h"

static cnn_dtype compare_dtype(const cnn_tensor *a, const cnn_tensor *b) {
    bool real_a = cnn_dtype_is_real(a->dtype), real_b = cnn_dtype_is_real(b->dtype);
    if (real_a && real_b) return cnn_ops_common_dtype(a, b);
    if (!real_a && !real_b) return cnn_dtype_promote(a->dtype, b->dtype);
    cnn_dtype integer = real_a ? b->dtype : a->dtype, real = real_a ? a->dtype : b->dtype;
    bool number = (real_a ? b : a)->shape.ndim == 0;
    return integer == CNN_I64 && !number ? CNN_F64 : real;
}

static cnn_status compare_infer(const cnn_call *call, cnn_spec *out, cnn_error *err) {
    const cnn_tensor *a = call->in[0], *b = call->in[1];
    cnn_shape shape;
    cnn_status status = cnn_shape_broadcast(&a->shape, &b->shape, &shape, err);
    if (status != CNN_OK) return status;
    cnn_spec_like(out, CNN_BOOL, &shape, cnn_shape_equal(&shape, &a->shape) ? a : b);
    return CNN_OK;
}

static cnn_status compare_run(const cnn_call *call, int which, cnn_tensor *a, cnn_tensor *b, cnn_tensor *out,
                              cnn_error *err) {
    const cnn_pointwise_kernels *table = call->kernels->pointwise[a->dtype];
    if (!table || !table->compare[which]) return cnn_ops_no_kernel(call, a->dtype, err);
    const cnn_tensor *in[2] = {a, b};
    cnn_walk walk;
    cnn_walk_make(out, 2, in, &walk);
    table->compare[which](call->team, &walk, cnn_tensor_data(a), cnn_tensor_data(b), cnn_tensor_data(out));
    return CNN_OK;
}

static cnn_status compare_forward(const cnn_call *call, int which, cnn_tensor *const *out, cnn_error *err) {
    cnn_dtype dtype = compare_dtype(call->in[0], call->in[1]);
    cnn_tensor *a = NULL, *b = NULL;
    cnn_status status = cnn_ops_operand(call, call->in[0], out[0], dtype, &a, err);
    if (status == CNN_OK) status = cnn_ops_operand(call, call->in[1], out[0], dtype, &b, err);
    if (status == CNN_OK) status = compare_run(call, which, a, b, out[0], err);
    cnn_tensor_release(&a);
    cnn_tensor_release(&b);
    return status;
}

#define COMPARE(op_name, f)                                                                                            \
    static cnn_status op_name##_forward(const cnn_call *call, cnn_tensor *const *out, cnn_error *err) {                \
        return compare_forward(call, CNN_COMPARE_##op_name, out, err);                                                 \
    }                                                                                                                  \
    const cnn_op cnn_op_##op_name = {.name = #op_name,                                                                 \
                                     .inputs = 2,                                                                      \
                                     .outputs = 1,                                                                     \
                                     .infer = compare_infer,                                                           \
                                     .forward = op_name##_forward,                                                     \
                                     .reads_bf16 = cnn_narrow_always};
#include "kernels/pointwise.list"
#undef COMPARE
