// SPDX-License-Identifier: Apache-2.0
//
// libsodium behind dlopen: only who keeps secrets needs it, and no start of the program pays for it.
#ifndef FLOW_CSODIUM_SHIM_H
#define FLOW_CSODIUM_SHIM_H

#include <dlfcn.h>
#include <sodium.h>
#include <stddef.h>

struct flow_sodium {
    __typeof__(&sodium_init) init;
    __typeof__(&randombytes_buf) randombytes_buf;
    __typeof__(&crypto_secretbox_easy) secretbox_easy;
    __typeof__(&crypto_secretbox_open_easy) secretbox_open_easy;
};

/// Fills the table. Returns NULL when all is there, else a static text that says what is missing.
static inline const char *_Nullable flow_sodium_load(struct flow_sodium *_Nonnull table) {
    static const char *const names[] = {"libsodium.so.23", "libsodium.so.26", "libsodium.dylib"};
    void *library = NULL;
    for (size_t i = 0; library == NULL && i < sizeof names / sizeof names[0]; i++) {
        library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
    }
    if (library == NULL) {
        return "the library libsodium.so.23 was not found";
    }
    table->init = (__typeof__(&sodium_init))dlsym(library, "sodium_init");
    table->randombytes_buf = (__typeof__(&randombytes_buf))dlsym(library, "randombytes_buf");
    table->secretbox_easy = (__typeof__(&crypto_secretbox_easy))dlsym(library, "crypto_secretbox_easy");
    table->secretbox_open_easy = (__typeof__(&crypto_secretbox_open_easy))dlsym(library, "crypto_secretbox_open_easy");
    if (!table->init || !table->randombytes_buf || !table->secretbox_easy || !table->secretbox_open_easy) {
        return "libsodium lacks a function that is needed";
    }
    // Safe here: the caller fills the table once, before any other use of the library.
    return table->init() >= 0 ? NULL : "libsodium could not be initialised";
}

#endif
