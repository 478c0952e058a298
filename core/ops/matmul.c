/* SPDX-License-Identifier: MIT
 * matmul: the product of two matrices, either of them transposed without being copied; formula in kernels/gemm.h. */
#include "core/ops/matmul.h"
#include "core/ops/params.h"
#include "core/ops/support.h"

static const cnn_field matmul_fields[] = {
    CNN_FIELD(matmul_params, BOOL, transpose_a), CNN_FIELD(matmul_params, BOOL, transpose_b), {0}};

/* ---- numbers ---- */

/* x as gemm reads it: elements of a row side by side, or (transposed flips) of a column. Copies x where neither is so.
 */
static cnn_status matrix_of(cnn_tensor *x, cnn_tensor **out, int64_t *leading, bool *transposed, cnn_error *err) {
    int64_t rows = x->shape.size[0], columns = x->shape.size[1];
    bool row_step = x->stride[1] == 1 || columns == 1, column_step = x->stride[0] == 1 || rows == 1;
    if (row_step && (rows == 1 || x->stride[0] >= columns)) {
        *leading = rows == 1 ? columns : x->stride[0];
    } else if (column_step && (columns == 1 || x->stride[1] >= rows)) {
        *leading = columns == 1 ? rows : x->stride[1];
        *transposed = !*transposed;
    } else {
        *leading = columns;
        return cnn_dense(x, out, err);
    }
    *out = cnn_tensor_retain(x);
    return CNN_OK;
}

cnn_status cnn_ops_gemm(const cnn_call *call, bool transpose_a, cnn_tensor *a, bool transpose_b, cnn_tensor *b,
                        int beta, cnn_tensor *c, cnn_error *err) {
    const cnn_gemm_kernels *kernels = call->kernels->gemm[c->dtype];
    cnn_gemm_params p = {.transpose_a = transpose_a, .transpose_b = transpose_b, .beta = beta};
    cnn_tensor *ready_a = NULL, *ready_b = NULL;
    if (!kernels || !kernels->gemm) return cnn_ops_no_kernel(call, c->dtype, err);
    p.m = c->shape.size[0];
    p.n = c->shape.size[1];
    p.k = a->shape.size[transpose_a ? 0 : 1];
    p.ldc = p.n;
    if (p.m == 0 || p.n == 0) return CNN_OK;
    if (p.k == 0) return beta ? CNN_OK : cnn_ops_fill(call, c, 0, err);
    cnn_status status = matrix_of(a, &ready_a, &p.lda, &p.transpose_a, err);
    if (status == CNN_OK) status = matrix_of(b, &ready_b, &p.ldb, &p.transpose_b, err);
    if (status == CNN_OK)
        kernels->gemm(call->team, &p, cnn_tensor_data(ready_a), cnn_tensor_data(ready_b), cnn_tensor_data(c));
    cnn_tensor_release(&ready_a);
    cnn_tensor_release(&ready_b);
    return status;
}

/* ---- the op ---- */

static cnn_status matmul_infer(const cnn_call *call, cnn_spec *out, cnn_error *err) {
    static const char *const names[] = {"a", "b"};
    const matmul_params *params = call->params;
    const cnn_shape *a = &call->in[0]->shape, *b = &call->in[1]->shape;
    char ta[CNN_SHAPE_TEXT], tb[CNN_SHAPE_TEXT];
    cnn_shape_print(a, ta);
    cnn_shape_print(b, tb);
    if (a->ndim != 2 || b->ndim != 2)
        return cnn_fail(err, CNN_BAD_SHAPE, "matmul needs two matrices [m, k] and [k, n]; got %s and %s", ta, tb);
    int64_t inner_a = a->size[params->transpose_a ? 0 : 1], inner_b = b->size[params->transpose_b ? 1 : 0];
    if (inner_a != inner_b) {
        cnn_fail(err, CNN_BAD_SHAPE,
                 "matmul needs [m, k] and [k, n]; got %s%s and %s%s: k is %lld in one, %lld in the "
                 "other",
                 ta, params->transpose_a ? " transposed" : "", tb, params->transpose_b ? " transposed" : "",
                 (long long)inner_a, (long long)inner_b);
        if (inner_a == b->size[params->transpose_b ? 0 : 1]) cnn_error_fix(err, "a:matmul(b:t())");
        return CNN_BAD_SHAPE;
    }
    cnn_status status = cnn_ops_need_real(call, 2, names, err);
    if (status != CNN_OK) return status;
    cnn_shape shape = {2, {a->size[params->transpose_a ? 1 : 0], b->size[params->transpose_b ? 0 : 1]}};
    cnn_spec_dense(out, call->in[0]->dtype, &shape);
    return CNN_OK;
}

static cnn_status matmul_forward(const cnn_call *call, cnn_tensor *const *out, cnn_error *err) {
    const matmul_params *params = call->params;
    return cnn_ops_gemm(call, params->transpose_a, call->in[0], params->transpose_b, call->in[1], 0, out[0], err);
}

/* C = A B: dA = dC B', dB = A' dC; a transposed operand's gradient is the transposed one. */
static cnn_status matmul_backward(const cnn_gradient *g, cnn_tensor **din, cnn_error *err) {
    const matmul_params *params = g->params;
    bool ta = params->transpose_a, tb = params->transpose_b;
    cnn_tensor *dc = g->dout[0];
    cnn_status status = CNN_OK;
    if (g->wanted[0])
        status =
            ta ? cnn_matmul(g->in[1], tb, dc, true, &din[0], err) : cnn_matmul(dc, false, g->in[1], !tb, &din[0], err);
    if (status == CNN_OK && g->wanted[1])
        status =
            tb ? cnn_matmul(dc, true, g->in[0], ta, &din[1], err) : cnn_matmul(g->in[0], !ta, dc, false, &din[1], err);
    return status;
}

static int64_t matmul_multiply_adds(const cnn_call *call, const cnn_tensor *out) {
    const matmul_params *params = call->params;
    return cnn_tensor_numel(out) * call->in[0]->shape.size[params->transpose_a ? 0 : 1];
}

const cnn_op cnn_op_matmul = {
    .name = "matmul",
    .inputs = 2,
    .outputs = 1,
    .saves_in = 3,
    .saves_for = {2, 1},
    .multiply_adds = matmul_multiply_adds,
    .param_bytes = sizeof(matmul_params),
    .fields = matmul_fields,
    .autocast = CNN_AUTOCAST_BF16,
    .infer = matmul_infer,
    .forward = matmul_forward,
    .backward = matmul_backward,
};
