/* SPDX-License-Identifier: MIT
 * One step of Adam, AdamW, RMSprop or Adagrad on a parameter (see functions.h); the formulas are in kernels/adaptive.h,
 * what all optimisers' steps share in step.h. Corrections that depend on the step's number are made here, in double. */
#include <math.h>

#include "core/functions.h"
#include "core/step.h"

enum { FIRST = CNN_STEP_MEMORY, SECOND, THIRD };

static cnn_status check_memory(const cnn_step_run *run, int which, cnn_error *err) {
    if (run->given[which]) return CNN_OK;
    return cnn_fail(err, CNN_BAD_VALUE, "%s needs the %s of each parameter", run->optimiser, run->name[which]);
}

static cnn_status check_number(const cnn_step_run *run, int64_t number, cnn_error *err) {
    if (number >= 1) return CNN_OK;
    return cnn_fail(err, CNN_BAD_VALUE, "the steps of %s count from 1; got %lld", run->optimiser, (long long)number);
}

/* The kernels for the parameter's type; NULL, with the error, where the device has none. */
static const cnn_adaptive_kernels *kernels_for(const cnn_step_run *run, cnn_status *status, cnn_error *err) {
    const cnn_dtype dtype = run->ready[CNN_STEP_PARAM]->dtype;
    const cnn_adaptive_kernels *kernels = run->call.kernels->adaptive[dtype];
    if (!kernels) *status = cnn_ops_no_kernel(&run->call, dtype, err);
    return kernels;
}

cnn_status cnn_adam_step(cnn_tensor *param, cnn_tensor *grad, cnn_tensor *mean, cnn_tensor *square, cnn_tensor *largest,
                         const cnn_adam_options *o, cnn_error *err) {
    cnn_step_run run = {.optimiser = "Adam",
                        .given = {param, grad, mean, square, largest},
                        .name = {[FIRST] = "exp_avg", [SECOND] = "exp_avg_sq", [THIRD] = "max_exp_avg_sq"}};
    cnn_status status = cnn_step_begin(&run, err);
    for (int i = FIRST; i <= SECOND && status == CNN_OK; i++) status = check_memory(&run, i, err);
    if (status == CNN_OK) status = check_number(&run, o->step, err);
    const cnn_adaptive_kernels *kernels = status == CNN_OK ? kernels_for(&run, &status, err) : NULL;
    if (kernels) {
        const double t = (double)o->step;
        const cnn_adaptive_params params = {.step_size = o->lr / (1 - pow(o->beta1, t)),
                                            .root_correction = sqrt(1 - pow(o->beta2, t)),
                                            .beta1 = o->beta1,
                                            .beta2 = o->beta2,
                                            .eps = o->eps,
                                            .shrink = o->decoupled ? 1 - o->lr * o->weight_decay : 1,
                                            .weight_decay = o->decoupled ? 0 : o->weight_decay,
                                            .maximize = o->maximize};
        kernels->adam(run.call.team, &params, run.n, run.data[CNN_STEP_GRAD], run.data[CNN_STEP_PARAM], run.data[FIRST],
                      run.data[SECOND], run.data[THIRD]);
    }
    return cnn_step_end(&run, status, err);
}

cnn_status cnn_rmsprop_step(cnn_tensor *param, cnn_tensor *grad, cnn_tensor *square, cnn_tensor *mean,
                            cnn_tensor *buffer, const cnn_rmsprop_options *o, cnn_error *err) {
    cnn_step_run run = {.optimiser = "RMSprop",
                        .given = {param, grad, square, mean, buffer},
                        .name = {[FIRST] = "square_avg", [SECOND] = "grad_avg", [THIRD] = "momentum buffer"}};
    cnn_status status = cnn_step_begin(&run, err);
    if (status == CNN_OK) status = check_memory(&run, FIRST, err);
    if (status == CNN_OK && o->momentum != 0) status = check_memory(&run, THIRD, err);
    const cnn_adaptive_kernels *kernels = status == CNN_OK ? kernels_for(&run, &status, err) : NULL;
    if (kernels) {
        const cnn_adaptive_params params = {.step_size = o->lr,
                                            .alpha = o->alpha,
                                            .eps = o->eps,
                                            .weight_decay = o->weight_decay,
                                            .momentum = o->momentum,
                                            .maximize = o->maximize};
        kernels->rmsprop(run.call.team, &params, run.n, run.data[CNN_STEP_GRAD], run.data[CNN_STEP_PARAM],
                         run.data[FIRST], run.data[SECOND], run.data[THIRD]);
    }
    return cnn_step_end(&run, status, err);
}

cnn_status cnn_adagrad_step(cnn_tensor *param, cnn_tensor *grad, cnn_tensor *sum, const cnn_adagrad_options *o,
                            cnn_error *err) {
    cnn_step_run run = {.optimiser = "Adagrad", .given = {param, grad, sum}, .name = {[FIRST] = "sum of squares"}};
    cnn_status status = cnn_step_begin(&run, err);
    if (status == CNN_OK) status = check_memory(&run, FIRST, err);
    if (status == CNN_OK) status = check_number(&run, o->step, err);
    const cnn_adaptive_kernels *kernels = status == CNN_OK ? kernels_for(&run, &status, err) : NULL;
    if (kernels) {
        const cnn_adaptive_params params = {.step_size = o->lr / (1 + (double)(o->step - 1) * o->lr_decay),
                                            .eps = o->eps,
                                            .weight_decay = o->weight_decay,
                                            .maximize = o->maximize};
        kernels->adagrad(run.call.team, &params, run.n, run.data[CNN_STEP_GRAD], run.data[CNN_STEP_PARAM],
                         run.data[FIRST]);
    }
    return cnn_step_end(&run, status, err);
}
