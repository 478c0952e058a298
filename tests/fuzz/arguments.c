/* SPDX-License-Identifier: MIT
 * Fuzz target: calls of all public functions with arguments of all kinds. The work is done in targets/arguments.lua. */
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes) {
    if (bytes <= 512) fuzz_lua("arguments", true, data, bytes);
    return 0;
}
