/* SPDX-License-Identifier: MIT
 * What is one per process: instruction-set level, the algorithm of convolutions, threads, the interrupt flag, grad
 * mode, the default generator.
 *
 * Nothing here needs setting up: the first use picks the machine's best level and all its cores. cnn_start reads the
 * environment, so that a wrong CNN_CPU is an error somebody sees. */
#include "core/state.h"
#include "core/alloc.h"

#include <errno.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static volatile sig_atomic_t interrupted;

static struct {
    cnn_kernels kernels;
    bool kernels_filled;
    cnn_level level;
    cnn_conv2d_algorithm conv_algorithm;
    cnn_team team;
    bool grad_enabled;
    cnn_generator generator;
} state = {.team = {.stop = &interrupted}, .grad_enabled = true};

/* ---- kernels ---- */

/* The textbook loops are a level, not an algorithm of the levels above: convolutions alone go down to it. */
static void use(cnn_level level, cnn_conv2d_algorithm conv_algorithm) {
    memset(&state.kernels, 0, sizeof state.kernels);
    cnn_kernels_fill(&state.kernels, level);
    if (conv_algorithm == CNN_CONV2D_REFERENCE && level > CNN_LEVEL_REFERENCE) {
        cnn_kernels reference = {0};
        cnn_kernels_fill(&reference, CNN_LEVEL_REFERENCE);
        memcpy(state.kernels.conv2d, reference.conv2d, sizeof reference.conv2d);
    }
    state.level = level;
    state.conv_algorithm = conv_algorithm;
    state.kernels_filled = true;
}

const cnn_kernels *cnn_current_kernels(void) {
    if (!state.kernels_filled) use(cnn_level_detect(), state.conv_algorithm);
    return &state.kernels;
}

const char *cnn_cpu_level(void) {
    cnn_current_kernels();
    return cnn_level_name(state.level);
}

cnn_status cnn_cpu_level_set(const char *name, cnn_error *err) {
    for (cnn_level level = CNN_LEVEL_REFERENCE; level < CNN_LEVELS; level++) {
        if (strcmp(name, cnn_level_name(level)) != 0) continue;
        if (level > cnn_level_detect())
            return cnn_fail(err, CNN_DEVICE, "this processor has no %s; the best it has is %s", name,
                            cnn_level_name(cnn_level_detect()));
        use(level, state.conv_algorithm);
        return CNN_OK;
    }
    return cnn_fail(err, CNN_BAD_VALUE,
                    "no instruction-set level is called \"%s\"; there are reference, baseline, avx2, "
                    "avx512",
                    name);
}

cnn_conv2d_algorithm cnn_current_conv_algorithm(void) {
    return state.conv_algorithm;
}

const char *cnn_conv_algorithm(void) {
    return cnn_conv2d_algorithm_name(state.conv_algorithm);
}

cnn_status cnn_conv_algorithm_set(const char *name, cnn_error *err) {
    cnn_current_kernels();
    for (int i = 0; i < CNN_CONV2D_ALGORITHMS; i++) {
        if (strcmp(name, cnn_conv2d_algorithm_name(i)) != 0) continue;
        use(state.level, i);
        return CNN_OK;
    }
    return cnn_fail(err, CNN_BAD_VALUE,
                    "no algorithm for convolutions is called \"%s\"; there are auto, direct, winograd, fft, reference",
                    name);
}

/* ---- threads and interrupts ---- */

int cnn_threads(void) {
    if (state.team.threads == 0) state.team.threads = omp_get_num_procs();
    return state.team.threads;
}

cnn_status cnn_threads_set(int threads, cnn_error *err) {
    if (threads < 1 || threads > 1024)
        return cnn_fail(err, CNN_BAD_VALUE, "the number of threads is 1 … 1024; got %d", threads);
    state.team.threads = threads;
    return CNN_OK;
}

const cnn_team *cnn_current_team(void) {
    cnn_threads();
    return &state.team;
}

/* The flag is set by a signal handler and read by the loader's threads too: lock-free atomics serve both. */
void cnn_interrupt(void) {
    __atomic_store_n(&interrupted, 1, __ATOMIC_RELAXED);
}

bool cnn_interrupted(void) {
    return __atomic_load_n(&interrupted, __ATOMIC_RELAXED) != 0;
}

void cnn_interrupt_clear(void) {
    __atomic_store_n(&interrupted, 0, __ATOMIC_RELAXED);
}

/* ---- grad mode and random numbers ---- */

bool cnn_grad_enabled(void) {
    return state.grad_enabled;
}

bool cnn_grad_enable(bool enabled) {
    bool before = state.grad_enabled;
    state.grad_enabled = enabled;
    return before;
}

cnn_generator *cnn_default_generator(void) {
    return &state.generator;
}

/* ---- the environment ---- */

/* The memory that this process may fill: its control group's limit, or 90 % of the machine's. */
static size_t default_budget(void) {
    double machine = 0.9 * (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGESIZE);
    FILE *file = fopen("/sys/fs/cgroup/memory.max", "r");
    unsigned long long limit;
    if (file) {
        if (fscanf(file, "%llu", &limit) == 1 && 0.9 * (double)limit < machine) machine = 0.9 * (double)limit;
        fclose(file);
    }
    return (size_t)machine;
}

/* "8G", "512M", "1.5g", plain bytes. */
static cnn_status read_budget(const char *text, cnn_error *err) {
    static const char units[] = "kmgt";
    char *end;
    double bytes = strtod(text, &end);
    const char *unit = *end ? strchr(units, *end | 0x20) : NULL;
    if (unit) {
        bytes *= (double)(1ull << (10 * (unit - units + 1)));
        end++;
    }
    if (end == text || *end || !(bytes >= 1) || bytes > 1e18)
        return cnn_fail(err, CNN_BAD_VALUE, "CNN_MEMORY is a size such as 8G or 512M; got \"%s\"", text);
    cnn_memory_budget_set((size_t)bytes);
    return CNN_OK;
}

static cnn_status read_threads(const char *text, cnn_error *err) {
    char *end;
    errno = 0;
    long threads = strtol(text, &end, 10);
    if (end == text || *end || errno || threads < 1 || threads > 1024)
        return cnn_fail(err, CNN_BAD_VALUE, "CNN_NUM_THREADS is a number of threads, 1 … 1024; got \"%s\"", text);
    return cnn_threads_set((int)threads, err);
}

cnn_status cnn_start(cnn_error *err) {
    const char *cpu = getenv("CNN_CPU"), *threads = getenv("CNN_NUM_THREADS"), *memory = getenv("CNN_MEMORY");
    const char *debug = getenv("CNN_DEBUG_ALLOC"), *conv = getenv("CNN_CONV");
    cnn_status status = CNN_OK;
    if (debug && *debug == '1') cnn_alloc_debug(true);
    cnn_memory_budget_set(default_budget());
    if (cpu && *cpu) status = cnn_cpu_level_set(cpu, err);
    if (status == CNN_OK && conv && *conv) status = cnn_conv_algorithm_set(conv, err);
    if (status == CNN_OK && threads && *threads) status = read_threads(threads, err);
    if (status == CNN_OK && memory && *memory) status = read_budget(memory, err);
    return status;
}
