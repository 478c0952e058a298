/* SPDX-License-Identifier: MIT
 * The loader of library.h, over dlopen.
 *
 * A library is never unloaded: what it registered with the system (at exit, in threads) would point into nothing. */
#include "core/library.h"

#include <dlfcn.h>
#include <string.h>

/* The name of the first function that is missing, or NULL. */
static const char *library_fill(void *library, const cnn_symbol *symbols) {
    for (const cnn_symbol *symbol = symbols; symbol->name; symbol++) {
        void *address = dlsym(library, symbol->name);
        if (!address) return symbol->name;
        memcpy(symbol->place, &address, sizeof address);
    }
    return NULL;
}

cnn_status cnn_library_load(const char *const *files, const cnn_symbol *symbols, const char *purpose, const char *fix,
                            cnn_error *err) {
    cnn_status status = CNN_OK;
    for (const char *const *file = files; *file; file++) {
        void *library = dlopen(*file, RTLD_NOW | RTLD_LOCAL);
        const char *missing = library ? library_fill(library, symbols) : NULL;
        if (library && !missing) return CNN_OK;
        if (missing) {
            status = cnn_fail(err, CNN_IO, "%s, but %s is too old: it has no %s", purpose, *file, missing);
            dlclose(library);
        } else if (status == CNN_OK) { /* the first name is the usual one */
            status = cnn_fail(err, CNN_IO, "%s: %s", purpose, dlerror());
        }
    }
    cnn_error_fix(err, "%s", fix);
    return status;
}
