/* SPDX-License-Identifier: MIT
 * Files in memory, and what every target checks. */
#define _GNU_SOURCE
#include "tests/fuzz/fuzz.h"

#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerInitialize(int *argc, char ***argv) {
    (void)argc, (void)argv;
    cnn_error err;
    FUZZ_CHECK(cnn_start(&err) == CNN_OK, "%s", err.text);
    FUZZ_CHECK(cnn_threads_set(1, &err) == CNN_OK, "%s", err.text);
    cnn_memory_budget_set((size_t)64 << 20);
    return 0;
}

const char *fuzz_file(const void *data, size_t bytes) {
    static char path[64];
    static int fd = -1;
    if (fd < 0) {
        fd = memfd_create("fuzz", MFD_CLOEXEC);
        FUZZ_CHECK(fd >= 0, "no file in memory");
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    }
    FUZZ_CHECK(ftruncate(fd, 0) == 0, "cannot empty %s", path);
    for (size_t done = 0; done < bytes;) {
        const ssize_t written = pwrite(fd, (const char *)data + done, bytes - done, (off_t)done);
        FUZZ_CHECK(written > 0, "cannot write to %s", path);
        done += (size_t)written;
    }
    return path;
}

void fuzz_check_file_error(cnn_status status, const cnn_error *err, const char *path) {
    FUZZ_CHECK(status == CNN_IO || status == CNN_NO_MEMORY, "status %d: %s", (int)status, err->text);
    FUZZ_CHECK(err->status == status, "the error says %d, the result %d", (int)err->status, (int)status);
    FUZZ_CHECK(strlen(err->text) > 10 && memchr(err->fix, 0, sizeof err->fix), "a short text: %s", err->text);
    FUZZ_CHECK(status != CNN_IO || strstr(err->text, path), "the text lacks the path: %s", err->text);
}

void fuzz_check_no_tensor(void) {
    const size_t live = cnn_memory().live_bytes;
    FUZZ_CHECK(live == 0, "%zu bytes are still held", live);
}
