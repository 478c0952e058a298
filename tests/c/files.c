/* SPDX-License-Identifier: MIT
 * Files: safetensors round trips and hostile headers, IDX files of all kinds, replacing a file whole or not at all,
 * and the drawn digits to the byte. */
#include "core/digits.h"
#include "core/file.h"
#include "core/idx.h"
#include "core/safetensors.h"
#include "tests/c/tensors.h"

#include <dirent.h>
#include <math.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

static char folder[] = "/tmp/cnn-files-XXXXXX";
static char path[64];

static void put_file(const void *data, size_t bytes) {
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(data, 1, bytes, file) != bytes || fclose(file) != 0) exit(2);
}

/* ---- safetensors ---- */

/* A file with this header and so many bytes of data must be refused with this text. */
static void check_refused_bytes(const char *header, size_t header_bytes, size_t data_bytes, const char *expected) {
    static char buffer[400000];
    const uint64_t length = header_bytes;
    memset(buffer, 0, sizeof buffer);
    memcpy(buffer, &length, 8);
    memcpy(buffer + 8, header, header_bytes);
    put_file(buffer, 8 + header_bytes + data_bytes);
    cnn_archive archive = {0};
    cnn_error err = {0};
    const cnn_status status = cnn_safetensors_load(path, &archive, &err);
    CHECK_SHOW(status == CNN_IO, "%.200s was not refused", header);
    CHECK_CONTAINS(err.text, expected);
    CHECK_CONTAINS(err.text, path);
    cnn_archive_free(&archive);
}

static void check_refused(const char *header, size_t data_bytes, const char *expected) {
    check_refused_bytes(header, strlen(header), data_bytes, expected);
}

#define ENTRY(name, dtype, shape, offsets)                                                                             \
    "\"" name "\":{\"dtype\":\"" dtype "\",\"shape\":" shape ",\"data_offsets\":" offsets "}"

static void hostile_places(void) {
    check_refused("{" ENTRY("a", "U8", "[4]", "[0,4]") "," ENTRY("b", "U8", "[4]", "[2,6]") "}", 6, "overlap");
    check_refused("{" ENTRY("a", "U8", "[4]", "[0,4]") "," ENTRY("b", "U8", "[4]", "[5,9]") "}", 9, "gap");
    check_refused("{" ENTRY("a", "U8", "[4]", "[1,5]") "}", 5, "gap");
    check_refused("{" ENTRY("a", "U8", "[4]", "[0,4]") "}", 9, "belong to nobody");
    check_refused("{" ENTRY("a", "U8", "[4]", "[0,4]") "}", 2, "truncated");
    check_refused("{" ENTRY("a", "F32", "[4]", "[0,4]") "}", 4, "needs 16 bytes");
    check_refused("{" ENTRY("a", "F32", "[1]", "[4,0]") "}", 4, "ends before it begins");
    check_refused("{" ENTRY("a", "U8", "[9223372036854775807]", "[0,9223372036854775807]") "}", 4, "byte");
    check_refused("{" ENTRY("a", "U8", "[9223372036854775808]", "[0,1]") "}", 1, "2^63");
    check_refused("{" ENTRY("a", "U8", "[4611686018427387904,4]", "[0,1]") "}", 1, "any memory");
    check_refused("{" ENTRY("a", "U8", "[1,1,1,1,1,1,1,1,1]", "[0,1]") "}", 1, "8 dimensions");
    check_refused("{" ENTRY("a", "U8", "[-1]", "[0,1]") "}", 1, "whole number");
    check_refused("{" ENTRY("a", "U8", "[NaN]", "[0,1]") "}", 1, "whole number");
    check_refused("{" ENTRY("a", "U8", "[1.0]", "[0,1]") "}", 1, "whole number");
    check_refused("{" ENTRY("a", "U8", "[1e0]", "[0,1]") "}", 1, "whole number");
    check_refused("{" ENTRY("a", "U8", "[01]", "[0,1]") "}", 1, "begins with 0");
}

