/* SPDX-License-Identifier: MIT
 * The functions of libcurl that fetch.c calls, as pointers: the library is loaded when the first download begins.
 *
 * libcurl's headers are needed to build; without them CNN_HAVE_CURL is 0 and downloading says so. */
#ifndef CNN_CORE_CURL_H
#define CNN_CORE_CURL_H

#include "core/cnn.h"

#ifndef CNN_HAVE_CURL
#if defined(__has_include) && __has_include(<curl/curl.h>)
#define CNN_HAVE_CURL 1
#else
#define CNN_HAVE_CURL 0
#endif
#endif

#if CNN_HAVE_CURL
#include <curl/curl.h>

typedef struct cnn_curl {
    CURLcode (*global_init)(long flags);
    CURL *(*easy_init)(void);
    CURLcode (*easy_set)(CURL *easy, CURLoption option, ...);
    CURLcode (*easy_info)(CURL *easy, CURLINFO info, ...);
    const char *(*easy_text)(CURLcode code);
    void (*easy_free)(CURL *easy);
    CURLM *(*multi_init)(void);
    CURLMcode (*multi_add)(CURLM *multi, CURL *easy);
    CURLMcode (*multi_remove)(CURLM *multi, CURL *easy);
    CURLMcode (*multi_perform)(CURLM *multi, int *running);
    CURLMcode (*multi_poll)(CURLM *multi, struct curl_waitfd *extra, unsigned extras, int timeout_ms, int *ready);
    CURLMsg *(*multi_message)(CURLM *multi, int *left);
    CURLMcode (*multi_free)(CURLM *multi);
} cnn_curl;
#else
typedef struct cnn_curl cnn_curl;
#endif

/* Loads and starts the library, once. IO where it is absent, with what to install. */
CNN_CHECKED cnn_status cnn_curl_load(const cnn_curl **out, cnn_error *err);

#endif
