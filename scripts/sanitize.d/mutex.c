// SPDX-License-Identifier: Apache-2.0
// Lets the thread sanitizer see the lock of Swift's `Mutex`.
//
// The quick ways of lock and unlock are compiled into each program, so the sanitizer sees their atomic operations. When
// two threads meet, `Mutex` calls the library, which is compiled without the sanitizer, and the kernel hands the lock
// over: without this file the sanitizer knows nothing of that and calls all that the lock guards a race. Preloaded,
// these two functions take the place of the library's and tell it. Nothing is suppressed.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>

#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context)) void *self

typedef SWIFT void lock_function(uint32_t, SELF);
typedef SWIFT void unlock_function(SELF);
typedef void sanitizer_function(void *);

#define LOCK "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define UNLOCK "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

SWIFT void lock_slowly(uint32_t thread, SELF) __asm__(LOCK);
SWIFT void unlock_slowly(SELF) __asm__(UNLOCK);

static void tell(const char *name, void *lock) {
    sanitizer_function *function = (sanitizer_function *)dlsym(RTLD_DEFAULT, name);
    if (function) function(lock);
}

SWIFT void lock_slowly(uint32_t thread, SELF) {
    ((lock_function *)dlsym(RTLD_NEXT, LOCK))(thread, self);
    tell("__tsan_acquire", self);
}

SWIFT void unlock_slowly(SELF) {
    tell("__tsan_release", self);
    ((unlock_function *)dlsym(RTLD_NEXT, UNLOCK))(self);
}
