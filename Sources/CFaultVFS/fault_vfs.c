// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "CFaultVFS.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_SCOPES = 64 };

struct flow_fault_scope {
    char *folder;
    size_t length;
    flow_disk_observer observer;
    void *context;
    int openFiles;
    bool isEnded;
    int kind;
    uint64_t nth;
    bool forever;
    int code;
    uint64_t counts[FLOW_FAULT_KINDS];
    uint64_t failures;
};

// A file of SQLite; that of the wrapped VFS follows.
struct fault_file {
    sqlite3_file base;
    struct flow_fault_scope *scope;
    char *path;
    // The first sync of a new journal or log also puts its name on the disk.
    bool syncsFolder;
};

static pthread_mutex_t lock;
static pthread_once_t lockOnce = PTHREAD_ONCE_INIT;
static struct flow_fault_scope *scopes[MOST_SCOPES];
static sqlite3_vfs *wrapped;
static sqlite3_vfs own;
static __thread int depth;

static void makeLock(void) {
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&lock, &attributes);
}

void flow_fault_lock(void) {
    pthread_once(&lockOnce, makeLock);
    pthread_mutex_lock(&lock);
}

void flow_fault_unlock(void) { pthread_mutex_unlock(&lock); }

bool flow_fault_is_inside(void) { return depth > 0; }

static struct flow_fault_scope *scopeOf(const char *path) {
    if (path == NULL) return NULL;
    for (int i = 0; i < MOST_SCOPES; i++) {
        struct flow_fault_scope *scope = scopes[i];
        if (scope == NULL || strncmp(path, scope->folder, scope->length) != 0) continue;
        char next = path[scope->length];
        if (next == '/' || next == 0) return scope;
    }
    return NULL;
}

bool flow_fault_is_watched(const char *path) {
    flow_fault_lock();
    bool found = scopeOf(path) != NULL;
    flow_fault_unlock();
    return found;
}

static void tell(struct flow_fault_scope *scope, struct flow_disk_operation operation) {
    if (!scope->isEnded && scope->observer) scope->observer(scope->context, &operation);
}

void flow_fault_tell(const struct flow_disk_operation *operation) {
    if (depth > 0) return;
    flow_fault_lock();
    struct flow_fault_scope *scope = scopeOf(operation->path);
    if (scope) tell(scope, *operation);
    flow_fault_unlock();
}

static void tellFolder(struct flow_fault_scope *scope, const char *path) {
    const char *slash = strrchr(path, '/');
    if (slash == NULL || slash == path) return;
    char *folder = strndup(path, (size_t)(slash - path));
    if (folder) tell(scope, (struct flow_disk_operation){.kind = FLOW_DISK_SYNC, .path = folder});
    free(folder);
}

// Counts an operation; the code it is to fail with, or SQLITE_OK.
static int fault(struct flow_fault_scope *scope, int kind) {
    if (scope->isEnded) return SQLITE_OK;
    uint64_t count = ++scope->counts[kind];
    if (scope->nth == 0 || scope->kind != kind) return SQLITE_OK;
    if (count != scope->nth && !(scope->forever && count > scope->nth)) return SQLITE_OK;
    scope->failures++;
    return scope->code;
}

int flow_fault_check(int kind, const char *path) {
    if (depth > 0) return 0;
    flow_fault_lock();
    struct flow_fault_scope *scope = scopeOf(path);
    int code = scope ? fault(scope, kind) : 0;
    flow_fault_unlock();
    return code;
}

// Enters the VFS: the operation and what is told of it are one step.
static void enter(void) {
    flow_fault_lock();
    depth++;
}

static int leave(int code) {
    depth--;
    flow_fault_unlock();
    return code;
}

#define FILE_OF(file) ((struct fault_file *)(file))
#define REAL(file) ((sqlite3_file *)((char *)(file) + sizeof(struct fault_file)))

static int faultClose(sqlite3_file *file) {
    struct fault_file *this = FILE_OF(file);
    enter();
    int code = REAL(file)->pMethods ? REAL(file)->pMethods->xClose(REAL(file)) : SQLITE_OK;
    this->scope->openFiles--;
    free(this->path);
    return leave(code);
}

static int faultRead(sqlite3_file *file, void *buffer, int count, sqlite3_int64 offset) {
    enter();
    int code = fault(FILE_OF(file)->scope, FLOW_FAULT_READ);
    if (code == SQLITE_OK) code = REAL(file)->pMethods->xRead(REAL(file), buffer, count, offset);
    return leave(code);
}

static int faultWrite(sqlite3_file *file, const void *bytes, int count, sqlite3_int64 offset) {
    struct fault_file *this = FILE_OF(file);
    enter();
    int failure = fault(this->scope, FLOW_FAULT_WRITE);
    // A disk that is full takes what it can.
    if (failure != SQLITE_OK) count = failure == SQLITE_FULL ? count / 2 : 0;
    int code = SQLITE_OK;
    if (count > 0) {
        code = REAL(file)->pMethods->xWrite(REAL(file), bytes, count, offset);
        tell(
            this->scope,
            (struct flow_disk_operation){
                .kind = FLOW_DISK_WRITE, .path = this->path, .bytes = bytes, .offset = offset, .size = count});
    }
    return leave(failure != SQLITE_OK ? failure : code);
}

