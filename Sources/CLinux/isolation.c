// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "flow_isolation.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// Of versions of Landlock that the headers of Debian 12 do not know.
#ifndef LANDLOCK_ACCESS_FS_REFER
#define LANDLOCK_ACCESS_FS_REFER (1ULL << 13)
#endif
#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ULL << 14)
#endif
#ifndef LANDLOCK_ACCESS_FS_IOCTL_DEV
#define LANDLOCK_ACCESS_FS_IOCTL_DEV (1ULL << 15)
#endif
#define SCOPE_ABSTRACT_UNIX_SOCKET (1ULL << 0)
#define SCOPE_SIGNAL (1ULL << 1)

// The attributes of the newest version that is used here; the kernel takes as much of it as it knows.
struct ruleset_attributes {
    uint64_t handled_access_fs;
    uint64_t handled_access_net;
    uint64_t scoped;
};

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define IN_PARENTS_MEMORY __attribute__((disable_sanitizer_instrumentation))
#endif
#endif
#ifndef IN_PARENTS_MEMORY
#define IN_PARENTS_MEMORY
#endif

#if defined(__x86_64__)
#define OWN_ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define OWN_ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

int flow_landlock_version(void) {
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    return version < 0 ? 0 : (int)version;
}

static const uint64_t read_rights =
    LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;

// Rights that a rule for a file, and not for a folder, may give.
static const uint64_t file_rights = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE
    | LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_TRUNCATE | LANDLOCK_ACCESS_FS_IOCTL_DEV;

IN_PARENTS_MEMORY
static int allow(int ruleset, const char *const *paths, uint64_t rights) {
    for (; paths && *paths; paths++) {
        int fd = open(*paths, O_PATH | O_CLOEXEC);
        if (fd < 0) {
            if (errno == ENOENT || errno == ENOTDIR || errno == EACCES) continue;
            return -1;
        }
        struct stat status;
        if (fstat(fd, &status) < 0) {
            close(fd);
            return -1;
        }
        struct landlock_path_beneath_attr rule = {
            .allowed_access = S_ISDIR(status.st_mode) ? rights : rights & file_rights,
            .parent_fd = fd,
        };
        long result = syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
        int error = errno;
        close(fd);
        // Pipes and the like are not files that a rule could name; they stay open to whoever holds them.
        if (result < 0 && error != EBADFD) {
            errno = error;
            return -1;
        }
    }
    return 0;
}

IN_PARENTS_MEMORY
static int isolate_files(const struct flow_isolation *isolation) {
    int version = flow_landlock_version();
    if (version < 1) {
        errno = ENOSYS;
        return -1;
    }
    // All rights of the first version; each later one brought the next.
    uint64_t all = (1ULL << 13) - 1;
    if (version >= 2) all |= LANDLOCK_ACCESS_FS_REFER;
    if (version >= 3) all |= LANDLOCK_ACCESS_FS_TRUNCATE;
    if (version >= 5) all |= LANDLOCK_ACCESS_FS_IOCTL_DEV;
    struct ruleset_attributes attributes = {.handled_access_fs = all};
    // Nobody outside can be signalled, or met at a socket without a file.
    if (version >= 6) attributes.scoped = SCOPE_ABSTRACT_UNIX_SOCKET | SCOPE_SIGNAL;
    size_t size = version >= 6 ? sizeof attributes : version >= 4 ? 16 : 8;
    long ruleset = syscall(SYS_landlock_create_ruleset, &attributes, size, 0);
    if (ruleset < 0) return -1;
    // The devices that programs write to without a thought.
    static const char *const devices[] = {"/dev/null", "/dev/zero", "/dev/full", "/dev/tty", NULL};
    if (allow((int)ruleset, isolation->readable, read_rights & all) < 0
        || allow((int)ruleset, isolation->writable, all) < 0
        || allow((int)ruleset, devices, file_rights & all) < 0
        || syscall(SYS_landlock_restrict_self, (int)ruleset, 0) < 0) {
        int error = errno;
        close((int)ruleset);
        errno = error;
        return -1;
    }
    close((int)ruleset);
    return 0;
}

IN_PARENTS_MEMORY
static int write_text(const char *path, const char *text, size_t length) {
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) return -1;
    ssize_t written = write(fd, text, length);
    int error = errno;
    close(fd);
    errno = error;
    return written == (ssize_t)length ? 0 : -1;
}

// `NUMBER NUMBER 1`: the user is the same inside as outside.
IN_PARENTS_MEMORY
static size_t own_map(char *text, unsigned long id) {
    char digits[20];
    size_t count = 0, length = 0;
    do digits[count++] = (char)('0' + id % 10);
    while ((id /= 10) > 0);
    for (int twice = 0; twice < 2; twice++) {
        for (size_t i = count; i > 0; i--) text[length++] = digits[i - 1];
        text[length++] = ' ';
    }
    text[length++] = '1';
    return length;
}

