/* SPDX-License-Identifier: MIT
 * Counting and timing ops (see profile.h). One measurement at a time, by the thread that runs the ops. */
#include "core/profile.h"
#include "core/cnn.h"

#include <sys/resource.h>
#include <time.h>

#define ROWS 160 /* more than there are ops; what does not fit is not counted */

static struct {
    bool on;
    size_t rows;
    cnn_profile_row row[ROWS];
    double started;
    uint64_t page_faults, system_allocations;
} profile;

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static uint64_t page_faults(void) {
    struct rusage usage;
    return getrusage(RUSAGE_SELF, &usage) == 0 ? (uint64_t)usage.ru_minflt : 0;
}

void cnn_profile_start(void) {
    profile.on = true;
    profile.rows = 0;
    profile.page_faults = page_faults();
    profile.system_allocations = cnn_memory().system_allocations;
    profile.started = now();
}

bool cnn_profile_stop(cnn_profile *result) {
    const bool was_on = profile.on;
    *result = (cnn_profile){.row = profile.row,
                            .rows = profile.rows,
                            .seconds = now() - profile.started,
                            .page_faults = page_faults() - profile.page_faults,
                            .system_allocations = cnn_memory().system_allocations - profile.system_allocations};
    profile.on = false;
    return was_on;
}

double cnn_profile_begin(void) {
    return profile.on ? now() : -1;
}

void cnn_profile_end(const char *name, double begun) {
    size_t i = 0;
    if (begun < 0 || !profile.on) return;
    while (i < profile.rows && profile.row[i].name != name) i++;
    if (i == ROWS) return;
    if (i == profile.rows) profile.row[profile.rows++] = (cnn_profile_row){.name = name};
    profile.row[i].calls++;
    profile.row[i].seconds += now() - begun;
}