static int faultTruncate(sqlite3_file *file, sqlite3_int64 size) {
    struct fault_file *this = FILE_OF(file);
    enter();
    int code = fault(this->scope, FLOW_FAULT_TRUNCATE);
    if (code == SQLITE_OK) {
        code = REAL(file)->pMethods->xTruncate(REAL(file), size);
        tell(
            this->scope,
            (struct flow_disk_operation){.kind = FLOW_DISK_TRUNCATE, .path = this->path, .size = size});
    }
    return leave(code);
}

static int faultSync(sqlite3_file *file, int flags) {
    struct fault_file *this = FILE_OF(file);
    enter();
    int code = fault(this->scope, FLOW_FAULT_SYNC);
    if (code != SQLITE_OK) {
        tell(this->scope, (struct flow_disk_operation){.kind = FLOW_DISK_SYNC_FAILED, .path = this->path});
        return leave(code);
    }
    code = REAL(file)->pMethods->xSync(REAL(file), flags);
    if (code == SQLITE_OK) {
        tell(this->scope, (struct flow_disk_operation){.kind = FLOW_DISK_SYNC, .path = this->path});
        if (this->syncsFolder) tellFolder(this->scope, this->path);
        this->syncsFolder = false;
    }
    return leave(code);
}

static int faultFileSize(sqlite3_file *file, sqlite3_int64 *size) {
    enter();
    int code = fault(FILE_OF(file)->scope, FLOW_FAULT_SIZE);
    if (code == SQLITE_OK) code = REAL(file)->pMethods->xFileSize(REAL(file), size);
    return leave(code);
}

static int faultLock(sqlite3_file *file, int level) {
    enter();
    int code = fault(FILE_OF(file)->scope, FLOW_FAULT_LOCK);
    if (code == SQLITE_OK) code = REAL(file)->pMethods->xLock(REAL(file), level);
    return leave(code);
}

static int faultUnlock(sqlite3_file *file, int level) {
    enter();
    return leave(REAL(file)->pMethods->xUnlock(REAL(file), level));
}

static int faultCheckReservedLock(sqlite3_file *file, int *result) {
    enter();
    return leave(REAL(file)->pMethods->xCheckReservedLock(REAL(file), result));
}

static int faultFileControl(sqlite3_file *file, int operation, void *argument) {
    enter();
    return leave(REAL(file)->pMethods->xFileControl(REAL(file), operation, argument));
}

static int faultSectorSize(sqlite3_file *file) { return REAL(file)->pMethods->xSectorSize(REAL(file)); }

static int faultDeviceCharacteristics(sqlite3_file *file) {
    return REAL(file)->pMethods->xDeviceCharacteristics(REAL(file));
}

static int faultShmMap(sqlite3_file *file, int region, int size, int extend, void volatile **memory) {
    enter();
    int code = fault(FILE_OF(file)->scope, FLOW_FAULT_SHM_MAP);
    if (code == SQLITE_OK) code = REAL(file)->pMethods->xShmMap(REAL(file), region, size, extend, memory);
    return leave(code);
}

static int faultShmLock(sqlite3_file *file, int offset, int count, int flags) {
    enter();
    int code = SQLITE_OK;
    // To give a lock up does not fail.
    if (flags & SQLITE_SHM_LOCK) code = fault(FILE_OF(file)->scope, FLOW_FAULT_SHM_LOCK);
    if (code == SQLITE_OK) code = REAL(file)->pMethods->xShmLock(REAL(file), offset, count, flags);
    return leave(code);
}

static void faultShmBarrier(sqlite3_file *file) { REAL(file)->pMethods->xShmBarrier(REAL(file)); }

static int faultShmUnmap(sqlite3_file *file, int removes) {
    enter();
    return leave(REAL(file)->pMethods->xShmUnmap(REAL(file), removes));
}

// Version 2: without memory maps of the database, whose writes could not be seen.
static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = faultClose,
    .xRead = faultRead,
    .xWrite = faultWrite,
    .xTruncate = faultTruncate,
    .xSync = faultSync,
    .xFileSize = faultFileSize,
    .xLock = faultLock,
    .xUnlock = faultUnlock,
    .xCheckReservedLock = faultCheckReservedLock,
    .xFileControl = faultFileControl,
    .xSectorSize = faultSectorSize,
    .xDeviceCharacteristics = faultDeviceCharacteristics,
    .xShmMap = faultShmMap,
    .xShmLock = faultShmLock,
    .xShmBarrier = faultShmBarrier,
    .xShmUnmap = faultShmUnmap,
};

