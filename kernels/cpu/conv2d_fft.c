/* SPDX-License-Identifier: MIT
 * Convolution by Fourier transforms: large kernels of stride 1; compiled once per level and stored type.
 *
 * A convolution is a product at each frequency, whatever the kernel's size. With circular transforms as long as the
 * padded image, output = X conj W, dinput = DY W, dweight = X conj DY (capitals: transforms), in three steps: along the
 * rows of images (conv2d_fft_images.h) and kernel (conv2d_fft_taps.h); column by column there, products, and back
 * (conv2d_fft_columns.h); along the rows again. Forward keeps the first step's result. Errors are in proportion to the
 * largest numbers of a pair of images, which are one complex image: a NaN in one of them is one in both.
 * Ladder, ms of forward and both gradients, 128 images 22x22, 32 to 64 channels, 7x7, two AVX-512 cores: direct
 * (conv2d_direct.c) 57 -> whole spectra of 8 images at a time 14.8 -> column by column 13.2 -> lines that lie together,
 * asked for in time 10.3 -> fewer planes in the second-level cache 9.8 -> past the caches where much 9.0. Products
 * would take 2.4 at the limit of fma; transforms and memory are the rest. */
#include <omp.h>

#include "kernels/cpu/conv2d_fft_columns.h"

/* The three steps; a function of their own each, outside the parallel region, or constants would not reach them. */
static __attribute__((noinline)) void fft_rows_step(const fft_job *job, int thread, int threads) {
    if (fft_has_products(job->pass)) fft_taps(job, thread, threads);
    if (job->pass != CNN_CONV2D_FORWARD)
        fft_images(job, &job->plan.out, &job->doutput, NULL, job->out_rows, thread, threads);
    if (job->pass != CNN_CONV2D_BACKWARD_INPUT && !job->have_in_rows)
        fft_images(job, &job->plan.in, &job->input, NULL, job->in_rows, thread, threads);
    vf_stream_end();
}

static __attribute__((noinline)) void fft_columns_step(const fft_job *job, int thread, int threads) {
    fft_columns(job, thread, threads);
    vf_stream_end();
}

static __attribute__((noinline)) void fft_results_step(const fft_job *job, int thread, int threads) {
    if (job->pass == CNN_CONV2D_FORWARD)
        fft_images(job, &job->plan.out, NULL, &job->output, job->out_rows, thread, threads);
    else if (fft_has_products(job->pass))
        fft_images(job, &job->plan.in, NULL, &job->dinput, job->din_rows, thread, threads);
    if (fft_has_gradient(job->pass)) fft_dtaps(job, thread, threads);
    vf_stream_end();
}

typedef void fft_step(const fft_job *job, int thread, int threads);

static void fft_parallel(fft_step *step, const fft_job *job) {
    if (job->team->threads < 2) {
        step(job, 0, 1);
        return;
    }
#pragma omp parallel num_threads(job->team->threads)
    step(job, omp_get_thread_num(), omp_get_num_threads());
}

/* Where a vector is a whole line: pixels of whole lines, in large images. */
static bool fft_writer_streams(const fft_writer *w, const fft_side *side, int64_t n) {
    const bool lines = VF_BYTES == 64 && FFT_IN_PLACE && side->channels % VF_WIDTH == 0 && (uintptr_t)w->y % 64 == 0;
    return fft_streams(n * side->rows * side->cols * side->channels, lines);
}

static void fft_run_job(fft_job *job, void *kept, void *workspace) {
    fft_lay_out(job, kept, workspace);
    job->output.stream = fft_writer_streams(&job->output, &job->plan.out, job->plan.a.n);
    job->dinput.stream = fft_writer_streams(&job->dinput, &job->plan.in, job->plan.a.n);
    fft_roots(job->plan.roots_down, job->plan.down->size);
    fft_roots(job->plan.roots_across, job->plan.across->size);
    fft_parallel(fft_rows_step, job);
    fft_parallel(fft_columns_step, job);
    fft_parallel(fft_results_step, job);
}

static size_t fft_workspace_bytes(const cnn_team *team, const cnn_conv2d_params *params, cnn_conv2d_pass pass) {
    if (params->n == 0) return 0;
    fft_job job = {.plan = fft_plan_of(params), .pass = pass, .team = team};
    return fft_lay_out(&job, NULL, NULL);
}

static size_t fft_kept_bytes(const cnn_team *team, const cnn_conv2d_params *params) {
    (void)team;
    if (params->n == 0) return 0;
    const fft_plan plan = fft_plan_of(params);
    return (size_t)fft_rows_floats(&plan, &plan.in) * sizeof(float);
}

/* ---- how fusion wants images to be read and written ---- */

