/* SPDX-License-Identifier: MIT
 * The drawer of Digits.
 *
 * A digit is one of a few ways to write it (digits_strokes.h). Its points are shaken, slanted, turned, scaled and
 * moved; a curve through them is drawn by a round pen of changing pressure, with smooth edges; paper and ink add blur,
 * specks, scratches and noise. All chance comes from Philox 4x32-10 with the split and the number of the image as
 * counter. To give the same bytes on every machine the arithmetic is + - * / and square root of float32 only, each
 * rounded as IEEE 754 says (no fused multiply-add: -ffp-contract=off), and nothing from the math library. */
#include "core/digits.h"

#include "core/chance.h"
#include "core/digits_strokes.h"

#include <math.h>

#define SIDE       CNN_DIGITS_SIDE
#define SPAN_STEPS 6  /* straight pieces between two points of a stroke */
#define MAX_POINTS 14 /* of a stroke */

#define DIGITS_SEED  0x6469676974730000u /* "digits"; the low bits tell the split and what is drawn */
#define DIGITS_ORDER 2u

/* A bell around 0 with deviation 1, nothing beyond 3.5: the sum of four bytes. */
static float bell(cnn_chance *r) {
    const uint32_t w = cnn_chance_word(r);
    const int sum = (int)(w & 255) + (int)(w >> 8 & 255) + (int)(w >> 16 & 255) + (int)(w >> 24);
    return (float)(sum - 510) * (1.0f / 147.8f);
}

/* ---- the pen ---- */

typedef struct point {
    float x, y;
} point;

/* How one digit is written. */
typedef struct hand {
    float xx, xy, yx, yy, x, y; /* from the box (-0.5 … 0.5) to pixels */
    float shake;                /* deviation of the points, in boxes    */
    float radius, pressure;     /* of the pen, pixels; change along a stroke */
} hand;

static hand hand_make(cnn_chance *r, int digit) {
    const float height = cnn_chance_between(r, 15.5f, 21.5f);
    const float width = height * (digit == 1 ? 0.45f : cnn_chance_between(r, 0.55f, 0.95f));
    const float slant = 0.12f + 0.2f * bell(r);
    /* tan of half the angle gives sine and cosine without the math library */
    const float t = 0.075f * bell(r), cosine = (1 - t * t) / (1 + t * t), sine = 2 * t / (1 + t * t);
    hand h; /* one statement per number: the order inside an initialiser is the compiler's choice */
    h.shake = cnn_chance_between(r, 0.012f, 0.045f);
    h.radius = cnn_chance_between(r, 0.75f, 1.75f);
    h.pressure = cnn_chance_between(r, -0.35f, 0.25f);
    h.xx = cosine * width, h.xy = -slant * cosine * height - sine * height;
    h.yx = sine * width, h.yy = cosine * height - slant * sine * height;
    h.x = 14 + 1.3f * bell(r);
    h.y = 14 + 1.3f * bell(r);
    return h;
}

static point hand_place(const hand *h, cnn_chance *r, int8_t x, int8_t y) {
    const float u = (float)x * 0.01f - 0.5f + h->shake * bell(r);
    const float v = (float)y * 0.01f - 0.5f + h->shake * bell(r);
    return (point){h->x + h->xx * u + h->xy * v, h->y + h->yx * u + h->yy * v};
}

static int clip(float place) {
    return place < 0 ? 0 : place > SIDE - 1 ? SIDE - 1 : (int)place;
}

/* Darkens what lies within the radius of the straight piece a b; ink falls off over one pixel at the edge. */
static void draw_piece(float *ink, point a, point b, float radius) {
    const float reach = radius + 0.5f, dx = b.x - a.x, dy = b.y - a.y, length = dx * dx + dy * dy;
    const int x0 = clip((a.x < b.x ? a.x : b.x) - reach), x1 = clip((a.x > b.x ? a.x : b.x) + reach + 1);
    const int y0 = clip((a.y < b.y ? a.y : b.y) - reach), y1 = clip((a.y > b.y ? a.y : b.y) + reach + 1);
    for (int y = y0; y <= y1; y++) {
        for (int x = x0; x <= x1; x++) {
            const float px = (float)x - a.x, py = (float)y - a.y;
            float along = length > 1e-6f ? (px * dx + py * dy) / length : 0;
            along = along < 0 ? 0 : along > 1 ? 1 : along;
            const float ox = px - along * dx, oy = py - along * dy;
            const float far = ox * ox + oy * oy;
            if (far >= reach * reach) continue;
            float dark = reach - sqrtf(far);
            if (dark > 1) dark = 1;
            if (dark > ink[y * SIDE + x]) ink[y * SIDE + x] = dark;
        }
    }
}

/* The Catmull-Rom curve between b and c, whose neighbours are a and d. */
static point curve_at(point a, point b, point c, point d, float t) {
    const float t2 = t * t, t3 = t2 * t;
    const float wa = 0.5f * (2 * t2 - t - t3), wb = 0.5f * (2 - 5 * t2 + 3 * t3);
    const float wc = 0.5f * (t + 4 * t2 - 3 * t3), wd = 0.5f * (t3 - t2);
    return (point){wa * a.x + wb * b.x + wc * c.x + wd * d.x, wa * a.y + wb * b.y + wc * c.y + wd * d.y};
}

static void draw_stroke(float *ink, const hand *h, const point *p, int count) {
    const int pieces = (count - 1) * SPAN_STEPS;
    point from = p[0];
    for (int i = 0; i < pieces; i++) {
        const int k = i / SPAN_STEPS;
        const point a = k > 0 ? p[k - 1] : (point){2 * p[0].x - p[1].x, 2 * p[0].y - p[1].y};
        const point d = k + 2 < count ? p[k + 2] : (point){2 * p[k + 1].x - p[k].x, 2 * p[k + 1].y - p[k].y};
        const point to = curve_at(a, p[k], p[k + 1], d, (float)(i % SPAN_STEPS + 1) / (float)SPAN_STEPS);
        draw_piece(ink, from, to, h->radius * (1 + h->pressure * (float)i / (float)pieces));
        from = to;
    }
}

