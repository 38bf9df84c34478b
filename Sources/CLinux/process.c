// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "flow_process.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
// The sanitizer of threads makes a fork of vfork, so that the child could not tell why it did not start. This is the
// same function under its other name, which the sanitizer does not know.
pid_t __vfork(void) __attribute__((returns_twice));
#define vfork __vfork
#endif
// What the child does in the parent's memory is not the sanitizer's business: it would count calls that never return.
#define IN_PARENTS_MEMORY __attribute__((disable_sanitizer_instrumentation))
#else
#define IN_PARENTS_MEMORY
#endif

int flow_pidfd_open(int pid) {
    long fd = syscall(SYS_pidfd_open, pid, 0);
    return fd < 0 ? -errno : (int)fd;
}

int flow_pidfd_signal(int pidfd, int signal) {
    return syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0) < 0 ? -errno : 0;
}

int flow_become_subreaper(void) {
    return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0 ? -errno : 0;
}

void flow_block_signals(void) {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, NULL);
}

void flow_ignore_stop_signals(void) {
    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    signal(SIGQUIT, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
}

static const int limit_kinds[FLOW_LIMIT_COUNT] = {
    RLIMIT_AS, RLIMIT_CPU, RLIMIT_FSIZE, RLIMIT_NOFILE, RLIMIT_NPROC, RLIMIT_CORE,
};

static int set_limit(int index, int64_t wanted) {
    struct rlimit limit;
    if (getrlimit(limit_kinds[index], &limit) < 0) return -1;
    rlim_t value = (rlim_t)wanted;
    rlim_t hard = value;
    // "The kernel sends SIGXCPU at the soft limit, and SIGKILL at the hard limit": one second to say goodbye.
    if (index == FLOW_LIMIT_CPU_SECONDS) hard = value + 1;
    if (limit.rlim_max != RLIM_INFINITY && hard > limit.rlim_max) hard = limit.rlim_max;
    limit.rlim_cur = value < hard ? value : hard;
    limit.rlim_max = hard;
    return setrlimit(limit_kinds[index], &limit);
}

// The signals that the child has to set back: those that a library or whoever started us may have ignored. A handler
// needs nothing: execve sets it back, and until then all signals are blocked. Asking for all 64 in each child would
// take as many system calls as all the rest.
static uint64_t ignorable_signals(void) {
    static _Atomic uint64_t known = 0;
    uint64_t before = atomic_load_explicit(&known, memory_order_relaxed);
    if (before) return before;
    static const int usual[] = {
        SIGHUP, SIGINT, SIGQUIT, SIGPIPE, SIGALRM, SIGTERM, SIGUSR1, SIGUSR2, SIGCHLD, SIGTSTP, SIGTTIN, SIGTTOU,
    };
    uint64_t mask = 0;
    for (unsigned i = 0; i < sizeof usual / sizeof usual[0]; i++) mask |= 1ULL << (usual[i] - 1);
    for (int signal = 1; signal <= 64; signal++) {
        // The layout of the kernel: handler, flags, restorer, mask.
        unsigned long action[8] = {0};
        if (syscall(SYS_rt_sigaction, signal, NULL, action, 8UL) == 0 && action[0] == (unsigned long)SIG_IGN) {
            mask |= 1ULL << (signal - 1);
        }
    }
    atomic_store_explicit(&known, mask, memory_order_relaxed);
    return mask;
}

uint64_t flow_brand(int pid) {
    struct rlimit limit;
    if (prlimit(pid, RLIMIT_RTTIME, NULL, &limit) < 0 || limit.rlim_cur == RLIM_INFINITY) return 0;
    return limit.rlim_cur;
}

// The hard limit stays, so that an engine among the descendants can set a brand of its own. A process that lives under
// a low hard limit goes without.
static void set_brand(uint64_t brand) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_RTTIME, &limit) < 0) return;
    if (limit.rlim_max != RLIM_INFINITY && brand > limit.rlim_max) return;
    limit.rlim_cur = brand == 0 ? limit.rlim_max : brand;
    setrlimit(RLIMIT_RTTIME, &limit);
}

