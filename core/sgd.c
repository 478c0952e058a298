/* SPDX-License-Identifier: MIT
 * One step of stochastic gradient descent on a parameter (see functions.h); the formula is in kernels/sgd.h.
 *
 * The kernel wants param, grad and buffer dense in one layout. Gradients mostly have their parameter's; what does not
 * is copied first, and copied back after the step if the step changed it. */
#include "core/functions.h"
#include "core/ops/support.h"
#include "core/state.h"

static cnn_status check_like(const cnn_tensor *param, const cnn_tensor *x, const char *name, cnn_error *err) {
    char want[CNN_SHAPE_TEXT], got[CNN_SHAPE_TEXT];
    if (!x || (x->dtype == param->dtype && cnn_shape_equal(&x->shape, &param->shape))) return CNN_OK;
    return cnn_fail(err, x->dtype == param->dtype ? CNN_BAD_SHAPE : CNN_BAD_TYPE,
                    "the %s of a parameter %s %s must be like it; got %s %s", name, cnn_dtype_name(param->dtype),
                    cnn_shape_print(&param->shape, want), cnn_dtype_name(x->dtype), cnn_shape_print(&x->shape, got));
}

static cnn_status check_step(const cnn_tensor *param, const cnn_tensor *grad, const cnn_tensor *buffer,
                             const cnn_sgd_options *options, cnn_error *err) {
    if (!cnn_dtype_is_real(param->dtype))
        return cnn_fail(err, CNN_BAD_TYPE, "SGD needs float32 or float64 parameters; got %s",
                        cnn_dtype_name(param->dtype));
    cnn_status status = check_like(param, grad, "gradient", err);
    if (status == CNN_OK) status = check_like(param, buffer, "momentum buffer", err);
    if (status == CNN_OK && options->momentum != 0 && !buffer)
        return cnn_fail(err, CNN_BAD_VALUE, "SGD with momentum needs a buffer for each parameter");
    return status;
}

/* x with exactly these strides: itself, or a copy. NULL stays NULL. */
static cnn_status in_layout(const cnn_call *call, cnn_tensor *x, const cnn_shape *shape, const int64_t *stride,
                            cnn_tensor **out, cnn_error *err) {
    cnn_tensor *copy = NULL;
    bool same = true;
    if (!x) return CNN_OK;
    for (int i = 0; i < shape->ndim; i++) same &= shape->size[i] <= 1 || x->stride[i] == stride[i];
    if (same) {
        *out = cnn_tensor_retain(x);
        return CNN_OK;
    }
    cnn_status status = cnn_tensor_empty_strided(x->dtype, shape, stride, &copy, err);
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
        cnn_tensor_touch(x);
        return CNN_OK;
    }
    return cnn_copy_into(x, ready, err);
}

cnn_status cnn_sgd_step(cnn_tensor *param, cnn_tensor *grad, cnn_tensor *buffer, const cnn_sgd_options *options,
                        cnn_error *err) {
    const cnn_call call = {.kernels = cnn_current_kernels(), .team = cnn_current_team()};
    const cnn_sgd_params params = {options->lr,       options->momentum, options->dampening, options->weight_decay,
                                   options->nesterov, options->maximize, options->first};
    cnn_tensor *ready_param = NULL, *ready_grad = NULL, *ready_buffer = NULL;
    cnn_spec spec;
    cnn_status status = check_step(param, grad, buffer, options, err);
    if (status != CNN_OK) return status;
    const cnn_sgd_kernels *kernels = call.kernels->sgd[param->dtype];
    if (!kernels || !kernels->step) return cnn_ops_no_kernel(&call, param->dtype, err);
    cnn_spec_like(&spec, param->dtype, &param->shape, param);
    status = in_layout(&call, param, &param->shape, spec.stride, &ready_param, err);
    if (status == CNN_OK) status = in_layout(&call, grad, &param->shape, spec.stride, &ready_grad, err);
    if (status == CNN_OK) status = in_layout(&call, buffer, &param->shape, spec.stride, &ready_buffer, err);
    if (status == CNN_OK) {
        kernels->step(call.team, &params, cnn_tensor_numel(param), cnn_tensor_data(ready_grad),
                      cnn_tensor_data(ready_param), ready_buffer ? cnn_tensor_data(ready_buffer) : NULL);
        status = put_back(param, ready_param, err);
    }
    if (status == CNN_OK) status = put_back(buffer, ready_buffer, err);
    if (status == CNN_OK && cnn_interrupted()) status = cnn_fail(err, CNN_INTERRUPTED, "interrupted");
    cnn_tensor_release(&ready_param);
    cnn_tensor_release(&ready_grad);
    cnn_tensor_release(&ready_buffer);
    return status;
}
