// SPDX-License-Identifier: Apache-2.0
//
// libcurl behind dlopen. Linking it costs every start of a program several milliseconds, so this header declares a table
// of its functions that is filled when the first request is made. Swift does not import variadic functions: the
// wrappers below give each kind of argument a function of its own.
#ifndef FLOW_CCURL_SHIM_H
#define FLOW_CCURL_SHIM_H

#include <curl/curl.h>
#include <dlfcn.h>
#include <stddef.h>

// The functions in use. `name` is the part after `curl_`.
#define FLOW_CURL_FUNCTIONS(X)                                                                                         \
    X(global_init) X(version) X(free)                                                                                  \
    X(slist_append) X(slist_free_all)                                                                                  \
    X(easy_init) X(easy_cleanup) X(easy_reset) X(easy_strerror) X(easy_setopt) X(easy_getinfo)                         \
    X(multi_init) X(multi_cleanup) X(multi_add_handle) X(multi_remove_handle) X(multi_perform) X(multi_poll)           \
    X(multi_wakeup) X(multi_info_read) X(multi_setopt)                                                                 \
    X(url) X(url_cleanup) X(url_dup) X(url_set) X(url_get) X(url_strerror)

struct flow_curl {
#define FLOW_CURL_FIELD(name) __typeof__(&curl_##name) name;
    FLOW_CURL_FUNCTIONS(FLOW_CURL_FIELD)
#undef FLOW_CURL_FIELD
};

/// Fills the table. Returns NULL when all is there, else a static text that names what is missing.
static inline const char *_Nullable flow_curl_load(struct flow_curl *_Nonnull table) {
    static const char *const names[] = {"libcurl.so.4", "libcurl-gnutls.so.4", "libcurl.4.dylib"};
    void *library = NULL;
    for (size_t i = 0; library == NULL && i < sizeof names / sizeof names[0]; i++) {
        library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
    }
    if (library == NULL) {
        return "the library libcurl.so.4 was not found";
    }
#define FLOW_CURL_SYMBOL(name)                                                                                         \
    table->name = (__typeof__(&curl_##name))dlsym(library, "curl_" #name);                                             \
    if (table->name == NULL) {                                                                                         \
        return "libcurl has no function curl_" #name ": 7.80 or newer is needed";                                      \
    }
    FLOW_CURL_FUNCTIONS(FLOW_CURL_SYMBOL)
#undef FLOW_CURL_SYMBOL
    // Safe here: the caller fills the table once, before any other use of the library.
    return table->global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK ? NULL : "libcurl could not be initialised";
}

static inline CURLcode flow_curl_set_long(
    const struct flow_curl *_Nonnull table, CURL *_Nonnull easy, CURLoption option, long value
) {
    return table->easy_setopt(easy, option, value);
}

static inline CURLcode flow_curl_set_offset(
    const struct flow_curl *_Nonnull table, CURL *_Nonnull easy, CURLoption option, curl_off_t value
) {
    return table->easy_setopt(easy, option, value);
}

static inline CURLcode flow_curl_set_pointer(
    const struct flow_curl *_Nonnull table, CURL *_Nonnull easy, CURLoption option, const void *_Nullable value
) {
    return table->easy_setopt(easy, option, value);
}

/// For CURLOPT_WRITEFUNCTION and CURLOPT_HEADERFUNCTION, which have one signature.
static inline CURLcode flow_curl_set_write(
    const struct flow_curl *_Nonnull table, CURL *_Nonnull easy, CURLoption option,
    curl_write_callback _Nonnull function
) {
    return table->easy_setopt(easy, option, function);
}

static inline CURLcode flow_curl_set_open_socket(
    const struct flow_curl *_Nonnull table, CURL *_Nonnull easy, curl_opensocket_callback _Nonnull function
) {
    return table->easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, function);
}

static inline CURLcode flow_curl_set_prerequest(
    const struct flow_curl *_Nonnull table, CURL *_Nonnull easy, curl_prereq_callback _Nonnull function
) {
    return table->easy_setopt(easy, CURLOPT_PREREQFUNCTION, function);
}

static inline CURLcode flow_curl_get_long(
    const struct flow_curl *_Nonnull table, CURL *_Nonnull easy, CURLINFO info, long *_Nonnull value
) {
    return table->easy_getinfo(easy, info, value);
}

static inline CURLcode flow_curl_get_offset(
    const struct flow_curl *_Nonnull table, CURL *_Nonnull easy, CURLINFO info, curl_off_t *_Nonnull value
) {
    return table->easy_getinfo(easy, info, value);
}

static inline CURLMcode flow_curl_multi_set_long(
    const struct flow_curl *_Nonnull table, CURLM *_Nonnull multi, CURLMoption option, long value
) {
    return table->multi_setopt(multi, option, value);
}

#endif
