/* SPDX-License-Identifier: MIT
 * Runs a fuzz target over files, without libFuzzer: what once was found must stay right, with any compiler.
 *
 * Usage: target FILE…. Each file's name is printed before it is run, so that the last one is to blame for a crash. */
#include "tests/fuzz/fuzz.h"

static uint8_t *read_all(const char *path, size_t *bytes) {
    FILE *file = fopen(path, "rb");
    if (!file || fseek(file, 0, SEEK_END) != 0) return NULL;
    const long length = ftell(file);
    uint8_t *data = length >= 0 ? malloc((size_t)length + 1) : NULL;
    rewind(file);
    *bytes = data ? fread(data, 1, (size_t)length, file) : 0;
    fclose(file);
    if (data && *bytes == (size_t)length) return data;
    free(data);
    return NULL;
}

int main(int argc, char **argv) {
    LLVMFuzzerInitialize(&argc, &argv);
    for (int i = 1; i < argc; i++) {
        size_t bytes = 0;
        printf("%s\n", argv[i]);
        fflush(stdout);
        uint8_t *data = read_all(argv[i], &bytes);
        if (!data) {
            printf("cannot be read\n");
            return 2;
        }
        LLVMFuzzerTestOneInput(data, bytes);
        free(data);
    }
    printf("%d inputs\n", argc - 1);
    return 0;
}
