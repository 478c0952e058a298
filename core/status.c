/* SPDX-License-Identifier: MIT
 * Errors are values: filled in where something fails, carried up by return codes, raised by nobody in core. */
#include "core/cnn.h"

#include <stdarg.h>
#include <stdio.h>

cnn_status cnn_fail(cnn_error *err, cnn_status status, const char *format, ...) {
    va_list args;
    err->status = status;
    err->op[0] = '\0';
    err->fix[0] = '\0';
    va_start(args, format);
    vsnprintf(err->text, sizeof err->text, format, args);
    va_end(args);
    return status;
}

void cnn_error_fix(cnn_error *err, const char *format, ...) {
    va_list args;
    va_start(args, format);
    vsnprintf(err->fix, sizeof err->fix, format, args);
    va_end(args);
}

const char *cnn_status_name(cnn_status status) {
    static const char *const names[] = {
        [CNN_OK] = "no error",           [CNN_BAD_SHAPE] = "shape error",   [CNN_BAD_TYPE] = "type error",
        [CNN_BAD_VALUE] = "value error", [CNN_NO_MEMORY] = "out of memory", [CNN_INTERRUPTED] = "interrupted",
        [CNN_IO] = "file error",         [CNN_DEVICE] = "device error",     [CNN_CALLBACK] = "error in a callback",
    };
    return names[status];
}