static void hostile_words(void) {
    check_refused("{" ENTRY("a", "F128", "[1]", "[0,1]") "}", 1, "F128");
    check_refused("{" ENTRY("a", "U8", "[1]", "[0,1]") "," ENTRY("a", "U8", "[1]", "[1,2]") "}", 2, "twice");
    check_refused("{\"a\":{\"dtype\":\"U8\",\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}", 1, "second key");
    check_refused("{\"a\":{\"dtype\":\"U8\",\"shape\":[1]}}", 1, "lacks");
    check_refused("{\"a\":{}}", 0, "lacks");
    check_refused("{\"a\":{\"colour\":1}}", 0, "unknown key");
    check_refused("{\"a\":5}", 0, "expected '{'");
    check_refused("{\"__metadata__\":{\"a\":1}}", 0, "expected a string");
    check_refused("{\"__metadata__\":{\"a\":\"\",\"a\":\"\"}}", 0, "twice");
    check_refused("{\"__metadata__\":{},\"__metadata__\":{}}", 0, "second __metadata__");
    check_refused("", 0, "expected '{'");
    check_refused("[]", 0, "expected '{'");
    check_refused("{}x", 0, "end of the header");
    check_refused("{\"a\\", 0, "escape");
    check_refused("{\"a\\u12", 0, "hexadecimal");
    check_refused("{\"\\ud800\":1}", 0, "surrogate");
    check_refused("{\"\\udc00\":1}", 0, "surrogate");
    check_refused("{\"a", 0, "without an end");
    check_refused("{\"a\n\":1}", 0, "control character");
    check_refused("{\"\xff\":1}", 0, "UTF-8");
    check_refused("{\"\xed\xa0\x80\":1}", 0, "UTF-8");
    check_refused("{\"\xc0\x80\":1}", 0, "UTF-8");
    check_refused("{\"\xf4\x90\x80\x80\":1}", 0, "UTF-8");
    check_refused("{\"\xe2\x82", 0, "UTF-8");
    static char deep[300000];
    memset(deep, '[', sizeof deep);
    check_refused_bytes(deep, sizeof deep, 0, "expected '{'");
    memcpy(deep, "{\"a\":{\"shape\":", 14);
    check_refused_bytes(deep, sizeof deep, 0, "whole number");
}

static void hostile_lengths(void) {
    static const uint64_t lengths[] = {3, 100, UINT64_MAX, (uint64_t)1 << 63, ((uint64_t)1 << 63) - 1, UINT64_MAX - 7};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        char bytes[10];
        cnn_archive archive = {0};
        cnn_error err = {0};
        memcpy(bytes, &lengths[i], 8);
        memcpy(bytes + 8, "{}", 2);
        put_file(bytes, 10);
        CHECK(cnn_safetensors_load(path, &archive, &err) == CNN_IO);
        CHECK_CONTAINS(err.text, "truncated");
    }
}

/* Every beginning of a good file, and the file with every byte changed in turn: an error or an archive, never a crash.
 */
static void mangled(void) {
    static char good[4096], bad[4096];
    FILE *file = fopen(path, "rb");
    const size_t bytes = file ? fread(good, 1, sizeof good, file) : 0;
    if (file) fclose(file);
    CHECK(bytes > 100);
    for (size_t i = 0; i < 2 * bytes; i++) {
        cnn_archive archive = {0};
        cnn_error err = {0};
        memcpy(bad, good, bytes);
        if (i >= bytes) bad[i - bytes] = (char)(bad[i - bytes] ^ (1 << i % 8));
        put_file(bad, i < bytes ? i : bytes);
        const cnn_status status = cnn_safetensors_load(path, &archive, &err);
        CHECK(i < bytes ? status == CNN_IO : status == CNN_OK || status == CNN_IO);
        cnn_archive_free(&archive);
    }
}

