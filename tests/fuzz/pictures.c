/* SPDX-License-Identifier: MIT
 * Fuzz target: pictures, PNG and JPEG.
 *
 * Byte 0 says in which mode the picture is read (its remainder by 5), and with 128 that the checksums of a PNG's chunks
 * are put right first, so that mutations get past them. What was read is written as PNG and read again: the same
 * pixels; as JPEG: the same size. The libraries are the system's, without instruments; ours is what is watched. */
#include "tests/fuzz/fuzz.h"

#include "core/picture.h"

#include <unistd.h>
#include <zlib.h>

enum { MOST = 1 << 14, MOST_PIXELS = 1 << 16 };

static uint32_t big_endian(const uint8_t *at) {
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* A chunk is its length, four letters, so many bytes, a checksum of letters and bytes. */
static void mend_checksums(uint8_t *file, size_t bytes) {
    for (size_t at = 8; at + 12 <= bytes;) {
        const size_t length = big_endian(file + at);
        if (length > bytes - at - 12) return;
        uint8_t *end = file + at + 8 + length;
        const uint32_t sum = (uint32_t)crc32(0, file + at + 4, (uInt)(length + 4));
        for (int i = 0; i < 4; i++) end[i] = (uint8_t)(sum >> (24 - 8 * i));
        at += length + 12;
    }
}

static bool is_library_missing(const cnn_error *err) {
    return strstr(err->text, "pictures need lib") != NULL;
}

static const char *path_with(const char *ending) {
    static char path[80];
    const char *folder = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : ".";
    snprintf(path, sizeof path, "%s/cnn-fuzz-%d%s", folder, (int)getpid(), ending);
    return path;
}

static void write_and_read(const cnn_picture *picture, const char *ending, bool same) {
    const char *path = path_with(ending);
    cnn_picture again = {0};
    cnn_error err = {0};
    if (cnn_picture_write(path, picture, 80, &err) != CNN_OK) {
        FUZZ_CHECK(!same && err.status != CNN_OK, "not written: %s", err.text); /* JPEG has no alpha */
        return;
    }
    FUZZ_CHECK(cnn_picture_read(path, CNN_PICTURE_UNCHANGED, &again, &err) == CNN_OK, "not read: %s", err.text);
    unlink(path);
    FUZZ_CHECK(again.height == picture->height && again.width == picture->width, "another size");
    const size_t bytes = (size_t)(picture->height * picture->width * picture->channels);
    if (same)
        FUZZ_CHECK(again.channels == picture->channels && memcmp(again.pixel, picture->pixel, bytes) == 0,
                   "other pixels");
    free(again.pixel);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes) {
    static uint8_t file[MOST];
    if (bytes < 1 || bytes > MOST) return 0;
    memcpy(file, data + 1, bytes - 1);
    if (data[0] & 128) mend_checksums(file, bytes - 1);
    const cnn_picture_mode mode = (cnn_picture_mode)(data[0] % CNN_PICTURE_MODES);
    const char *path = fuzz_file(file, bytes - 1);
    cnn_picture picture = {0};
    cnn_error err = {0};
    const cnn_status status = cnn_picture_read(path, mode, &picture, &err);
    if (status != CNN_OK) {
        FUZZ_CHECK(picture.pixel == NULL && err.status == status, "a picture beside an error: %s", err.text);
        FUZZ_CHECK(is_library_missing(&err) || strstr(err.text, path), "the text lacks the path: %s", err.text);
        return 0;
    }
    FUZZ_CHECK(cnn_picture_check_sizes(picture.width, picture.height, &err) == CNN_OK, "%s", err.text);
    FUZZ_CHECK(mode == CNN_PICTURE_UNCHANGED || picture.channels == (int64_t)mode, "not the channels of the mode");
    FUZZ_CHECK(picture.channels >= 1 && picture.channels <= 4, "%d channels", (int)picture.channels);
    if (picture.height * picture.width <= MOST_PIXELS) {
        write_and_read(&picture, ".png", true);
        write_and_read(&picture, ".jpg", false);
    }
    free(picture.pixel);
    return 0;
}