IN_PARENTS_MEMORY
static int isolate_network(void) {
    char user[64], group[64];
    size_t user_length = own_map(user, (unsigned long)geteuid());
    size_t group_length = own_map(group, (unsigned long)getegid());
    if (syscall(SYS_unshare, CLONE_NEWUSER | CLONE_NEWNET) < 0) return -1;
    if (write_text("/proc/self/setgroups", "deny", 4) < 0) return -1;
    if (write_text("/proc/self/uid_map", user, user_length) < 0) return -1;
    if (write_text("/proc/self/gid_map", group, group_length) < 0) return -1;
    // The new network has a loopback that is down. Without it programs that talk to themselves would wait.
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    struct ifreq request;
    memset(&request, 0, sizeof request);
    request.ifr_name[0] = 'l';
    request.ifr_name[1] = 'o';
    request.ifr_flags = IFF_UP | IFF_RUNNING;
    int result = ioctl(fd, SIOCSIFFLAGS, &request);
    int error = errno;
    close(fd);
    errno = error;
    return result < 0 ? -1 : 0;
}

// The number of a call's argument lies in the low half, which comes first on both architectures.
#define ARGUMENT(n) (uint32_t)(offsetof(struct seccomp_data, args) + 8 * (n))
#define LOAD(offset) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset)
#define DENY BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM)
#define ALLOW BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
// Denies a call by its number.
#define DENY_CALL(number) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1), DENY

// No socket but those of the families of the internet, and these only in a network of its own; none of files, because
// one may lead to a service that does more than this process may. `socketpair` leads nowhere else.
IN_PARENTS_MEMORY
static int isolate_calls(int has_own_network) {
#ifndef OWN_ARCHITECTURE
    errno = ENOSYS;
    return -1;
#else
    uint32_t internet = has_own_network ? SECCOMP_RET_ALLOW : SECCOMP_RET_ERRNO | EPERM;
    struct sock_filter filter[] = {
        LOAD((uint32_t)offsetof(struct seccomp_data, arch)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, OWN_ARCHITECTURE, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
        LOAD((uint32_t)offsetof(struct seccomp_data, nr)),
#if defined(__x86_64__)
        // The calls of the x32 interface have other numbers.
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1),
        DENY,
#endif
        DENY_CALL(SYS_ptrace),
        DENY_CALL(SYS_process_vm_readv),
        DENY_CALL(SYS_process_vm_writev),
        DENY_CALL(SYS_pidfd_getfd),
        DENY_CALL(SYS_mount),
        DENY_CALL(SYS_umount2),
        DENY_CALL(SYS_pivot_root),
        DENY_CALL(SYS_setns),
        DENY_CALL(SYS_unshare),
        DENY_CALL(SYS_bpf),
        DENY_CALL(SYS_perf_event_open),
        DENY_CALL(SYS_userfaultfd),
        DENY_CALL(SYS_keyctl),
        DENY_CALL(SYS_add_key),
        DENY_CALL(SYS_request_key),
        // It makes calls that no filter sees.
        DENY_CALL(SYS_io_uring_setup),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 1, 0),
        ALLOW,
        LOAD(ARGUMENT(0)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_INET, 1, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_INET6, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, internet),
        DENY,
    };
    struct sock_fprog program = {
        .len = (unsigned short)(sizeof filter / sizeof filter[0]),
        .filter = filter,
    };
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0);
#endif
}

IN_PARENTS_MEMORY
int flow_isolate(const struct flow_isolation *isolation) {
    // The network first: it writes to /proc, which the rules for files do not allow, and makes a socket.
    if (isolation->parts & FLOW_ISOLATES_NETWORK && isolate_network() < 0) return -1;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) return -1;
    if (isolation->parts & FLOW_ISOLATES_FILES && isolate_files(isolation) < 0) return -1;
    if (isolation->parts & FLOW_ISOLATES_CALLS
        && isolate_calls(isolation->parts & FLOW_ISOLATES_NETWORK) < 0) return -1;
    return 0;
}

// Tries a part in a child, so that nothing of it stays here.
static int offers(int part) {
    struct flow_isolation isolation = {.parts = part};
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid_t pid = vfork();
    if (pid == 0) {
        int result = flow_isolate(&isolation);
        syscall(SYS_exit_group, result == 0 ? 0 : 1);
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (pid < 0) return 0;
    int status = 0;
    while (waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR) return 0;
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? part : 0;
}

int flow_isolation_offered(void) {
    // Two threads may find it out at once; they find the same.
    static _Atomic int known = -1;
    int parts = atomic_load_explicit(&known, memory_order_relaxed);
    if (parts < 0) {
        parts = offers(FLOW_ISOLATES_FILES) | offers(FLOW_ISOLATES_NETWORK) | offers(FLOW_ISOLATES_CALLS);
        atomic_store_explicit(&known, parts, memory_order_relaxed);
    }
    return parts;
}