static void check_equal(const cnn_tensor *a, const cnn_tensor *b) {
    CHECK(cnn_tensor_dtype(a) == cnn_tensor_dtype(b));
    CHECK(cnn_shape_equal(cnn_tensor_shape(a), cnn_tensor_shape(b)));
    int64_t wrong = 0;
    for (int64_t i = 0; i < cnn_tensor_numel(a); i++) wrong += cnn_tensor_get(a, i) != cnn_tensor_get(b, i);
    CHECK(wrong == 0);
}

#define TEXT(literal)                                                                                                  \
    { (char[]){literal}, sizeof(literal) - 1 }

static void round_trip(void) {
    cnn_error err;
    cnn_named_tensor named[] = {
        {TEXT("byte"), random_tensor(CNN_U8, SHAPE(3), DENSE, 0, 255)},
        {TEXT("scalar"), number(CNN_F64, 0.1)},
        {TEXT("conv.weight"), random_tensor(CNN_F32, SHAPE(2, 3, 5, 4), CHANNELS_LAST, -1, 1)},
        {TEXT("gaps"), random_tensor(CNN_F32, SHAPE(2, 3), GAPS, -1, 1)},
        {TEXT("back"), random_tensor(CNN_I64, SHAPE(4, 3, 2), BACKWARDS, -9, 9)},
        {TEXT("nothing"), tensor(CNN_F32, SHAPE(0, 7), DENSE)},
        {TEXT("flag"), random_tensor(CNN_BOOL, SHAPE(5), DENSE, 0, 2)},
        {TEXT("quote\" \\ \n \x01 é 🙂"), number(CNN_I64, -5)},
        {TEXT(""), number(CNN_F32, 1)},
    };
    const size_t count = sizeof named / sizeof *named;
    cnn_named_text text[] = {{TEXT("format"), TEXT("pt")}, {TEXT("a\"b"), TEXT("")}};
    cnn_archive archive = {count, 2, named, text}, back = {0};
    must(cnn_safetensors_save(path, &archive, &err), &err);
    must(cnn_safetensors_load(path, &back, &err), &err);
    CHECK(back.tensors == count && back.texts == 2);
    for (size_t i = 0; i < count && i < back.tensors; i++) {
        CHECK(strcmp(back.tensor[i].name.data, named[i].name.data) == 0);
        check_equal(back.tensor[i].tensor, named[i].tensor);
    }
    cnn_archive_free(&back);
    mangled();
    named[1].name = named[0].name;
    CHECK(cnn_safetensors_save(path, &archive, &err) == CNN_BAD_VALUE);
    CHECK_CONTAINS(err.text, "twice");
    named[1].name = (cnn_text)TEXT("\xff");
    CHECK(cnn_safetensors_save(path, &archive, &err) == CNN_BAD_VALUE);
    CHECK_CONTAINS(err.text, "UTF-8");
    named[1].name = (cnn_text)TEXT("__metadata__");
    CHECK(cnn_safetensors_save(path, &archive, &err) == CNN_BAD_VALUE);
    for (size_t i = 0; i < count; i++) cnn_tensor_release(&named[i].tensor);
}

static void conversions(void) {
    static const uint16_t half[] = {0x3c00, 0xc000, 0x0001, 0x7bff, 0x7c00, 0x8000, 0x03ff}, brain[] = {0x3f80, 0xc2f7};
    static const double half_value[] = {1, -2, 0x1p-24, 65504, INFINITY, 0, 1023 * 0x1p-24},
                        brain_value[] = {1, -123.5};
    const char *header = "{" ENTRY("h", "F16", "[7]", "[0,14]") "," ENTRY("b", "BF16", "[2]", "[14,18]") "," ENTRY(
        "i", "I32", "[1]", "[18,22]") "," ENTRY("s", "I8", "[1]", "[22,23]") "," ENTRY("f", "BOOL", "[1]",
                                                                                       "[23,24]") "}";
    char bytes[512];
    const uint64_t length = strlen(header);
    const int32_t minus = -70000;
    char *data = bytes + 8 + length;
    memcpy(bytes, &length, 8);
    memcpy(bytes + 8, header, length);
    memcpy(data, half, 14);
    memcpy(data + 14, brain, 4);
    memcpy(data + 18, &minus, 4);
    memcpy(data + 22, "\xff\x07", 2);
    put_file(bytes, 8 + length + 24);
    cnn_archive archive = {0};
    cnn_error err;
    must(cnn_safetensors_load(path, &archive, &err), &err);
    for (int i = 0; i < 7; i++) CHECK(cnn_tensor_get(archive.tensor[0].tensor, i) == half_value[i]);
    for (int i = 0; i < 2; i++) CHECK(cnn_tensor_get(archive.tensor[1].tensor, i) == brain_value[i]);
    CHECK(cnn_tensor_get_integer(archive.tensor[2].tensor, 0) == -70000);
    CHECK(cnn_tensor_get_integer(archive.tensor[3].tensor, 0) == -1);
    CHECK(*(uint8_t *)cnn_tensor_data(archive.tensor[4].tensor) == 1);
    cnn_archive_free(&archive);
}