static void draw_digit(float *ink, cnn_chance *r, int digit) {
    const hand h = hand_make(r, digit);
    const int8_t *code = digit_strokes[digit][cnn_chance_below(r, DIGIT_VARIANTS)];
    point p[MAX_POINTS] = {{0, 0}};
    int count = 0;
    while (*code != 0) {
        const int listed = *code > 0 ? *code : -*code, joined = *code < 0;
        if (joined) p[0] = p[count - 1];
        count = listed + joined;
        code++;
        for (int i = joined; i < count; i++, code += 2) p[i] = hand_place(&h, r, code[0], code[1]);
        draw_stroke(ink, &h, p, count);
    }
}

/* ---- paper ---- */

/* Specks and scratches: what a reader must overlook. */
static void draw_dirt(float *ink, cnn_chance *r) {
    for (int n = cnn_chance_below(r, 4); n > 0; n--) {
        point a, b;
        a.x = cnn_chance_between(r, 0, SIDE);
        a.y = cnn_chance_between(r, 0, SIDE);
        b.x = a.x + 1.8f * bell(r);
        b.y = a.y + 1.8f * bell(r);
        draw_piece(ink, a, b, cnn_chance_between(r, 0.2f, 0.8f));
    }
}

/* Mixes each place with its neighbours: 1 2 1 in both directions, `amount` of the result. */
static void blur(float *ink, float amount) {
    float soft[SIDE * SIDE];
    for (int y = 0; y < SIDE; y++) {
        for (int x = 0; x < SIDE; x++) {
            const float *c = ink + y * SIDE + x;
            soft[y * SIDE + x] = 0.25f * ((x > 0 ? c[-1] : 0) + 2 * c[0] + (x < SIDE - 1 ? c[1] : 0));
        }
    }
    for (int y = 0; y < SIDE; y++) {
        for (int x = 0; x < SIDE; x++) {
            const float *c = soft + y * SIDE + x;
            const float mixed = 0.25f * ((y > 0 ? c[-SIDE] : 0) + 2 * c[0] + (y < SIDE - 1 ? c[SIDE] : 0));
            ink[y * SIDE + x] += amount * (mixed - ink[y * SIDE + x]);
        }
    }
}

static void expose(const float *ink, cnn_chance *r, uint8_t *image) {
    const float dark = cnn_chance_between(r, 170, 255), noise = cnn_chance_between(r, 0, 14);
    for (int i = 0; i < SIDE * SIDE; i++) {
        const float value = dark * ink[i] + noise * bell(r);
        image[i] = value <= 0 ? 0 : value >= 255 ? 255 : (uint8_t)(value + 0.5f);
    }
}

/* ---- the set ---- */

/* Place number % 10 of a shuffle that belongs to the ten around it. */
static int digit_of(uint32_t number, uint32_t split) {
    cnn_chance r = cnn_chance_start(DIGITS_SEED + DIGITS_ORDER + split, number / 10);
    int order[10] = {0};
    for (int i = 0; i < 10; i++) {
        const int j = cnn_chance_below(&r, i + 1);
        order[i] = order[j];
        order[j] = i;
    }
    return order[number % 10];
}

static void draw_image(uint32_t number, uint32_t split, uint8_t *image, int64_t *label) {
    float ink[SIDE * SIDE] = {0};
    const int digit = digit_of(number, split);
    cnn_chance r = cnn_chance_start(DIGITS_SEED + split, number);
    draw_digit(ink, &r, digit);
    draw_dirt(ink, &r);
    blur(ink, cnn_chance_between(&r, 0, 1));
    expose(ink, &r, image);
    *label = digit + 1;
}

int64_t cnn_digits_count(cnn_digits_split split) {
    return split == CNN_DIGITS_TRAIN ? 60000 : 10000;
}

cnn_status cnn_digits(cnn_digits_split split, int64_t first, int64_t count, cnn_tensor **images, cnn_tensor **labels,
                      cnn_error *err) {
    const int64_t all = cnn_digits_count(split);
    if (first < 0 || count < 0 || first > all || count > all - first)
        return cnn_fail(err, CNN_BAD_VALUE, "Digits has images 1 to %lld in this split; got %lld to %lld",
                        (long long)all, (long long)first + 1, (long long)first + (long long)count);
    const cnn_shape shape = {3, {count, SIDE, SIDE}}, one = {1, {count}};
    cnn_tensor *image = NULL, *label = NULL;
    cnn_status status = cnn_tensor_empty(CNN_U8, &shape, &image, err);
    if (status == CNN_OK) status = cnn_tensor_empty(CNN_I64, &one, &label, err);
    if (status != CNN_OK) {
        cnn_tensor_release(&image);
        return status;
    }
    uint8_t *pixels = cnn_tensor_data(image);
    int64_t *names = cnn_tensor_data(label);
#pragma omp parallel for schedule(dynamic, 64) num_threads(cnn_threads())
    for (int64_t i = 0; i < count; i++) {
        if (!cnn_interrupted()) draw_image((uint32_t)(first + i), split, pixels + i * SIDE * SIDE, names + i);
    }
    if (cnn_interrupted()) {
        cnn_tensor_release(&image);
        cnn_tensor_release(&label);
        return cnn_fail(err, CNN_INTERRUPTED, "interrupted while drawing Digits");
    }
    *images = image;
    *labels = label;
    return CNN_OK;
}
