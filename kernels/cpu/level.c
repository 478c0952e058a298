/* SPDX-License-Identifier: MIT
 * Which vector instructions this machine has, and the table of kernels that uses them.
 *
 * Detection asks cpuid for the instructions and xgetbv for the operating system's promise to save the registers: a
 * kernel that uses registers which are not saved would compute garbage after a task switch. The table is filled from
 * the bottom: the reference fills every slot, each level above overwrites what it improves. */
#include "kernels/kernels.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

/* ---- what the machine has ---- */

#if defined(__x86_64__)
enum { OSXSAVE = 1 << 27, FMA = 1 << 12, F16C = 1 << 29, AVX2 = 1 << 5 };
static const unsigned int AVX512_F_DQ_BW_VL = 1u << 16 | 1u << 17 | 1u << 30 | 1u << 31;
/* the register sets in XCR0: sse and ymm; then also the mask registers and both halves of zmm */
static const unsigned int YMM_SAVED = 0x06, ZMM_SAVED = 0xE6;

static unsigned int saved_registers(void) {
    unsigned int low, high;
    __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return low;
}

cnn_level cnn_level_detect(void) {
    unsigned int a, b, c, d;
    if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & OSXSAVE) || !(c & FMA) || !(c & F16C)) return CNN_LEVEL_BASELINE;
    const unsigned int saved = saved_registers();
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || !(b & AVX2)) return CNN_LEVEL_BASELINE;
    if ((saved & YMM_SAVED) != YMM_SAVED) return CNN_LEVEL_BASELINE;
    if ((b & AVX512_F_DQ_BW_VL) != AVX512_F_DQ_BW_VL) return CNN_LEVEL_AVX2;
    return (saved & ZMM_SAVED) == ZMM_SAVED ? CNN_LEVEL_AVX512 : CNN_LEVEL_AVX2;
}
#else
cnn_level cnn_level_detect(void) {
    return CNN_LEVEL_BASELINE;
}
#endif

const char *cnn_level_name(cnn_level level) {
    static const char *const names[CNN_LEVELS] = {"reference", "baseline", "avx2", "avx512"};
    return level < CNN_LEVELS ? names[level] : "unknown";
}

/* ---- the table ---- */

/* Declares and assigns the tables of one op: for float32 and float64, for all types but bfloat16, for one alone. */
#define DECLARE_REALS(op, level) extern const cnn_##op##_kernels cnn_##op##_##level##_f32, cnn_##op##_##level##_f64;
#define DECLARE_TYPES(op, level)                                                                                       \
    DECLARE_REALS(op, level)                                                                                           \
    extern const cnn_##op##_kernels cnn_##op##_##level##_i64, cnn_##op##_##level##_u8, cnn_##op##_##level##_bool;
#define DECLARE_F32(op, level)  extern const cnn_##op##_kernels cnn_##op##_##level;
#define DECLARE_BF16(op, level) extern const cnn_##op##_kernels cnn_##op##_##level##_bf16;
#define FILL_REALS(op, level)                                                                                          \
    table->op[CNN_F32] = &cnn_##op##_##level##_f32;                                                                    \
    table->op[CNN_F64] = &cnn_##op##_##level##_f64;
#define FILL_TYPES(op, level)                                                                                          \
    FILL_REALS(op, level)                                                                                              \
    table->op[CNN_I64] = &cnn_##op##_##level##_i64;                                                                    \
    table->op[CNN_U8] = &cnn_##op##_##level##_u8;                                                                      \
    table->op[CNN_BOOL] = &cnn_##op##_##level##_bool;
#define FILL_F32(op, level)  table->op[CNN_F32] = &cnn_##op##_##level;
#define FILL_BF16(op, level) table->op[CNN_BF16] = &cnn_##op##_##level##_bf16;

#define REFERENCE(REALS, TYPES)                                                                                        \
    REALS(conv2d, reference)                                                                                           \
    REALS(batch_norm, reference)                                                                                       \
    REALS(chain, reference)                                                                                            \
    REALS(pool2d, reference)                                                                                           \
    REALS(gemm, reference)                                                                                             \
    REALS(cross_entropy, reference)                                                                                    \
    REALS(random, reference)                                                                                           \
    REALS(sgd, reference)                                                                                              \
    REALS(adaptive, reference)                                                                                         \
    REALS(pixels, reference)                                                                                           \
    TYPES(pointwise, reference)                                                                                        \
    TYPES(reduce, reference)                                                                                           \
    TYPES(select, reference)                                                                                           \
    TYPES(scan, reference)                                                                                             \
    TYPES(sort, reference)

/* What kernels/cpu has for a level: integers only at baseline, for the limit of these is memory. */
#define VECTOR(level, F32, REALS, TYPES)                                                                               \
    F32(conv2d, level)                                                                                                 \
    F32(batch_norm, level)                                                                                             \
    F32(chain, level)                                                                                                  \
    F32(pool2d, level)                                                                                                 \
    F32(cross_entropy, level)                                                                                          \
    F32(random, level)                                                                                                 \
    F32(sgd, level)                                                                                                    \
    F32(adaptive, level)                                                                                               \
    F32(pixels, level)                                                                                                 \
    REALS(gemm, level)                                                                                                 \
    TYPES(pointwise, level)                                                                                            \
    TYPES(reduce, level)

/* What reads and writes bfloat16: at every level, and only with vectors. Other ops widen it to float32. */
#define NARROW(BF16, level)                                                                                            \
    BF16(pointwise, level)                                                                                             \
    BF16(reduce, level)                                                                                                \
    BF16(chain, level)
#define NARROW_VECTOR(BF16, level)                                                                                     \
    NARROW(BF16, level)                                                                                                \
    BF16(batch_norm, level)                                                                                            \
    BF16(pool2d, level)                                                                                                \
    BF16(conv2d, level)

/* What no wider vectors would make faster. */
#define PLAIN(TYPES)                                                                                                   \
    TYPES(select, baseline)                                                                                            \
    TYPES(scan, baseline)                                                                                              \
    TYPES(sort, baseline)

REFERENCE(DECLARE_REALS, DECLARE_TYPES)
NARROW(DECLARE_BF16, reference)
PLAIN(DECLARE_TYPES)
VECTOR(baseline, DECLARE_F32, DECLARE_REALS, DECLARE_TYPES)
NARROW_VECTOR(DECLARE_BF16, baseline)
#if defined(__x86_64__)
VECTOR(avx2, DECLARE_F32, DECLARE_REALS, DECLARE_REALS)
NARROW_VECTOR(DECLARE_BF16, avx2)
VECTOR(avx512, DECLARE_F32, DECLARE_REALS, DECLARE_REALS)
NARROW_VECTOR(DECLARE_BF16, avx512)
#endif

void cnn_kernels_fill(cnn_kernels *table, cnn_level level) {
    REFERENCE(FILL_REALS, FILL_TYPES)
    NARROW(FILL_BF16, reference)
    if (level < CNN_LEVEL_BASELINE) return;
    VECTOR(baseline, FILL_F32, FILL_REALS, FILL_TYPES)
    NARROW_VECTOR(FILL_BF16, baseline)
    PLAIN(FILL_TYPES)
#if defined(__x86_64__)
    if (level < CNN_LEVEL_AVX2) return;
    VECTOR(avx2, FILL_F32, FILL_REALS, FILL_REALS)
    NARROW_VECTOR(FILL_BF16, avx2)
    if (level < CNN_LEVEL_AVX512) return;
    VECTOR(avx512, FILL_F32, FILL_REALS, FILL_REALS)
    NARROW_VECTOR(FILL_BF16, avx512)
#endif
}