/* ---- IDX ---- */

static void check_idx(const void *data, size_t bytes, const char *expected) {
    cnn_tensor *x = NULL;
    cnn_error err = {0};
    put_file(data, bytes);
    const cnn_status status = cnn_idx_load(path, &x, &err);
    CHECK_SHOW(status == (expected ? CNN_IO : CNN_OK), "status %d: %s", status, err.text);
    if (expected) {
        CHECK_CONTAINS(err.text, expected);
        CHECK_CONTAINS(err.text, path);
    }
    cnn_tensor_release(&x);
}

static void check_idx_zipped(const char *data, size_t bytes, size_t cut, const char *expected) {
    char name[80];
    static char zipped[4096];
    snprintf(name, sizeof name, "%s.gz", path);
    gzFile file = gzopen(name, "wb");
    gzwrite(file, data, (unsigned)bytes);
    gzclose(file);
    FILE *again = fopen(name, "rb");
    const size_t length = again ? fread(zipped, 1, sizeof zipped, again) : 0;
    if (again) fclose(again);
    unlink(name);
    check_idx(zipped, length - cut, expected);
}

static void idx_files(void) {
    static const char good[] = "\0\0\x08\x02\0\0\0\x02\0\0\0\x03"
                               "abcdef";
    static const char huge[] = "\0\0\x08\x03\x7f\xff\xff\xff\x7f\xff\xff\xff\x7f\xff\xff\xff";
    static const char large[] = "\0\0\x08\x02\x0f\xff\xff\xff\0\0\0\x10";
    check_idx(good, 18, NULL);
    check_idx(good, 17, "truncated");
    check_idx(good, 19, "longer");
    check_idx(good, 10, "inside its header");
    check_idx(good, 3, "too few");
    check_idx(good, 0, "too few");
    check_idx(huge, 16, "any memory");
    check_idx(large, 12, "truncated");
    check_idx("\x7f\x45LF0000", 8, "no IDX file");
    check_idx("\0\0\x0d\x01\0\0\0\0", 8, "type 0d");
    check_idx("\0\0\x08\x09", 4, "9 dimensions");
    check_idx("\0\0\x08\x01\0\0\0\0", 8, NULL);
    check_idx_zipped(good, 18, 0, NULL);
    check_idx_zipped(good, 18, 1, "checksum");
    check_idx_zipped(good, 18, 12, "truncated");
    check_idx_zipped(good, 17, 0, "truncated");
    check_idx_zipped(good, 19, 0, "longer");
    check_idx_zipped(huge, 16, 0, "any memory");
    check_idx_zipped(large, 12, 0, "holds so much");
    cnn_tensor *x = NULL;
    cnn_error err;
    put_file(good, 18);
    must(cnn_idx_load(path, &x, &err), &err);
    CHECK(cnn_tensor_get(x, 5) == 'f' && cnn_tensor_shape(x)->size[1] == 3);
    cnn_tensor_release(&x);
    CHECK(cnn_idx_load(folder, &x, &err) == CNN_IO);
    CHECK_CONTAINS(err.text, "a folder");
    CHECK(cnn_idx_load("/nowhere/x", &x, &err) == CNN_IO);
    CHECK_CONTAINS(err.text, "No such file");
}

