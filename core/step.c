/* SPDX-License-Identifier: MIT
 * The frame of an optimiser's step (see step.h). */
#include "core/anomaly.h"
#include "core/profile.h"
#include "core/step.h"
#include "core/state.h"
#include "core/waiting.h"

static cnn_status check_like(const cnn_tensor *param, const cnn_tensor *x, const char *name, cnn_error *err) {
    char want[CNN_SHAPE_TEXT], got[CNN_SHAPE_TEXT];
    if (!x || (x->dtype == param->dtype && cnn_shape_equal(&x->shape, &param->shape))) return CNN_OK;
    return cnn_fail(err, x->dtype == param->dtype ? CNN_BAD_SHAPE : CNN_BAD_TYPE,
                    "the %s of a parameter %s %s must be like it; got %s %s", name, cnn_dtype_name(param->dtype),
                    cnn_shape_print(&param->shape, want), cnn_dtype_name(x->dtype), cnn_shape_print(&x->shape, got));
}

static cnn_status check_run(const cnn_step_run *run, cnn_error *err) {
    const cnn_tensor *param = run->given[CNN_STEP_PARAM];
    if (!cnn_dtype_is_real(param->dtype))
        return cnn_fail(err, CNN_BAD_TYPE, "%s needs real parameters; got %s", run->optimiser,
                        cnn_dtype_name(param->dtype));
    cnn_status status = check_like(param, run->given[CNN_STEP_GRAD], "gradient", err);
    for (int i = CNN_STEP_MEMORY; i < CNN_STEP_TENSORS && status == CNN_OK; i++)
        status = check_like(param, run->given[i], run->name[i], err);
    return status;
}

/* x with exactly these strides, bfloat16 as float32: itself, or a copy. NULL stays NULL. */
static cnn_status in_layout(const cnn_call *call, cnn_tensor *x, const cnn_shape *shape, const int64_t *stride,
                            cnn_tensor **out, cnn_error *err) {
    cnn_tensor *copy = NULL;
    if (!x) return CNN_OK;
    bool same = x->dtype != CNN_BF16;
    for (int i = 0; i < shape->ndim; i++) same &= shape->size[i] <= 1 || x->stride[i] == stride[i];
    if (same) {
        *out = cnn_tensor_retain(x);
        return CNN_OK;
    }
    cnn_status status = cnn_tensor_empty_strided(x->dtype == CNN_BF16 ? CNN_F32 : x->dtype, shape, stride, &copy, err);
    if (status == CNN_OK) status = cnn_ops_copy(call, x, copy, err);
    if (status == CNN_OK) {
        *out = copy;
    } else {
        cnn_tensor_release(&copy);
    }
    return status;
}

/* Writes a changed copy back to where it belongs. */
static cnn_status put_back(cnn_tensor *x, cnn_tensor *ready, cnn_error *err) {
    if (!x) return CNN_OK;
    if (x == ready) {
        cnn_tensor_written(x, "an optimiser's step");
        return CNN_OK;
    }
    return cnn_copy_into(x, ready, err);
}

cnn_status cnn_step_begin(cnn_step_run *run, cnn_error *err) {
    cnn_tensor *param = run->given[CNN_STEP_PARAM];
    cnn_spec spec;
    run->begun = cnn_profile_begin();
    cnn_status status = check_run(run, err);
    if (status != CNN_OK) return status;
    run->call = (cnn_call){.kernels = cnn_current_kernels(), .team = cnn_current_team()};
    run->n = cnn_tensor_numel(param);
    cnn_spec_like(&spec, param->dtype, &param->shape, param);
    for (int i = 0; i < CNN_STEP_TENSORS && status == CNN_OK; i++) {
        status = in_layout(&run->call, run->given[i], &param->shape, spec.stride, &run->ready[i], err);
        if (status != CNN_OK || !run->ready[i]) continue;
        if (i != CNN_STEP_GRAD) cnn_wait_over_readers(run->ready[i]->storage);
        run->data[i] = cnn_tensor_data(run->ready[i]);
    }
    return status;
}

cnn_status cnn_step_end(cnn_step_run *run, cnn_status status, cnn_error *err) {
    for (int i = 0; i < CNN_STEP_TENSORS && status == CNN_OK; i++)
        if (i != CNN_STEP_GRAD) status = put_back(run->given[i], run->ready[i], err);
    if (status == CNN_OK && cnn_interrupted()) status = cnn_fail(err, CNN_INTERRUPTED, "interrupted");
    for (int i = 0; i < CNN_STEP_TENSORS; i++) cnn_tensor_release(&run->ready[i]);
    cnn_profile_end(run->optimiser, run->begun);
    return status;
}
