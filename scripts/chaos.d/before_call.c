// SPDX-License-Identifier: Apache-2.0
// Runs a program and kills it (SIGKILL, all threads) before its N-th system call of some kinds.
//
//   before_call REPORT CALLS N PROGRAM [ARGUMENT ...]
//
// CALLS is a list such as fdatasync,pwrite64. The calls of all threads are counted together, those of children are
// neither counted nor touched. REPORT receives one line: `killed CALL WHERE`, or `through COUNT CODE`. Ends with 0 for
// the first and 1 for the second.
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct { const char *name; long number; int has_file; } calls[] = {
    {"write", SYS_write, 1},         {"pwrite64", SYS_pwrite64, 1},   {"pwritev", SYS_pwritev, 1},
    {"fsync", SYS_fsync, 1},         {"fdatasync", SYS_fdatasync, 1}, {"ftruncate", SYS_ftruncate, 1},
    {"rename", SYS_rename, 0},       {"renameat", SYS_renameat, 0},   {"renameat2", SYS_renameat2, 0},
    {"unlink", SYS_unlink, 0},       {"unlinkat", SYS_unlinkat, 0},   {"mkdir", SYS_mkdir, 0},
    {"mkdirat", SYS_mkdirat, 0},     {"rmdir", SYS_rmdir, 0},         {"link", SYS_link, 0},
    {"linkat", SYS_linkat, 0},       {"symlink", SYS_symlink, 0},     {"fallocate", SYS_fallocate, 1},
    {"clone", SYS_clone, 0},         {"clone3", SYS_clone3, 0},       {"fork", SYS_fork, 0},
    {"vfork", SYS_vfork, 0},         {"flock", SYS_flock, 1},         {"copy_file_range", SYS_copy_file_range, 0},
    {"pidfd_open", SYS_pidfd_open, 0}, {"wait4", SYS_wait4, 0},       {"openat", SYS_openat, 0},
    {"fchmod", SYS_fchmod, 1},       {"sendfile", SYS_sendfile, 1},
};
enum { call_count = sizeof calls / sizeof calls[0] };

static int chosen[call_count];

static void choose(const char *list) {
    char *copy = strdup(list), *rest = copy, *name;
    while ((name = strsep(&rest, ","))) {
        int found = 0;
        for (int i = 0; i < call_count; i++) if (!strcmp(calls[i].name, name)) chosen[i] = found = 1;
        if (!found) {
            fprintf(stderr, "before_call: unknown call %s\n", name);
            exit(64);
        }
    }
    free(copy);
}

static void report(const char *path, const char *text) {
    FILE *file = fopen(path, "w");
    if (!file || fprintf(file, "%s\n", text) < 0 || fclose(file) != 0) exit(74);
}

int main(int count, char **arguments) {
    if (count < 5) return 64;
    choose(arguments[2]);
    long wanted = strtol(arguments[3], NULL, 10), seen = 0;
    int gate[2];
    if (pipe(gate) < 0) return 71;
    pid_t leader = fork();
    if (leader == 0) {
        char byte;
        close(gate[1]);
        if (read(gate[0], &byte, 1) != 1) _exit(71);
        close(gate[0]);
        execv(arguments[4], arguments + 4);
        _exit(127);
    }
    close(gate[0]);
    // Threads are followed, children are not.
    long options = PTRACE_O_TRACECLONE | PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;
    if (ptrace(PTRACE_SEIZE, leader, 0, options) < 0 || ptrace(PTRACE_INTERRUPT, leader, 0, 0) < 0) {
        perror("ptrace");
        kill(leader, SIGKILL);
        return 71;
    }
    if (write(gate[1], "g", 1) != 1) return 71;
    close(gate[1]);

    int status, is_program = 0, was_killed = 0;
    char text[PATH_MAX + 64] = "";
    for (;;) {
        pid_t thread = waitpid(-1, &status, __WALL);
        if (thread < 0) {
            if (errno == EINTR) continue;
            break;
        }
        if (WIFEXITED(status) || WIFSIGNALED(status)) {
            if (thread != leader) continue;
            if (!was_killed)
                snprintf(text, sizeof text, "through %ld %d", seen,
                         WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status));
            break;
        }
        if (!WIFSTOPPED(status)) continue;
        int number = WSTOPSIG(status), event = status >> 16;
        int forwarded = 0;
        if (number == (SIGTRAP | 0x80)) {
            struct __ptrace_syscall_info info;
            long got = ptrace(PTRACE_GET_SYSCALL_INFO, thread, sizeof info, &info);
            if (is_program && !was_killed && got > 0 && info.op == PTRACE_SYSCALL_INFO_ENTRY) {
                for (int i = 0; i < call_count; i++) {
                    if (!chosen[i] || (long)info.entry.nr != calls[i].number) continue;
                    if (++seen != wanted) break;
                    char link[64], where[PATH_MAX] = "-";
                    if (calls[i].has_file) {
                        snprintf(link, sizeof link, "/proc/%d/fd/%lld", leader, (long long)info.entry.args[0]);
                        ssize_t length = readlink(link, where, sizeof where - 1);
                        if (length > 0) where[length] = 0;
                    }
                    snprintf(text, sizeof text, "killed %s %s", calls[i].name, where);
                    was_killed = 1;
                    kill(leader, SIGKILL);
                    break;
                }
            }
        } else if (event == PTRACE_EVENT_EXEC) {
            is_program = 1;
        } else if (event == 0 && number != SIGTRAP) {
            forwarded = number;
        }
        if (event == PTRACE_EVENT_STOP && (number == SIGSTOP || number == SIGTSTP)) {
            ptrace(PTRACE_LISTEN, thread, 0, 0);
            continue;
        }
        ptrace(PTRACE_SYSCALL, thread, 0, forwarded);
    }
    report(arguments[1], text);
    return was_killed ? 0 : 1;
}