/* ---- files ---- */

static int files_in_folder(void) {
    int count = 0;
    DIR *stream = opendir(folder);
    while (stream && readdir(stream)) count++;
    if (stream) closedir(stream);
    return count - 2;
}

static void replacing(void) {
    cnn_error err;
    struct stat info;
    char link[80], other[80];
    const int before = files_in_folder();
    must(cnn_file_write(path, "old", 3, &err), &err);
    CHECK(chmod(path, 0640) == 0);
    snprintf(link, sizeof link, "%s/link", folder);
    CHECK(symlink("x", link) == 0);
    must(cnn_file_write(link, "newer", 5, &err), &err);
    CHECK(lstat(link, &info) == 0 && S_ISLNK(info.st_mode));
    CHECK(stat(path, &info) == 0 && info.st_size == 5 && (info.st_mode & 0777) == 0640);
    CHECK(unlink(link) == 0);
    cnn_file_writer writer;
    must(cnn_file_begin(&writer, path, &err), &err);
    must(cnn_file_append(&writer, "half", 4, &err), &err);
    CHECK(files_in_folder() == before + 1);
    cnn_file_abandon(&writer);
    CHECK(stat(path, &info) == 0 && info.st_size == 5);
    snprintf(other, sizeof other, "%s/none/x", folder);
    CHECK(cnn_file_write(other, "", 0, &err) == CNN_IO);
    CHECK_CONTAINS(err.text, "there is no folder");
    CHECK(cnn_file_write(folder, "", 0, &err) == CNN_IO);
    CHECK_CONTAINS(err.text, "is a folder");
    CHECK(cnn_file_write("", "", 0, &err) == CNN_IO);
    must(cnn_file_write("/dev/null", "gone", 4, &err), &err);
    if (access("/dev/full", W_OK) == 0) {
        CHECK(cnn_file_write("/dev/full", "x", 1, &err) == CNN_IO);
        CHECK_CONTAINS(err.text, "No space left");
    }
    cnn_interrupt();
    CHECK(cnn_file_write(path, "never", 5, &err) == CNN_INTERRUPTED);
    cnn_interrupt_clear();
    CHECK(files_in_folder() == before);
}

/* ---- digits ---- */

static void digits(void) {
    cnn_tensor *images = NULL, *labels = NULL, *one = NULL, *its_label = NULL;
    cnn_error err;
    must(cnn_digits(CNN_DIGITS_TEST, 0, 1000, &images, &labels, &err), &err);
    const uLong sum = crc32(0, cnn_tensor_data(images), 1000 * 784);
    CHECK_SHOW(sum == 0x1e204c38, "the test images' checksum is 0x%lx", sum);
    int count[11] = {0};
    for (int i = 0; i < 1000; i++) count[cnn_tensor_get_integer(labels, i)]++;
    for (int i = 1; i <= 10; i++) CHECK(count[i] == 100);
    must(cnn_digits(CNN_DIGITS_TEST, 777, 1, &one, &its_label, &err), &err);
    CHECK(memcmp(cnn_tensor_data(one), (char *)cnn_tensor_data(images) + 777 * 784, 784) == 0);
    CHECK(cnn_tensor_get(its_label, 0) == cnn_tensor_get(labels, 777));
    drop(images), drop(labels), drop(one), drop(its_label);
    CHECK(cnn_digits(CNN_DIGITS_TEST, 9999, 2, &one, &its_label, &err) == CNN_BAD_VALUE);
    CHECK(cnn_digits(CNN_DIGITS_TRAIN, -1, 2, &one, &its_label, &err) == CNN_BAD_VALUE);
}

int main(void) {
    if (!mkdtemp(folder)) return 2;
    snprintf(path, sizeof path, "%s/x", folder);
    hostile_places();
    hostile_words();
    hostile_lengths();
    round_trip();
    conversions();
    idx_files();
    replacing();
    digits();
    unlink(path);
    CHECK(rmdir(folder) == 0);
    return check_result();
}
