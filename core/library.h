/* SPDX-License-Identifier: MIT
 * Libraries that few runs need: loaded when they are asked for, so that the program starts without them. */
#ifndef CNN_CORE_LIBRARY_H
#define CNN_CORE_LIBRARY_H

#include "core/cnn.h"

/* A function of the library and the address of the pointer that is to hold it. */
typedef struct cnn_symbol {
    const char *name;
    void *place;
} cnn_symbol;

/* Loads the first of `files` (file names as the dynamic linker knows them, NULL at the end) that exists and has all
 * `symbols` (a NULL name at the end); the pointers are filled in then, and the library stays for good. IO says what is
 * wrong, beginning with `purpose` ("downloading needs libcurl"), and `fix` what to do. */
CNN_CHECKED cnn_status cnn_library_load(const char *const *files, const cnn_symbol *symbols, const char *purpose,
                                        const char *fix, cnn_error *err);

#endif