static fft_reader fft_input_reader(const cnn_conv2d_fusion *f, const STORED *input, bool forward) {
    fft_reader r = {.x = input, .floor = f && f->relu ? 0 : -INFINITY};
    if (!f || !f->mean) return r;
    r.mean = f->mean, r.scale = f->scale, r.shift = f->shift;
    if (forward) r.other = f->residual, r.staged = f->staged;
    return r;
}

static fft_reader fft_doutput_reader(const cnn_conv2d_fusion *f, const STORED *doutput) {
    fft_reader r = {.x = doutput};
    if (f && f->output)
        r.other = f->output, r.mean = f->d_mean, r.scale = f->d_scale, r.shift = f->d_shift, r.slope = f->d_slope;
    return r;
}

static fft_writer fft_dinput_writer(const cnn_conv2d_fusion *f, const STORED *input, STORED *dinput) {
    fft_writer w = {.y = dinput};
    if (f && f->mean && (f->relu || f->sums)) w.gate = fft_input_reader(f, input, false), w.sums = f->sums;
    return w;
}

/* Everything that is in the contract; without a mean there is nothing to add to, to keep or to gate. */
static bool fft_fuses(const cnn_team *team, const cnn_conv2d_params *params, cnn_conv2d_pass pass,
                      const cnn_conv2d_fusion *f) {
    (void)team, (void)params;
    const bool input = pass == CNN_CONV2D_FORWARD ? f->residual || f->staged : f->sums != NULL;
    return f->mean || !(f->relu || input);
}

static void fft_forward(const cnn_team *team, const cnn_conv2d_params *params, const cnn_conv2d_fusion *fusion,
                        const void *input, const void *weight, const void *bias, void *output, void *kept,
                        void *workspace) {
    if (params->n == 0) return;
    fft_job job = {.plan = fft_plan_of(params),
                   .pass = CNN_CONV2D_FORWARD,
                   .team = team,
                   .input = fft_input_reader(fusion, input, true),
                   .weight = weight,
                   .bias = bias,
                   .output = {.y = output, .moments = fusion ? fusion->moments : NULL}};
    fft_run_job(&job, kept, workspace);
}

static void fft_backward_input(const cnn_team *team, const cnn_conv2d_params *params, const cnn_conv2d_fusion *fusion,
                               const void *input, const void *doutput, const void *weight, void *dinput,
                               void *workspace) {
    if (params->n == 0) return;
    fft_job job = {.plan = fft_plan_of(params),
                   .pass = CNN_CONV2D_BACKWARD_INPUT,
                   .team = team,
                   .weight = weight,
                   .doutput = fft_doutput_reader(fusion, doutput),
                   .dinput = fft_dinput_writer(fusion, input, dinput)};
    fft_run_job(&job, NULL, workspace);
}

static void fft_backward_weight(const cnn_team *team, const cnn_conv2d_params *params, const cnn_conv2d_fusion *fusion,
                                const void *input, const void *kept, const void *doutput, void *dweight,
                                void *workspace) {
    const size_t bytes = (size_t)(params->k * params->c * params->r * params->s) * sizeof(float);
    if (params->n == 0) {
        memset(dweight, 0, bytes);
        return;
    }
    fft_job job = {.plan = fft_plan_of(params),
                   .pass = CNN_CONV2D_BACKWARD_WEIGHT,
                   .team = team,
                   .input = fft_input_reader(fusion, input, false),
                   .have_in_rows = kept != NULL,
                   .doutput = fft_doutput_reader(fusion, doutput),
                   .dweight = dweight};
    fft_run_job(&job, (void *)(uintptr_t)kept, workspace);
}

static void fft_backward(const cnn_team *team, const cnn_conv2d_params *params, const cnn_conv2d_fusion *fusion,
                         const void *input, const void *kept, const void *weight, const void *doutput, void *dinput,
                         void *dweight, void *workspace) {
    if (params->n == 0) {
        fft_backward_weight(team, params, fusion, input, kept, doutput, dweight, workspace);
        return;
    }
    fft_job job = {.plan = fft_plan_of(params),
                   .pass = CNN_CONV2D_BACKWARD,
                   .team = team,
                   .input = fft_input_reader(fusion, input, false),
                   .have_in_rows = kept != NULL,
                   .weight = weight,
                   .doutput = fft_doutput_reader(fusion, doutput),
                   .dinput = fft_dinput_writer(fusion, input, dinput),
                   .dweight = dweight};
    fft_run_job(&job, (void *)(uintptr_t)kept, workspace);
}

const cnn_conv2d_kernels CNN_VARIANT(cnn_conv2d_fft) = {
    .workspace_bytes = fft_workspace_bytes,
    .kept_bytes = fft_kept_bytes,
    .fuses = fft_fuses,
    .forward = fft_forward,
    .backward_input = fft_backward_input,
    .backward_weight = fft_backward_weight,
    .backward = fft_backward,
};
