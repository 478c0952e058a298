/* SPDX-License-Identifier: MIT
 * The digests of digest.h.
 *
 * Both cut what comes into blocks of 64 bytes, mix each into the state, and end with one bit, zeros and the length in
 * bits. SHA-256 reads and writes numbers with the high byte first, MD5 with the low one. */
#include "core/digest.h"

#include "core/file.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#define DIGEST_CHUNK (1 << 20) /* bytes between two looks at the interrupt flag */

static uint32_t turn_left(uint32_t x, int bits) {
    return x << bits | x >> (32 - bits);
}

static uint32_t turn_right(uint32_t x, int bits) {
    return x >> bits | x << (32 - bits);
}

static uint32_t read_high_first(const unsigned char *b) {
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static uint32_t read_low_first(const unsigned char *b) {
    return (uint32_t)b[3] << 24 | (uint32_t)b[2] << 16 | (uint32_t)b[1] << 8 | b[0];
}

/* ---- SHA-256 ---- */

/* The first 32 bits of the fractions of the cube roots of the first 64 primes, FIPS 180-4 section 4.2.2. */
static const uint32_t sha256_round[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static void sha256_mix(uint32_t state[8], const unsigned char *block) {
    uint32_t w[64];
    for (int i = 0; i < 16; i++) w[i] = read_high_first(block + 4 * i);
    for (int i = 16; i < 64; i++) {
        const uint32_t s0 = turn_right(w[i - 15], 7) ^ turn_right(w[i - 15], 18) ^ w[i - 15] >> 3;
        const uint32_t s1 = turn_right(w[i - 2], 17) ^ turn_right(w[i - 2], 19) ^ w[i - 2] >> 10;
        w[i] = w[i - 16] + s0 + w[i - 7] + s1;
    }
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
    uint32_t e = state[4], f = state[5], g = state[6], h = state[7];
    for (int i = 0; i < 64; i++) {
        const uint32_t s1 = turn_right(e, 6) ^ turn_right(e, 11) ^ turn_right(e, 25);
        const uint32_t t1 = h + s1 + ((e & f) ^ (~e & g)) + sha256_round[i] + w[i];
        const uint32_t s0 = turn_right(a, 2) ^ turn_right(a, 13) ^ turn_right(a, 22);
        const uint32_t t2 = s0 + ((a & b) ^ (a & c) ^ (b & c));
        h = g, g = f, f = e, e = d + t1;
        d = c, c = b, b = a, a = t1 + t2;
    }
    state[0] += a, state[1] += b, state[2] += c, state[3] += d;
    state[4] += e, state[5] += f, state[6] += g, state[7] += h;
}

/* ---- MD5 ---- */

/* floor(2^32 * |sin(i + 1)|), RFC 1321 section 3.4. */
static const uint32_t md5_round[64] = {
    0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
    0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
    0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
    0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
    0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
    0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
    0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
    0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391,
};
static const unsigned char md5_turn[4][4] = {{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};

/* The function and the word of step i. */
static uint32_t md5_step(int i, uint32_t b, uint32_t c, uint32_t d, const unsigned char *block) {
    uint32_t f;
    int word;
    if (i < 16)
        f = (b & c) | (~b & d), word = i;
    else if (i < 32)
        f = (d & b) | (~d & c), word = (5 * i + 1) % 16;
    else if (i < 48)
        f = b ^ c ^ d, word = (3 * i + 5) % 16;
    else
        f = c ^ (b | ~d), word = 7 * i % 16;
    return f + read_low_first(block + (size_t)4 * (size_t)word);
}

static void md5_mix(uint32_t state[8], const unsigned char *block) {
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
    for (int i = 0; i < 64; i++) {
        const uint32_t sum = a + md5_step(i, b, c, d, block) + md5_round[i];
        a = d, d = c, c = b;
        b += turn_left(sum, md5_turn[i / 16][i % 4]);
    }
    state[0] += a, state[1] += b, state[2] += c, state[3] += d;
}

/* ---- both ---- */

static void mix(cnn_digest *digest, const unsigned char *block) {
    if (digest->kind == CNN_SHA256)
        sha256_mix(digest->state, block);
    else
        md5_mix(digest->state, block);
}

void cnn_digest_begin(cnn_digest *digest, cnn_digest_kind kind) {
    static const uint32_t sha256[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                       0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    static const uint32_t md5[8] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
    *digest = (cnn_digest){.kind = kind};
    memcpy(digest->state, kind == CNN_SHA256 ? sha256 : md5, sizeof digest->state);
}

void cnn_digest_add(cnn_digest *digest, const void *data, size_t bytes) {
    const unsigned char *from = data;
    size_t held = digest->bytes % 64;
    digest->bytes += bytes;
    if (held > 0) {
        const size_t part = bytes < 64 - held ? bytes : 64 - held;
        memcpy(digest->block + held, from, part);
        from += part, bytes -= part, held += part;
        if (held < 64) return;
        mix(digest, digest->block);
    }
    for (; bytes >= 64; from += 64, bytes -= 64) mix(digest, from);
    if (bytes > 0) memcpy(digest->block, from, bytes);
}

void cnn_digest_end(cnn_digest *digest, char text[CNN_DIGEST_TEXT]) {
    static const unsigned char padding[64] = {0x80};
    static const char hexadecimal[] = "0123456789abcdef";
    const uint64_t bits = 8 * digest->bytes;
    const size_t held = digest->bytes % 64;
    const bool high_first = digest->kind == CNN_SHA256;
    unsigned char length[8];
    cnn_digest_add(digest, padding, held < 56 ? 56 - held : 120 - held);
    for (int i = 0; i < 8; i++) length[i] = (unsigned char)(bits >> 8 * (high_first ? 7 - i : i));
    cnn_digest_add(digest, length, 8);
    const int bytes = high_first ? 32 : 16;
    for (int i = 0; i < bytes; i++) {
        const uint32_t byte = digest->state[i / 4] >> 8 * (high_first ? 3 - i % 4 : i % 4) & 0xff;
        text[2 * i] = hexadecimal[byte >> 4];
        text[2 * i + 1] = hexadecimal[byte & 15];
    }
    text[2 * bytes] = '\0';
}

/* ---- files ---- */

static cnn_status digest_damaged(const char *path, gzFile stream, cnn_error *err) {
    int code = Z_OK;
    const char *words = gzerror(stream, &code);
    const char *colon = strchr(words, ':'); /* zlib puts a name of its own before it */
    const cnn_status status = code == Z_BUF_ERROR
                                  ? cnn_fail(err, CNN_IO, "%s is truncated", path)
                                  : cnn_fail(err, CNN_IO, "%s is damaged:%s", path, colon ? colon + 1 : words);
    cnn_error_fix(err, "fetch the file again");
    return status;
}

static cnn_status digest_content(const char *path, int fd, cnn_digest *digest, unsigned char *buffer, cnn_error *err) {
    gzFile stream = gzdopen(fd, "rb");
    if (!stream) {
        close(fd);
        return cnn_fail(err, CNN_NO_MEMORY, "no memory left to read %s", path);
    }
    cnn_status status = CNN_OK;
    int got = 0, code = Z_OK;
    do {
        if (cnn_interrupted()) status = cnn_fail(err, CNN_INTERRUPTED, "interrupted while reading %s", path);
        if (status == CNN_OK) got = gzread(stream, buffer, DIGEST_CHUNK);
        if (status == CNN_OK && got > 0) cnn_digest_add(digest, buffer, (size_t)got);
    } while (status == CNN_OK && got > 0);
    gzerror(stream, &code); /* a stream that ends early is told only here */
    if (status == CNN_OK && (got < 0 || code == Z_BUF_ERROR)) status = digest_damaged(path, stream, err);
    gzclose(stream);
    return status;
}

static cnn_status digest_bytes(const char *path, int fd, int64_t bytes, cnn_digest *digest, unsigned char *buffer,
                               cnn_error *err) {
    cnn_status status = CNN_OK;
    for (int64_t done = 0; status == CNN_OK && done < bytes; done += DIGEST_CHUNK) {
        const size_t part = (size_t)(bytes - done < DIGEST_CHUNK ? bytes - done : DIGEST_CHUNK);
        status = cnn_file_read_at(fd, path, done, buffer, part, err);
        if (status == CNN_OK) cnn_digest_add(digest, buffer, part);
    }
    close(fd);
    return status;
}

cnn_status cnn_digest_file(const char *path, cnn_digest_kind kind, bool content, char text[CNN_DIGEST_TEXT],
                           cnn_error *err) {
    int fd = -1;
    int64_t bytes = 0;
    cnn_digest digest;
    unsigned char *buffer = malloc(DIGEST_CHUNK);
    if (!buffer) return cnn_fail(err, CNN_NO_MEMORY, "no memory left to read %s", path);
    cnn_digest_begin(&digest, kind);
    cnn_status status = cnn_file_open(path, &fd, &bytes, err);
    if (status == CNN_OK && content) status = digest_content(path, fd, &digest, buffer, err);
    if (status == CNN_OK && !content) status = digest_bytes(path, fd, bytes, &digest, buffer, err);
    free(buffer);
    if (status == CNN_OK) cnn_digest_end(&digest, text);
    return status;
}
