/* SPDX-License-Identifier: MIT
 * pixels.h, row by row: the bytes of a row's channels are first brought into the order of the output (often they lie in
 * it already), then they are looked up.
 *
 * Nearly every map of columns is one run of neighbours, forwards or backwards, between two borders; such rows are
 * copied and turned many bytes at a time. The table (3 KB for three channels) stays in the first cache, so a look-up is
 * a load; AVX-512 gathers 16 at a time and weaves three channels in registers. */
#include "kernels/cpu/vector.h"
#include "kernels/pixels.h"

enum { LANE = 16, LINE = 64 };
typedef uint8_t VB __attribute__((vector_size(LANE)));

/* The map of columns: `left` places of one border, `length` neighbours of the input from `first` on in steps of `step`
 * (1 or -1), the rest of one border. `simple` where it is so. */
typedef struct run {
    bool simple;
    int64_t left, length, first;
    int step;
} run;

static run run_find(const int32_t *column, int64_t width) {
    run r = {.step = 1};
    while (r.left < width && column[r.left] == column[0] && column[r.left] < 0) r.left++;
    int64_t i = r.left;
    if (i < width) {
        r.first = column[i];
        if (r.first < 0) return r; /* two borders side by side */
        if (i + 1 < width && column[i + 1] == column[i] - 1) r.step = -1;
        while (i < width && column[i] >= 0 && column[i] == r.first + r.step * (i - r.left)) i++;
        r.length = i - r.left;
    }
    for (int64_t k = i; k < width; k++)
        if (column[k] >= 0 || column[k] != column[i]) return r;
    r.simple = true;
    return r;
}

/* n bytes; the last vector overlaps the one before. */
static inline void copy_forwards(const uint8_t *from, int64_t n, uint8_t *to) {
    VB v;
    if (n < LANE) {
        for (int64_t i = 0; i < n; i++) to[i] = from[i];
        return;
    }
    for (int64_t i = 0; i < n; i += LANE) {
        const int64_t at = i + LANE <= n ? i : n - LANE;
        memcpy(&v, from + at, LANE);
        memcpy(to + at, &v, LANE);
    }
}

/* n bytes from the last of them to the first, eight at a time. */
static inline void copy_backwards(const uint8_t *last, int64_t n, uint8_t *to) {
    if (n < 8) {
        for (int64_t i = 0; i < n; i++) to[i] = last[-i];
        return;
    }
    for (int64_t i = 0; i < n; i += 8) {
        const int64_t at = i + 8 <= n ? i : n - 8;
        uint64_t v;
        memcpy(&v, last - at - 7, 8);
        v = __builtin_bswap64(v);
        memcpy(to + at, &v, 8);
    }
}

/* One row of one channel as the output has it: in the input itself, or made in `to`. */
static inline const uint8_t *row_bytes(const cnn_pixels_params *p, const run *r, int32_t row, int64_t c,
                                       const uint8_t *input, uint8_t *to) {
    const int64_t width = p->width, right = r->left + r->length;
    const uint8_t *in = input + (c * p->in_height + row) * p->in_width;
    if (row < 0 || !r->simple) {
        for (int64_t j = 0; j < width; j++) {
            const int64_t border = cnn_pixels_border(row, p->column[j]);
            to[j] = border >= 0 ? p->fill[border * p->channels + c] : in[p->column[j]];
        }
        return to;
    }
    if (r->length == width && r->step > 0) return in + r->first;
    for (int64_t j = 0; j < r->left; j++) to[j] = p->fill[(-1 - p->column[0]) * p->channels + c];
    if (r->step > 0)
        copy_forwards(in + r->first, r->length, to + r->left);
    else
        copy_backwards(in + r->first, r->length, to + r->left);
    for (int64_t j = right; j < width; j++) to[j] = p->fill[(-1 - p->column[right]) * p->channels + c];
    return to;
}

/* ---- looking up ---- */

static inline void look_up_one(const uint8_t *byte, const float *table, int64_t n, int64_t step, float *out) {
    for (int64_t j = 0; j < n; j++) out[j * step] = table[byte[j]];
}

