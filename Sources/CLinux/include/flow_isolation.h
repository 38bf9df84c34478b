// SPDX-License-Identifier: Apache-2.0
#ifndef FLOW_ISOLATION_H
#define FLOW_ISOLATION_H

// What keeps a program away from files and the network, without any right of the superuser. All of it is for good, and for
// all its descendants.

/// What the kernel offers.
#define FLOW_ISOLATES_FILES 1      // Landlock
#define FLOW_ISOLATES_NETWORK 2    // a network of its own, with a loopback that only its descendants see
#define FLOW_ISOLATES_CALLS 4      // seccomp: no sockets but those that are allowed

struct flow_isolation {
    const char *const *readable; // files and folders, with all below; NULL at the end. What is not there is left out.
    const char *const *writable; // the same, to read, write, make and remove
    int parts;                   // which parts are wanted; one that fails makes the start fail
};

/// The parts that this kernel offers to this process: tried out in a child, once.
int flow_isolation_offered(void);
/// The version of Landlock; 0 without it.
int flow_landlock_version(void);

/// Isolates the calling process. Between vfork and exec: only async-signal-safe calls. Returns 0, or -1 with errno.
int flow_isolate(const struct flow_isolation *isolation);

#endif
