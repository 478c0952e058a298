/* SPDX-License-Identifier: MIT
 * What the fuzz targets share. A target is a file with LLVMFuzzerTestOneInput: bytes in, a crash where something is
 * wrong. libFuzzer calls it with bytes of its own making (make fuzz), replay.c with the files of a corpus (make test).
 *
 * Apart from crashes and what the sanitizers see, a target says itself what must hold, with FUZZ_CHECK. */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/cnn.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

/* Ends the process with a message where the condition does not hold: that is how libFuzzer learns of it. */
#define FUZZ_CHECK(condition, ...)                                                                                     \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            fprintf(stderr, "%s:%d: %s\n  ", __FILE__, __LINE__, #condition);                                          \
            fprintf(stderr, __VA_ARGS__);                                                                              \
            fprintf(stderr, "\n");                                                                                     \
            abort();                                                                                                   \
        }                                                                                                              \
    } while (0)

/* A file in memory with these bytes, for readers that take a path; the same path each time. */
const char *fuzz_file(const void *data, size_t bytes);
/* What an error about a file must be: its kind, a text, and the path in it. */
void fuzz_check_file_error(cnn_status status, const cnn_error *err, const char *path);
/* Nothing that tensors hold may be left over. */
void fuzz_check_no_tensor(void);

/* Calls tests/fuzz/targets/NAME.lua's function with the bytes, in a Lua state with cnn.core; a Lua error that leaves it
 * is a finding. With `lines`, Lua's lines count as libFuzzer's coverage too. */
void fuzz_lua(const char *name, bool lines, const uint8_t *data, size_t bytes);

#endif
