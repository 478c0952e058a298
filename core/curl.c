/* SPDX-License-Identifier: MIT
 * Finds libcurl: the usual build over OpenSSL, else the one over GnuTLS, both of which Debian has. */
#include "core/curl.h"

#include "core/library.h"

#if CNN_HAVE_CURL
cnn_status cnn_curl_load(const cnn_curl **out, cnn_error *err) {
    static const char *const files[] = {"libcurl.so.4", "libcurl-gnutls.so.4", "libcurl.so", NULL};
    static cnn_curl curl;
    static bool loaded;
    const cnn_symbol symbols[] = {
        {"curl_global_init", &curl.global_init},
        {"curl_easy_init", &curl.easy_init},
        {"curl_easy_setopt", &curl.easy_set},
        {"curl_easy_getinfo", &curl.easy_info},
        {"curl_easy_strerror", &curl.easy_text},
        {"curl_easy_cleanup", &curl.easy_free},
        {"curl_multi_init", &curl.multi_init},
        {"curl_multi_add_handle", &curl.multi_add},
        {"curl_multi_remove_handle", &curl.multi_remove},
        {"curl_multi_perform", &curl.multi_perform},
        {"curl_multi_poll", &curl.multi_poll},
        {"curl_multi_info_read", &curl.multi_message},
        {"curl_multi_cleanup", &curl.multi_free},
        {NULL, NULL},
    };
    if (!loaded) {
        const cnn_status status =
            cnn_library_load(files, symbols, "downloading needs libcurl", "apt-get install libcurl4", err);
        if (status != CNN_OK) return status;
        if (curl.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
            return cnn_fail(err, CNN_IO, "downloading needs libcurl, which does not start");
        loaded = true;
    }
    *out = &curl;
    return CNN_OK;
}
#else
cnn_status cnn_curl_load(const cnn_curl **out, cnn_error *err) {
    (void)out;
    const cnn_status status =
        cnn_fail(err, CNN_IO, "downloading needs libcurl, whose headers were absent when this program was built");
    cnn_error_fix(err, "apt-get install libcurl4-openssl-dev, then make clean all");
    return status;
}
#endif
