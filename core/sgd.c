/* SPDX-License-Identifier: MIT
 * One step of stochastic gradient descent on a parameter (see functions.h); the formula is in kernels/sgd.h, what all
 * optimisers' steps share in step.h. */
#include "core/functions.h"
#include "core/step.h"

static cnn_status sgd_run(cnn_step_run *run, const cnn_sgd_options *options, cnn_error *err) {
    const cnn_sgd_params params = {options->lr,       options->momentum, options->dampening, options->weight_decay,
                                   options->nesterov, options->maximize, options->first};
    const cnn_dtype dtype = run->ready[CNN_STEP_PARAM]->dtype;
    const cnn_sgd_kernels *kernels = run->call.kernels->sgd[dtype];
    if (!kernels || !kernels->step) return cnn_ops_no_kernel(&run->call, dtype, err);
    kernels->step(run->call.team, &params, run->n, run->data[CNN_STEP_GRAD], run->data[CNN_STEP_PARAM],
                  run->data[CNN_STEP_MEMORY]);
    return CNN_OK;
}

cnn_status cnn_sgd_step(cnn_tensor *param, cnn_tensor *grad, cnn_tensor *buffer, const cnn_sgd_options *options,
                        cnn_error *err) {
    cnn_step_run run = {
        .optimiser = "SGD", .given = {param, grad, buffer}, .name = {[CNN_STEP_MEMORY] = "momentum buffer"}};
    cnn_status status = cnn_step_begin(&run, err);
    if (status == CNN_OK && options->momentum != 0 && !buffer)
        status = cnn_fail(err, CNN_BAD_VALUE, "SGD with momentum needs a buffer for each parameter");
    if (status == CNN_OK) status = sgd_run(&run, options, err);
    return cnn_step_end(&run, status, err);
}
