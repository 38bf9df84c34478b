// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "flow_events.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

int flow_epoll_create(void) {
    int fd = epoll_create1(EPOLL_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

int flow_epoll_add(int epoll, int descriptor, int interest, uint64_t key) {
    struct epoll_event event = {.events = 0, .data.u64 = key};
    if (interest & FLOW_WAIT_READ) event.events |= EPOLLIN;
    if (interest & FLOW_WAIT_WRITE) event.events |= EPOLLOUT;
    return epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) < 0 ? -errno : 0;
}

int flow_epoll_remove(int epoll, int descriptor) {
    struct epoll_event event = {0};
    return epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor, &event) < 0 ? -errno : 0;
}

int flow_epoll_wait(int epoll, struct flow_event *events, int capacity, int milliseconds) {
    struct epoll_event ready[64];
    int count = epoll_wait(epoll, ready, capacity < 64 ? capacity : 64, milliseconds);
    if (count < 0) return errno == EINTR ? 0 : -errno;
    for (int i = 0; i < count; i++) {
        events[i].key = ready[i].data.u64;
        events[i].readable = (ready[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0;
        events[i].writable = (ready[i].events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0;
    }
    return count;
}

int flow_eventfd(void) {
    int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return fd < 0 ? -errno : fd;
}

// A program may be started with stdin, stdout or stderr closed. What we open would then take their numbers, and
// somebody who prints would write into it.
static int above_stdio(int fd) {
    if (fd > 2 || fd < 0) return fd;
    int moved = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    int saved = errno;
    close(fd);
    errno = saved;
    return moved;
}

int flow_pipe(int *read_end, int *write_end) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0) return -errno;
    ends[0] = above_stdio(ends[0]);
    int error = errno;
    if (ends[0] < 0) {
        close(ends[1]);
        return -error;
    }
    ends[1] = above_stdio(ends[1]);
    error = errno;
    if (ends[1] < 0) {
        close(ends[0]);
        return -error;
    }
    *read_end = ends[0];
    *write_end = ends[1];
    return 0;
}

int flow_set_nonblocking(int descriptor, int on) {
    // "On Linux, this operation can change only O_APPEND, O_ASYNC, O_DIRECT, O_NOATIME and O_NONBLOCK": none of the
    // others is ever set on what we open, so the old flags need not be asked for.
    return fcntl(descriptor, F_SETFL, on ? O_NONBLOCK : 0) < 0 ? -errno : 0;
}

int flow_open(const char *path, int flags, int mode) {
    int fd;
    do fd = open(path, flags | O_CLOEXEC, mode);
    while (fd < 0 && errno == EINTR);
    fd = above_stdio(fd);
    return fd < 0 ? -errno : fd;
}

int64_t flow_read_file(const char *path, void *buffer, int64_t capacity) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return -errno;
    int64_t filled = 0;
    while (filled < capacity) {
        ssize_t count = read(fd, (char *)buffer + filled, (size_t)(capacity - filled));
        if (count == 0) break;
        if (count < 0) {
            if (errno == EINTR) continue;
            filled = -errno;
            break;
        }
        filled += count;
    }
    close(fd);
    return filled;
}

int64_t flow_read_line_file(const char *path, void *buffer, int64_t capacity) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return -errno;
    int64_t count = flow_read_at_start(fd, buffer, capacity);
    close(fd);
    return count;
}

int64_t flow_read_at_start(int descriptor, void *buffer, int64_t capacity) {
    ssize_t count;
    do count = pread(descriptor, buffer, (size_t)capacity, 0);
    while (count < 0 && errno == EINTR);
    return count < 0 ? -errno : count;
}

int flow_memory_file(const char *name, int64_t size) {
    int fd = above_stdio(memfd_create(name, MFD_CLOEXEC));
    if (fd < 0) return -errno;
    if (ftruncate(fd, size) == 0) return fd;
    int error = errno;
    close(fd);
    return -error;
}