// Runs in the child, in the memory of the parent, which waits. Only async-signal-safe calls, no allocation, no locks.
// Returns the failed step; errno says why.
IN_PARENTS_MEMORY
static int become_program(const struct flow_spawn *request, pid_t parent, uint64_t ignorable) {
    // All signals are blocked here. Handlers of the parent must not run in its memory in another process; what the
    // parent ignores, the program must not inherit as ignored.
    // The C library hides its own two signals, so the kernel is asked itself; all zeros means SIG_DFL.
    unsigned long standard[8] = {0};
    for (int signal = 1; signal <= 64; signal++) {
        if (ignorable >> (signal - 1) & 1) syscall(SYS_rt_sigaction, signal, standard, NULL, 8UL);
    }

    if (setsid() < 0) return FLOW_STEP_SESSION;
    if (request->dies_with_parent) {
        if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0) return FLOW_STEP_DEATH_SIGNAL;
        // The parent may have died before the line above.
        if (getppid() != parent) _exit(127);
    }

    int stdio[3];
    for (int i = 0; i < 3; i++) {
        stdio[i] = request->stdio[i];
        if (stdio[i] <= 2) stdio[i] = fcntl(stdio[i], F_DUPFD_CLOEXEC, 3);
        if (stdio[i] < 0) return FLOW_STEP_STDIO;
    }
    for (int i = 0; i < 3; i++) {
        if (dup2(stdio[i], i) < 0) return FLOW_STEP_STDIO;
    }
    // Everything we open ourselves closes on exec; this catches what libraries opened without it.
    syscall(SYS_close_range, 3U, ~0U, 0U);

    if (request->directory && chdir(request->directory) < 0) return FLOW_STEP_DIRECTORY;
    for (int i = 0; i < FLOW_LIMIT_COUNT; i++) {
        if (request->limits[i] != FLOW_LIMIT_UNSET && set_limit(i, request->limits[i]) < 0) return FLOW_STEP_LIMIT;
    }

    set_brand(request->brand);
    // The last step: what comes before may do what the program may not.
    if (request->isolation && flow_isolate(request->isolation) < 0) return FLOW_STEP_ISOLATION;

    sigset_t none;
    sigemptyset(&none);
    pthread_sigmask(SIG_SETMASK, &none, NULL);

    int error = ENOENT;
    for (char *const *program = request->programs; *program; program++) {
        execve(*program, request->arguments, request->environment);
        // As a shell does: a file we may not run is remembered, the search goes on.
        if (errno == EACCES) error = EACCES;
        if (errno != EACCES && errno != ENOENT && errno != ENOTDIR) {
            error = errno;
            break;
        }
    }
    errno = error;
    return FLOW_STEP_EXEC;
}

int flow_spawn(struct flow_spawn *request) {
    // Written by the child in our memory: vfork shares it and suspends us until exec or exit.
    volatile int failed_step = 0;
    volatile int error = 0;
    pid_t parent = getpid();
    uint64_t ignorable = ignorable_signals();

    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid_t pid = vfork();
    if (pid == 0) {
        failed_step = become_program(request, parent, ignorable);
        error = errno;
        // Not _exit: a sanitizer would give its last report there.
        syscall(SYS_exit_group, 127);
    }
    int fork_error = errno;
    pthread_sigmask(SIG_SETMASK, &before, NULL);

    request->pid = pid;
    request->pidfd = -1;
    if (pid < 0) {
        request->failed_step = FLOW_STEP_FORK;
        request->error = fork_error;
        return fork_error;
    }
    if (failed_step == 0) {
        // Nobody else reaps our child, so the number still means it.
        int pidfd = flow_pidfd_open(pid);
        if (pidfd >= 0) {
            request->pidfd = pidfd;
            request->failed_step = 0;
            request->error = 0;
            return 0;
        }
        failed_step = FLOW_STEP_PIDFD;
        error = -pidfd;
        kill(-pid, SIGKILL);
    }
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {}
    request->failed_step = failed_step;
    request->error = error;
    return error;
}

int flow_reap(int pid, struct flow_exit *ending) {
    int status = 0;
    struct rusage usage;
    pid_t reaped;
    do reaped = wait4(pid, &status, WNOHANG, &usage);
    while (reaped < 0 && errno == EINTR);
    if (reaped < 0) return -errno;
    if (reaped == 0) return 0;
    ending->exited = WIFEXITED(status) ? 1 : 0;
    ending->code = WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status);
    ending->core_dumped = WIFSIGNALED(status) && WCOREDUMP(status) ? 1 : 0;
    ending->user_microseconds = (int64_t)usage.ru_utime.tv_sec * 1000000 + usage.ru_utime.tv_usec;
    ending->system_microseconds = (int64_t)usage.ru_stime.tv_sec * 1000000 + usage.ru_stime.tv_usec;
    ending->max_resident_bytes = (int64_t)usage.ru_maxrss * 1024;
    return 1;
}

const char *flow_error_text(int code) {
    return strerrordesc_np(code);
}

int flow_list_processes(int32_t *pids, int capacity) {
    DIR *folder = opendir("/proc");
    if (!folder) return -errno;
    int count = 0;
    struct dirent *entry;
    while ((entry = readdir(folder))) {
        if (entry->d_name[0] < '1' || entry->d_name[0] > '9') continue;
        if (count < capacity) pids[count] = (int32_t)strtol(entry->d_name, NULL, 10);
        count++;
    }
    closedir(folder);
    return count;
}
