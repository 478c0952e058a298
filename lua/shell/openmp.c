/* SPDX-License-Identifier: MIT
 * How long OpenMP's threads spin before they sleep.
 *
 * libgomp's threads wait for each other by spinning for some 10 ms. On a machine that has something else to do, a
 * waiting thread then burns the core that the awaited one needs: training steps were measured to take three to four
 * times as long. A short spin costs nothing measurable on a free machine. libgomp reads its settings from the
 * environment before main starts, so ours is put there earlier still: the loader calls what stands in .preinit_array
 * before any library sets itself up. The C library takes the array of the environment as it is on the stack, where
 * there is no room for one more: ours borrows the place of a variable that no library asks for, until main gives it
 * back. Where that did not work (no such variable, another C library), the program starts once more, for 2.5 ms.
 * Whoever has set either of libgomp's variables is left alone, and nothing of this is inherited. */
#include "lua/shell/openmp.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SPINS "3000" /* some 100 us: longer than the gap between two kernels */
#define MARK  "CNN_OPENMP_SETTLED"

extern char **environ;

static char setting[] = "GOMP_SPINCOUNT=" SPINS;
static char *lender; /* the variable whose place `setting` has */

static bool begins(const char *text, const char *start) {
    return strncmp(text, start, strlen(start)) == 0;
}

static bool is_chosen(char **variables) {
    for (char **v = variables; *v; v++)
        if (begins(*v, "GOMP_SPINCOUNT=") || begins(*v, "OMP_WAIT_POLICY=")) return true;
    return false;
}

static void borrow(int argc, char **argv, char **variables) {
    static const char *const unread[] = {"OLDPWD=", "SHLVL=", "PWD=", "LOGNAME=", "USER=", "_="};
    (void)argc, (void)argv;
    if (is_chosen(variables)) return;
    for (size_t i = 0; i < sizeof unread / sizeof *unread; i++)
        for (char **v = variables; *v; v++) {
            if (!begins(*v, unread[i])) continue;
            lender = *v;
            *v = setting;
            return;
        }
}

__attribute__((section(".preinit_array"), used)) static void (*const before_libraries)(int, char **, char **) = borrow;

/* Gives the place back. Returns whether libgomp has seen what stood there. */
static bool give_back(void) {
    for (char **v = environ; lender && *v; v++) {
        if (*v != setting) continue;
        *v = lender;
        return true;
    }
    return false;
}

void shell_openmp_settle(char **argv) {
    if (give_back()) return;
    if (getenv(MARK)) { /* started once more: what the user starts from here shall not inherit it */
        unsetenv(MARK);
        unsetenv("GOMP_SPINCOUNT");
        return;
    }
    /* Who ties threads to cores is left alone: this one is tied by now, and the program started once more would find
     * a single core. */
    static const char *const ties[] = {"OMP_PROC_BIND", "OMP_PLACES", "GOMP_CPU_AFFINITY"};
    if (is_chosen(environ)) return;
    for (size_t i = 0; i < sizeof ties / sizeof *ties; i++)
        if (getenv(ties[i])) return;
    if (setenv("GOMP_SPINCOUNT", SPINS, 1) == 0 && setenv(MARK, "1", 1) == 0) execv("/proc/self/exe", argv);
    unsetenv(MARK); /* it could not start anew: go on, spinning longer */
    unsetenv("GOMP_SPINCOUNT");
}
