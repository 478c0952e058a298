/* SPDX-License-Identifier: MIT
 * A stream of random numbers for one thing among many: one image, one sample of an epoch.
 *
 * Stream number n of a seed encrypts the counters n * 2^20, n * 2^20 + 1, … with Philox 4x32-10, so what a thing gets
 * depends on its own number only, whoever draws first and in however many threads. */
#ifndef CNN_CORE_CHANCE_H
#define CNN_CORE_CHANCE_H

#include "kernels/philox.h"

typedef struct cnn_chance {
    uint64_t seed, counter; /* of the next block    */
    uint32_t word[4];       /* the block            */
    int left;               /* words not given out  */
} cnn_chance;

static inline cnn_chance cnn_chance_start(uint64_t seed, uint64_t number) {
    return (cnn_chance){.seed = seed, .counter = number << 20};
}

static inline uint32_t cnn_chance_word(cnn_chance *chance) {
    if (chance->left == 0) {
        philox(chance->seed, chance->counter++, chance->word);
        chance->left = 4;
    }
    return chance->word[4 - chance->left--];
}

/* The stream where `drawn` words of it are used up. */
static inline cnn_chance cnn_chance_at(uint64_t seed, uint64_t number, uint64_t drawn) {
    cnn_chance chance = cnn_chance_start(seed, number);
    chance.counter += drawn / 4;
    for (uint64_t i = 0; i < drawn % 4; i++) (void)cnn_chance_word(&chance);
    return chance;
}

/* How many words of stream `number` are used up. */
static inline uint64_t cnn_chance_drawn(const cnn_chance *chance, uint64_t number) {
    return 4 * (chance->counter - (number << 20)) - (uint64_t)chance->left;
}

/* Even between low and high; low is possible. */
static inline float cnn_chance_between(cnn_chance *chance, float low, float high) {
    return low + (high - low) * ((float)(cnn_chance_word(chance) >> 8) * 0x1p-24f);
}

/* One of 0 … limit - 1. */
static inline int cnn_chance_below(cnn_chance *chance, int limit) {
    return (int)((uint64_t)cnn_chance_word(chance) * (uint64_t)limit >> 32);
}

#endif