#if defined(__AVX512F__)
static inline VF gather(const uint8_t *byte, const float *table) {
    const __m512i at = _mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)byte));
    return (VF)_mm512_i32gather_ps(at, table, 4);
}

/* Three vectors of one channel each to three in which the channels take turns. Stored past the caches where `out` is
 * aligned: batches are read much later. */
static inline void weave(VF r, VF g, VF b, bool aligned, float *out) {
    const VF low = __builtin_shufflevector(r, g, 0, 16, 0, 1, 17, 0, 2, 18, 0, 3, 19, 0, 4, 20, 0, 5);
    const VF middle = __builtin_shufflevector(r, g, 21, 0, 6, 22, 0, 7, 23, 0, 8, 24, 0, 9, 25, 0, 10, 26);
    const VF high = __builtin_shufflevector(r, g, 0, 11, 27, 0, 12, 28, 0, 13, 29, 0, 14, 30, 0, 15, 31, 0);
    r = __builtin_shufflevector(low, b, 0, 1, 16, 3, 4, 17, 6, 7, 18, 9, 10, 19, 12, 13, 20, 15);
    g = __builtin_shufflevector(middle, b, 0, 21, 2, 3, 22, 5, 6, 23, 8, 9, 24, 11, 12, 25, 14, 15);
    b = __builtin_shufflevector(high, b, 26, 1, 2, 27, 4, 5, 28, 7, 8, 29, 10, 11, 30, 13, 14, 31);
    if (aligned)
        vf_stream(out, r), vf_stream(out + 16, g), vf_stream(out + 32, b);
    else
        vf_store(out, r), vf_store(out + 16, g), vf_store(out + 32, b);
}
#endif

static inline void look_up_three(const uint8_t *const byte[3], const float *table, int64_t n, float *out) {
    int64_t j = 0;
#if defined(__AVX512F__)
    const bool aligned = (uintptr_t)out % VF_BYTES == 0;
    for (; j + VF_WIDTH <= n; j += VF_WIDTH)
        weave(gather(byte[0] + j, table), gather(byte[1] + j, table + 256), gather(byte[2] + j, table + 512), aligned,
              out + 3 * j);
#endif
    for (; j < n; j++) {
        out[3 * j] = table[byte[0][j]];
        out[3 * j + 1] = table[256 + byte[1][j]];
        out[3 * j + 2] = table[512 + byte[2][j]];
    }
}

/* Asks for a part of the next image in every row of this one: shuffled images lie anywhere, and memory answers late.
 * All at once would be more than a processor can wait for. */
static inline void fetch(const cnn_pixels_params *p, int64_t i) {
    const int64_t bytes = p->channels * p->in_height * p->in_width;
    if (!p->next) return;
    for (int64_t at = bytes * i / p->height / LINE * LINE; at < bytes * (i + 1) / p->height; at += LINE)
        __builtin_prefetch(p->next + at);
}

static size_t workspace_bytes(int64_t channels, int64_t width) {
    return (size_t)(channels < 3 ? 3 : channels) * (size_t)width;
}

static void look_up(const cnn_pixels_params *p, const uint8_t *input, const void *tables, void *output,
                    void *workspace) {
    const run r = run_find(p->column, p->width);
    const float *table = tables;
    uint8_t *to = workspace;
    for (int64_t i = 0; i < p->height; i++) {
        float *out = (float *)output + i * p->width * p->channels;
        fetch(p, i);
        if (p->channels == 3) {
            const uint8_t *byte[3];
            for (int64_t c = 0; c < 3; c++) byte[c] = row_bytes(p, &r, p->row[i], c, input, to + c * p->width);
            look_up_three(byte, table, p->width, out);
            continue;
        }
        for (int64_t c = 0; c < p->channels; c++)
            look_up_one(row_bytes(p, &r, p->row[i], c, input, to), table + c * 256, p->width, p->channels, out + c);
    }
    vf_stream_end();
}

const cnn_pixels_kernels CNN_VARIANT(cnn_pixels) = {workspace_bytes, look_up};
