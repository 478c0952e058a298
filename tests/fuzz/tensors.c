/* SPDX-License-Identifier: MIT
 * Fuzz target: small programs over tensors, at the best instruction-set level and at the reference level. The work is
 * done in targets/tensors.lua. */
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes) {
    if (bytes <= 512) fuzz_lua("tensors", false, data, bytes);
    return 0;
}
