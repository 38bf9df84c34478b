// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "CDiskWatch.h"
#include "CFaultVFS.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

enum { LONGEST = 4096, MOST_FILES = 65536 };

// Set once a file below a folder that is watched was opened by this number; pipes and sockets are left alone.
static bool seen[MOST_FILES];

#define REAL(name) \
    static __typeof__(name) *real; \
    if (real == NULL) real = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)

static bool isWatched(const char *path) {
    return !flow_fault_is_inside() && path && path[0] == '/' && flow_fault_is_watched(path);
}

// The path that an open file has now; empty when it has none.
static const char *pathOf(int file, char *buffer) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, buffer, LONGEST - 1);
    buffer[length > 0 ? length : 0] = 0;
    return buffer;
}

static bool isSeen(int file) { return file >= 0 && file < MOST_FILES && seen[file]; }

static void tell(struct flow_disk_operation operation) {
    int code = errno;
    flow_fault_tell(&operation);
    errno = code;
}

// Whether an operation is to fail; sets errno. What a node writes in its own folder is its own affair.
static bool fails(int kind, const char *path) {
    bool isContent = kind == FLOW_FAULT_FILE_OPEN || kind == FLOW_FAULT_FILE_WRITE;
    if (isContent && strstr(path, "/work/")) return false;
    int code = flow_fault_check(kind, path);
    if (code != 0) errno = code;
    return code != 0;
}

static int opened(int file, const char *path, int flags, bool wasThere) {
    if (file < 0) return file;
    if (file < MOST_FILES) seen[file] = true;
    if ((flags & O_CREAT) && !wasThere) {
        tell((struct flow_disk_operation){.kind = FLOW_DISK_CREATE, .path = path});
    } else if (flags & O_TRUNC) {
        tell((struct flow_disk_operation){.kind = FLOW_DISK_TRUNCATE, .path = path, .size = 0});
    }
    return file;
}

int open(const char *path, int flags, ...) {
    REAL(open);
    mode_t mode = 0;
    if (flags & (O_CREAT | __O_TMPFILE)) {
        va_list list;
        va_start(list, flags);
        mode = va_arg(list, mode_t);
        va_end(list);
    }
    if (!isWatched(path)) return real(path, flags, mode);
    flow_fault_lock();
    int file = -1;
    // What is only read does not change the disk.
    bool changes = (flags & O_ACCMODE) != O_RDONLY;
    if (!changes || !fails(FLOW_FAULT_FILE_OPEN, path)) {
        bool wasThere = access(path, F_OK) == 0;
        file = opened(real(path, flags, mode), path, flags, wasThere);
    }
    flow_fault_unlock();
    return file;
}

ssize_t write(int file, const void *bytes, size_t count) {
    REAL(write);
    char path[LONGEST];
    if (!isSeen(file) || flow_fault_is_inside() || !isWatched(pathOf(file, path))) return real(file, bytes, count);
    flow_fault_lock();
    ssize_t written = -1;
    if (!fails(FLOW_FAULT_FILE_WRITE, path)) {
        written = real(file, bytes, count);
        if (written > 0) {
            off_t end = lseek(file, 0, SEEK_CUR);
            tell(
                (struct flow_disk_operation){
                    .kind = FLOW_DISK_WRITE, .path = path, .bytes = bytes, .offset = end - written, .size = written});
        }
    }
    flow_fault_unlock();
    return written;
}

int ftruncate(int file, off_t size) {
    REAL(ftruncate);
    char path[LONGEST];
    if (flow_fault_is_inside() || !isWatched(pathOf(file, path))) return real(file, size);
    flow_fault_lock();
    int result = real(file, size);
    if (result == 0) tell((struct flow_disk_operation){.kind = FLOW_DISK_TRUNCATE, .path = path, .size = size});
    flow_fault_unlock();
    return result;
}

static int synced(int file, int (*real)(int)) {
    char path[LONGEST];
    if (flow_fault_is_inside() || !isWatched(pathOf(file, path))) return real(file);
    flow_fault_lock();
    int result = -1;
    if (fails(FLOW_FAULT_FILE_SYNC, path)) {
        tell((struct flow_disk_operation){.kind = FLOW_DISK_SYNC_FAILED, .path = path});
    } else {
        result = real(file);
        if (result == 0) tell((struct flow_disk_operation){.kind = FLOW_DISK_SYNC, .path = path});
    }
    flow_fault_unlock();
    return result;
}

