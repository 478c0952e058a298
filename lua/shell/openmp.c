/* SPDX-License-Identifier: MIT
 * How long OpenMP's threads spin before they sleep.
 *
 * libgomp's threads wait for each other by spinning for some 10 ms. On a machine that has something else to do, a
 * waiting thread then burns the core that the awaited one needs: training steps were measured to take three to four
 * times as long. A short spin costs nothing measurable on a free machine. libgomp reads its settings before main
 * starts, so the only way to say it is to start once more. Whoever has set either variable is left alone; so is who
 * ties threads to cores, since by now this one is tied, and the program started once more would find a single core. */
#include "lua/shell/openmp.h"

#include <stdlib.h>
#include <unistd.h>

#define SPINS "3000" /* some 100 us: longer than the gap between two kernels */
#define MARK  "CNN_OPENMP_SETTLED"

void shell_openmp_settle(char **argv) {
    if (getenv(MARK)) { /* libgomp has read it: what the user starts from here shall not inherit it */
        unsetenv(MARK);
        unsetenv("GOMP_SPINCOUNT");
        return;
    }
    static const char *const settings[] = {"GOMP_SPINCOUNT", "OMP_WAIT_POLICY", "OMP_PROC_BIND", "OMP_PLACES",
                                           "GOMP_CPU_AFFINITY"};
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        if (getenv(settings[i])) return;
    if (setenv("GOMP_SPINCOUNT", SPINS, 1) == 0 && setenv(MARK, "1", 1) == 0) execv("/proc/self/exe", argv);
    unsetenv(MARK); /* it could not start anew: go on, spinning longer */
    unsetenv("GOMP_SPINCOUNT");
}
