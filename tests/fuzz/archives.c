/* SPDX-License-Identifier: MIT
 * Fuzz target: archives, unpacked into a folder below one that must stay as it is.
 *
 * With byte 0 odd the rest is a tar file whose headers' checksums are put right first; else it is read as it is, which
 * may be gzipped. Afterwards there is one folder, which holds files and folders only, in all as many and as large as
 * was said and allowed; nothing lies beside it. */
#define _GNU_SOURCE
#include "tests/fuzz/fuzz.h"

#include "core/unpack.h"

#include <dirent.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST = 1 << 15, LIMIT = 1 << 15 };

static int64_t files, bytes_found;
static bool strange;

static int look(const char *path, const struct stat *info, int type, struct FTW *place) {
    (void)path, (void)place;
    strange =
        strange || (type != FTW_F && type != FTW_D && type != FTW_DP) || (type == FTW_F && !S_ISREG(info->st_mode));
    files += type == FTW_F;
    bytes_found += type == FTW_F ? info->st_size : 0;
    return 0;
}

static int delete (const char *path, const struct stat *info, int type, struct FTW *place) {
    (void)info, (void)type, (void)place;
    return remove(path);
}

static uint64_t octal(const uint8_t *at, int digits) {
    uint64_t value = 0;
    for (int i = 0; i < digits && at[i] >= '0' && at[i] <= '7'; i++) value = value << 3 | (uint64_t)(at[i] - '0');
    return value;
}

/* A header is 512 bytes: at 124 the size, at 148 the checksum, which counts itself as blanks. */
static void mend_checksums(uint8_t *file, size_t bytes) {
    for (size_t at = 0; at + 512 <= bytes;) {
        unsigned sum = 0;
        char text[16];
        memset(file + at + 148, ' ', 8);
        for (int i = 0; i < 512; i++) sum += file[at + i];
        if (sum == 8 * ' ') return;
        snprintf(text, sizeof text, "%06o", sum & 0777777);
        memcpy(file + at + 148, text, 7);
        const uint64_t size = octal(file + at + 124, 11);
        if (size > bytes) return;
        at += 512 + (size + 511) / 512 * 512;
    }
}

static void check_folder(const char *around, const char *inside, bool unpacked, int64_t count) {
    DIR *folder = opendir(around);
    int entries = 0;
    FUZZ_CHECK(folder != NULL, "the folder around is gone");
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        const char *name = entry->d_name;
        if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0) continue;
        FUZZ_CHECK(strcmp(name, "inside") == 0, "%s lies beside the folder", name);
        entries++;
    }
    closedir(folder);
    files = bytes_found = 0;
    strange = false;
    if (entries > 0) nftw(inside, look, 8, FTW_PHYS);
    FUZZ_CHECK(!strange, "something else than files and folders");
    FUZZ_CHECK(bytes_found <= LIMIT, "%lld bytes", (long long)bytes_found);
    if (unpacked) FUZZ_CHECK(files > 0 && files <= count, "%d files, said %d", (int)files, (int)count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes) {
    static uint8_t file[MOST];
    static char around[64], inside[80];
    if (bytes < 1 || bytes > MOST) return 0;
    memcpy(file, data + 1, bytes - 1);
    if (data[0] & 1) mend_checksums(file, bytes - 1);
    const char *path = fuzz_file(file, bytes - 1);
    snprintf(around, sizeof around, "%s/cnn-fuzz-%d", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : ".", (int)getpid());
    snprintf(inside, sizeof inside, "%s/inside", around);
    FUZZ_CHECK(mkdir(around, 0700) == 0, "cannot make %s", around);
    cnn_error err = {0};
    int64_t count = 0;
    const cnn_status status = cnn_unpack(path, inside, LIMIT, &count, &err);
    check_folder(around, inside, status == CNN_OK, count);
    if (status != CNN_OK) FUZZ_CHECK(err.status == status && strlen(err.text) > 10, "a short text: %s", err.text);
    nftw(around, delete, 8, FTW_PHYS | FTW_DEPTH);
    return 0;
}