int fsync(int file) {
    REAL(fsync);
    return synced(file, real);
}

int fdatasync(int file) {
    REAL(fdatasync);
    return synced(file, real);
}

int mkdir(const char *path, mode_t mode) {
    REAL(mkdir);
    if (!isWatched(path)) return real(path, mode);
    flow_fault_lock();
    int result = -1;
    if (!fails(FLOW_FAULT_FILE_MKDIR, path)) {
        result = real(path, mode);
        if (result == 0) tell((struct flow_disk_operation){.kind = FLOW_DISK_MAKE_DIRECTORY, .path = path});
    }
    flow_fault_unlock();
    return result;
}

char *mkdtemp(char *template) {
    REAL(mkdtemp);
    if (!isWatched(template)) return real(template);
    flow_fault_lock();
    char *result = NULL;
    if (!fails(FLOW_FAULT_FILE_MKDIR, template)) {
        result = real(template);
        if (result) tell((struct flow_disk_operation){.kind = FLOW_DISK_MAKE_DIRECTORY, .path = result});
    }
    flow_fault_unlock();
    return result;
}

int rename(const char *path, const char *other) {
    REAL(rename);
    if (!isWatched(path)) return real(path, other);
    flow_fault_lock();
    int result = -1;
    if (!fails(FLOW_FAULT_FILE_RENAME, path)) {
        result = real(path, other);
        if (result == 0) tell((struct flow_disk_operation){.kind = FLOW_DISK_RENAME, .path = path, .other = other});
    }
    flow_fault_unlock();
    return result;
}

int link(const char *path, const char *other) {
    REAL(link);
    if (!isWatched(path)) return real(path, other);
    flow_fault_lock();
    int result = -1;
    if (!fails(FLOW_FAULT_FILE_LINK, path)) {
        result = real(path, other);
        if (result == 0) tell((struct flow_disk_operation){.kind = FLOW_DISK_LINK, .path = path, .other = other});
    }
    flow_fault_unlock();
    return result;
}

int unlink(const char *path) {
    REAL(unlink);
    if (!isWatched(path)) return real(path);
    flow_fault_lock();
    int result = real(path);
    if (result == 0) tell((struct flow_disk_operation){.kind = FLOW_DISK_DELETE, .path = path});
    flow_fault_unlock();
    return result;
}

int rmdir(const char *path) {
    REAL(rmdir);
    if (!isWatched(path)) return real(path);
    flow_fault_lock();
    int result = real(path);
    if (result == 0) tell((struct flow_disk_operation){.kind = FLOW_DISK_DELETE, .path = path});
    flow_fault_unlock();
    return result;
}

int unlinkat(int folder, const char *name, int flags) {
    REAL(unlinkat);
    char path[LONGEST * 2];
    if (flow_fault_is_inside() || folder < 0 || !isWatched(pathOf(folder, path))) return real(folder, name, flags);
    flow_fault_lock();
    size_t length = strlen(path);
    snprintf(path + length, sizeof path - length, "/%s", name);
    int result = real(folder, name, flags);
    if (result == 0) tell((struct flow_disk_operation){.kind = FLOW_DISK_DELETE, .path = path});
    flow_fault_unlock();
    return result;
}

static int told;

static void count(void *context, const struct flow_disk_operation *operation) {
    (void)context;
    told |= 1 << operation->kind;
}

bool flow_disk_watch_works(const char *folder) {
    struct flow_fault_scope *scope = flow_fault_scope_make(folder, count, NULL);
    if (scope == NULL) return false;
    char path[LONGEST];
    snprintf(path, sizeof path, "%s/.watch", folder);
    told = 0;
    int file = open(path, O_CREAT | O_WRONLY, 0600);
    if (file >= 0) {
        if (write(file, "x", 1) != 1 || fsync(file) != 0) told = 0;
        close(file);
    }
    unlink(path);
    flow_fault_scope_end(scope);
    int wanted = 1 << FLOW_DISK_CREATE | 1 << FLOW_DISK_WRITE | 1 << FLOW_DISK_SYNC | 1 << FLOW_DISK_DELETE;
    return (told & wanted) == wanted;
}