static int faultOpen(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *given) {
    (void)vfs;
    enter();
    struct flow_fault_scope *scope = scopeOf(name);
    if (scope == NULL) {
        depth--;
        flow_fault_unlock();
        return wrapped->xOpen(wrapped, name, file, flags, given);
    }
    memset(file, 0, sizeof(struct fault_file));
    int code = fault(scope, FLOW_FAULT_OPEN);
    if (code != SQLITE_OK) return leave(code);
    int there = 0;
    wrapped->xAccess(wrapped, name, SQLITE_ACCESS_EXISTS, &there);
    struct fault_file *this = FILE_OF(file);
    this->path = strdup(name);
    if (this->path == NULL) return leave(SQLITE_NOMEM);
    code = wrapped->xOpen(wrapped, name, REAL(file), flags, given);
    if (code != SQLITE_OK) {
        free(this->path);
        // SQLite closes a file that has methods, even when its opening failed.
        if (REAL(file)->pMethods) REAL(file)->pMethods->xClose(REAL(file));
        return leave(code);
    }
    this->scope = scope;
    scope->openFiles++;
    this->syncsFolder = (flags & SQLITE_OPEN_CREATE)
        && (flags & (SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_SUPER_JOURNAL));
    if (!there) tell(scope, (struct flow_disk_operation){.kind = FLOW_DISK_CREATE, .path = name});
    this->base.pMethods = &methods;
    return leave(SQLITE_OK);
}

static int faultDelete(sqlite3_vfs *vfs, const char *name, int syncsFolder) {
    (void)vfs;
    enter();
    struct flow_fault_scope *scope = scopeOf(name);
    int code = scope ? fault(scope, FLOW_FAULT_DELETE) : SQLITE_OK;
    if (code != SQLITE_OK) return leave(code);
    code = wrapped->xDelete(wrapped, name, syncsFolder);
    if (scope && code == SQLITE_OK) {
        tell(scope, (struct flow_disk_operation){.kind = FLOW_DISK_DELETE, .path = name});
        if (syncsFolder) tellFolder(scope, name);
    }
    return leave(code);
}

static int faultAccess(sqlite3_vfs *vfs, const char *name, int flags, int *result) {
    (void)vfs;
    enter();
    struct flow_fault_scope *scope = scopeOf(name);
    int code = scope ? fault(scope, FLOW_FAULT_ACCESS) : SQLITE_OK;
    if (code == SQLITE_OK) code = wrapped->xAccess(wrapped, name, flags, result);
    return leave(code);
}

static int faultFullPathname(sqlite3_vfs *vfs, const char *name, int size, char *result) {
    (void)vfs;
    return wrapped->xFullPathname(wrapped, name, size, result);
}

bool flow_fault_install(void) {
    flow_fault_lock();
    bool done = wrapped != NULL;
    if (!done && sqlite3_initialize() == SQLITE_OK && (wrapped = sqlite3_vfs_find(NULL)) != NULL) {
        // Randomness, time and loading of extensions stay as they are; they take no notice of which VFS asks.
        own = *wrapped;
        own.zName = "flow-faults";
        own.pNext = NULL;
        own.szOsFile = (int)sizeof(struct fault_file) + wrapped->szOsFile;
        own.xOpen = faultOpen;
        own.xDelete = faultDelete;
        own.xAccess = faultAccess;
        own.xFullPathname = faultFullPathname;
        done = sqlite3_vfs_register(&own, 1) == SQLITE_OK;
    }
    flow_fault_unlock();
    return done;
}

struct flow_fault_scope *flow_fault_scope_make(const char *folder, flow_disk_observer observer, void *context) {
    struct flow_fault_scope *scope = calloc(1, sizeof *scope);
    if (scope == NULL) return NULL;
    scope->folder = strdup(folder);
    scope->length = strlen(folder);
    scope->observer = observer;
    scope->context = context;
    flow_fault_lock();
    int place = 0;
    while (place < MOST_SCOPES && scopes[place]) place++;
    if (scope->folder && place < MOST_SCOPES) {
        scopes[place] = scope;
    } else {
        free(scope->folder);
        free(scope);
        scope = NULL;
    }
    flow_fault_unlock();
    return scope;
}

void flow_fault_scope_end(struct flow_fault_scope *scope) {
    flow_fault_lock();
    for (int i = 0; i < MOST_SCOPES; i++) {
        if (scopes[i] == scope) scopes[i] = NULL;
    }
    scope->isEnded = true;
    if (scope->openFiles == 0) {
        free(scope->folder);
        free(scope);
    }
    flow_fault_unlock();
}

void flow_fault_scope_fail(struct flow_fault_scope *scope, int kind, uint64_t nth, bool forever, int code) {
    flow_fault_lock();
    memset(scope->counts, 0, sizeof scope->counts);
    scope->failures = 0;
    scope->kind = kind;
    scope->nth = nth;
    scope->forever = forever;
    scope->code = code;
    flow_fault_unlock();
}

uint64_t flow_fault_scope_count(struct flow_fault_scope *scope, int kind) {
    flow_fault_lock();
    uint64_t count = scope->counts[kind];
    flow_fault_unlock();
    return count;
}

uint64_t flow_fault_scope_failures(struct flow_fault_scope *scope) {
    flow_fault_lock();
    uint64_t count = scope->failures;
    flow_fault_unlock();
    return count;
}
