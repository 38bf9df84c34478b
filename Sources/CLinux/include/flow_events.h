// SPDX-License-Identifier: Apache-2.0
#ifndef FLOW_EVENTS_H
#define FLOW_EVENTS_H

#include <stdint.h>

/// One ready descriptor. The key is the caller's; the kernel gives it back as it is.
struct flow_event {
    uint64_t key;
    uint32_t readable; // data, end of file, or an error to be read
    uint32_t writable; // room, or an error to be written into
};

#define FLOW_WAIT_READ 1
#define FLOW_WAIT_WRITE 2

// All of these return -errno instead of setting errno.

int flow_epoll_create(void);
int flow_epoll_add(int epoll, int descriptor, int interest, uint64_t key);
int flow_epoll_remove(int epoll, int descriptor);
/// At most `capacity` (<= 64) events. An interruption by a signal is no event: 0.
int flow_epoll_wait(int epoll, struct flow_event *events, int capacity, int milliseconds);

/// A nonblocking counter for wake-ups between threads.
int flow_eventfd(void);

/// A pipe whose ends close on exec. Both numbers are above 2, so that they cannot be mistaken for stdio.
int flow_pipe(int *read_end, int *write_end);
/// For pipes, devices and files opened for reading.
int flow_set_nonblocking(int descriptor, int on);
/// `open` with O_CLOEXEC, above 2.
int flow_open(const char *path, int flags, int mode);

/// Reads up to `capacity` bytes of a file into `buffer`. Returns how many, or -errno.
int64_t flow_read_file(const char *path, void *buffer, int64_t capacity);
/// The same with one read, which is enough for the small files of /proc that are made in one piece.
int64_t flow_read_line_file(const char *path, void *buffer, int64_t capacity);
/// One read from the start of an open file.
int64_t flow_read_at_start(int descriptor, void *buffer, int64_t capacity);

/// A file of zeros in memory, there as long as somebody holds it open.
int flow_memory_file(const char *name, int64_t size);

#endif
