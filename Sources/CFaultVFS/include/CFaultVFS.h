// SPDX-License-Identifier: Apache-2.0
//
// A disk that fails on request, for tests: an SQLite VFS that wraps the default one. Below the folder of a scope it counts
// the operations, fails the n-th of a kind, and tells an observer what reaches the disk. Other files pass through.
#ifndef FLOW_CFAULTVFS_H
#define FLOW_CFAULTVFS_H

#include <stdbool.h>
#include <stdint.h>

// What can fail.
enum {
    FLOW_FAULT_OPEN = 0,
    FLOW_FAULT_READ,
    FLOW_FAULT_WRITE,
    FLOW_FAULT_SYNC,
    FLOW_FAULT_TRUNCATE,
    FLOW_FAULT_SIZE,
    FLOW_FAULT_LOCK,
    FLOW_FAULT_SHM_MAP,
    FLOW_FAULT_SHM_LOCK,
    FLOW_FAULT_DELETE,
    FLOW_FAULT_ACCESS,
    // Of other files than those of SQLite, where somebody watches them.
    FLOW_FAULT_FILE_OPEN,
    FLOW_FAULT_FILE_WRITE,
    FLOW_FAULT_FILE_SYNC,
    FLOW_FAULT_FILE_RENAME,
    FLOW_FAULT_FILE_LINK,
    FLOW_FAULT_FILE_MKDIR,
    FLOW_FAULT_KINDS
};

// What the observer is told.
enum {
    FLOW_DISK_CREATE = 0,
    FLOW_DISK_WRITE,
    FLOW_DISK_TRUNCATE,
    // A file or a directory.
    FLOW_DISK_SYNC,
    // What was not on the disk yet may be lost, though it can still be read.
    FLOW_DISK_SYNC_FAILED,
    FLOW_DISK_DELETE,
    FLOW_DISK_MAKE_DIRECTORY,
    FLOW_DISK_RENAME,
    FLOW_DISK_LINK,
};

struct flow_disk_operation {
    int kind;
    const char *path;
    // The new name, for a rename or a link.
    const char *other;
    const void *bytes;
    int64_t offset;
    // Bytes of a write; the new size of a truncation.
    int64_t size;
};

// Called one at a time for a scope, after the operation.
typedef void (*flow_disk_observer)(void *context, const struct flow_disk_operation *operation);

struct flow_fault_scope;

// Makes the wrapping VFS the default of SQLite, once. False when SQLite refuses.
bool flow_fault_install(void);

// Begins to watch the files below a folder, which is given as SQLite is given it. Null when there are too many scopes.
struct flow_fault_scope *flow_fault_scope_make(const char *folder, flow_disk_observer observer, void *context);

// Ends a scope. All its files must be closed; what is left open passes through and the scope is never freed.
void flow_fault_scope_end(struct flow_fault_scope *scope);

// Lets the n-th operation of a kind fail from now on (1 is the next), once or for ever; n = 0: none. The code is an
// extended result code of SQLite, for other files an error number. A write that fails for want of space keeps its first half.
void flow_fault_scope_fail(struct flow_fault_scope *scope, int kind, uint64_t nth, bool forever, int code);

// How many operations of a kind there were since `flow_fault_scope_fail`, and how many were failed.
uint64_t flow_fault_scope_count(struct flow_fault_scope *scope, int kind);
uint64_t flow_fault_scope_failures(struct flow_fault_scope *scope);

// Says whether the calling thread is inside of the VFS: its system calls are told of by the VFS.
bool flow_fault_is_inside(void);

// For others who watch the disk: tells the scope that a path lies in of an operation, unless the VFS does.
void flow_fault_tell(const struct flow_disk_operation *operation);

// For others who watch the disk: counts an operation, and gives the code it is to fail with, or 0.
int flow_fault_check(int kind, const char *path);

// Whether a path lies in a scope.
bool flow_fault_is_watched(const char *path);

// Held while an operation is done and told, so that the order of telling is that of the disk.
void flow_fault_lock(void);
void flow_fault_unlock(void);

#endif
