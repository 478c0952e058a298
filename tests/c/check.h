/* SPDX-License-Identifier: MIT
 * The few macros of a test in C: count, show both sides, go on. The last line printed is `N passed, N failed`. */
#ifndef TESTS_C_CHECK_H
#define TESTS_C_CHECK_H

#include <stdio.h>
#include <string.h>

static int checks_passed, checks_failed;

#define CHECK(condition)                                                                                               \
    ((condition) ? (void)checks_passed++                                                                               \
                 : (void)(checks_failed++, printf("FAIL %s:%d  %s\n", __FILE__, __LINE__, #condition)))

/* The same with what was found, as printf takes it. */
#define CHECK_SHOW(condition, ...)                                                                                     \
    ((condition)                                                                                                       \
         ? (void)checks_passed++                                                                                       \
         : (void)(checks_failed++, printf("FAIL %s:%d  ", __FILE__, __LINE__), printf(__VA_ARGS__), printf("\n")))

#define CHECK_CONTAINS(text, part) CHECK_SHOW(strstr(text, part), "\"%s\" lacks \"%s\"", text, part)

static inline int check_result(void) {
    printf("%d passed, %d failed\n", checks_passed, checks_failed);
    return checks_failed ? 1 : 0;
}

#endif
