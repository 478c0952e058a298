/* SPDX-License-Identifier: MIT */
#ifndef CNN_SHELL_OPENMP_H
#define CNN_SHELL_OPENMP_H

/* To be called first in main: returns if the waiting of OpenMP's threads is settled, else starts the program anew. */
void shell_openmp_settle(char **argv);

#endif
