/* SPDX-License-Identifier: MIT
 * One step of stochastic gradient descent on parameters (see functions.h); the formula is in kernels/sgd.h, what all
 * optimisers' steps share in step.h. Parameters in a row of one type are checked before the first
 * of them moves. */
#include "core/functions.h"
#include "core/step.h"

#include <stdlib.h>

static cnn_status sgd_begin(cnn_step_run *run, const cnn_sgd_options *options, cnn_sgd_item *item, cnn_error *err) {
    cnn_status status = cnn_step_begin(run, err);
    if (status == CNN_OK && options->momentum != 0 && !run->given[CNN_STEP_MEMORY])
        status = cnn_fail(err, CNN_BAD_VALUE, "SGD with momentum needs a buffer for each parameter");
    *item = (cnn_sgd_item){.n = run->n,
                           .grad = run->data[CNN_STEP_GRAD],
                           .param = run->data[CNN_STEP_PARAM],
                           .buffer = run->data[CNN_STEP_MEMORY]};
    return status;
}

static cnn_status sgd_run(const cnn_step_run *first, const cnn_sgd_options *options, int64_t count,
                          const cnn_sgd_item *item, cnn_error *err) {
    const cnn_sgd_params params = {options->lr,       options->momentum, options->dampening, options->weight_decay,
                                   options->nesterov, options->maximize, options->first};
    const cnn_dtype dtype = first->ready[CNN_STEP_PARAM]->dtype;
    const cnn_sgd_kernels *kernels = first->call.kernels->sgd[dtype];
    if (!kernels || !kernels->step) return cnn_ops_no_kernel(&first->call, dtype, err);
    kernels->step(first->call.team, &params, count, item);
    return CNN_OK;
}

/* All parameters have one type: run[0 … count - 1] and item likewise are room for it. */
static cnn_status sgd_together(int64_t count, const cnn_sgd_parameter *p, const cnn_sgd_options *options,
                               cnn_step_run *run, cnn_sgd_item *item, cnn_error *err) {
    cnn_status status = CNN_OK;
    int64_t begun = 0;
    while (begun < count && status == CNN_OK) {
        run[begun] = (cnn_step_run){.optimiser = "SGD",
                                    .given = {p[begun].param, p[begun].grad, p[begun].buffer},
                                    .name = {[CNN_STEP_MEMORY] = "momentum buffer"}};
        status = sgd_begin(&run[begun], options, &item[begun], err);
        if (begun++ > 0) run[begun - 1].begun = -1; /* the first one's time is everybody's */
    }
    if (status == CNN_OK) status = sgd_run(run, options, count, item, err);
    for (int64_t i = 0; i < begun; i++) status = cnn_step_end(&run[i], status, err);
    return status;
}

cnn_status cnn_sgd_steps(int64_t count, const cnn_sgd_parameter *p, const cnn_sgd_options *options, cnn_error *err) {
    cnn_status status = CNN_OK;
    if (count == 0) return CNN_OK;
    cnn_step_run *run = malloc((size_t)count * sizeof *run);
    cnn_sgd_item *item = malloc((size_t)count * sizeof *item);
    if (!run || !item)
        status = cnn_fail(err, CNN_NO_MEMORY, "there is no memory to list %lld parameters", (long long)count);
    for (int64_t begin = 0, end; begin < count && status == CNN_OK; begin = end) { /* runs of one type */
        for (end = begin + 1; end < count && p[end].param->dtype == p[begin].param->dtype;) end++;
        status = sgd_together(end - begin, p + begin, options, run, item, err);
    }
    free(run);
    free(item);
    return status;
}

cnn_status cnn_sgd_step(cnn_tensor *param, cnn_tensor *grad, cnn_tensor *buffer, const cnn_sgd_options *options,
                        cnn_error *err) {
    return cnn_sgd_steps(1, &(cnn_sgd_parameter){param, grad, buffer}, options, err);
}
