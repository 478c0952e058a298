/* SPDX-License-Identifier: MIT
 * Where the time of a stretch of work goes: calls and seconds of every op that ran, and what the system had to do.
 *
 * Off, it costs an op one look at a flag. On, it costs two looks at the clock. Names are the ops' own string constants,
 * told apart by their addresses. */
#ifndef CNN_CORE_PROFILE_H
#define CNN_CORE_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct cnn_profile_row {
    const char *name;
    uint64_t calls;
    double seconds;
} cnn_profile_row;

typedef struct cnn_profile {
    const cnn_profile_row *row; /* in the order in which they first ran */
    size_t rows;
    double seconds;              /* from start to stop                                              */
    uint64_t page_faults;        /* pages of memory that the system had to hand out                 */
    uint64_t system_allocations; /* how often our allocator asked the system                        */
} cnn_profile;

/* Forgets what was measured and begins; a measurement that was running is over. */
void cnn_profile_start(void);
/* Ends the measurement and says whether there was one. The rows stay until the next start. */
bool cnn_profile_stop(cnn_profile *result);

/* Around a piece of work: begin gives the time, or a negative number while nothing is measured. */
double cnn_profile_begin(void);
void cnn_profile_end(const char *name, double begun);

#endif
