// SPDX-License-Identifier: Apache-2.0
#ifndef FLOW_PROCESS_H
#define FLOW_PROCESS_H

#include <stdint.h>

#include "flow_isolation.h"

// Where the start of a child failed.
#define FLOW_STEP_FORK 1
#define FLOW_STEP_SESSION 2
#define FLOW_STEP_DEATH_SIGNAL 3
#define FLOW_STEP_STDIO 4
#define FLOW_STEP_DIRECTORY 5
#define FLOW_STEP_LIMIT 6
#define FLOW_STEP_EXEC 7
#define FLOW_STEP_PIDFD 8
#define FLOW_STEP_ISOLATION 9

// Indices of `flow_spawn.limits`.
#define FLOW_LIMIT_ADDRESS_SPACE 0
#define FLOW_LIMIT_CPU_SECONDS 1
#define FLOW_LIMIT_FILE_SIZE 2
#define FLOW_LIMIT_OPEN_FILES 3
#define FLOW_LIMIT_PROCESSES 4
#define FLOW_LIMIT_CORE_SIZE 5
#define FLOW_LIMIT_COUNT 6
#define FLOW_LIMIT_UNSET INT64_C(-1)

struct flow_spawn {
    char *const *programs;    // paths to try in this order, NULL at the end
    char *const *arguments;   // with argv[0], NULL at the end
    char *const *environment; // NULL at the end
    const char *directory;    // NULL: stay where we are
    int stdio[3];
    int dies_with_parent; // SIGKILL when the calling *thread* ends
    int64_t limits[FLOW_LIMIT_COUNT];
    uint64_t brand; // see flow_brand; 0: none
    const struct flow_isolation *isolation; // NULL: none

    // Answers.
    int pid;
    int pidfd;
    int failed_step;
    int error;
};

/// Starts a program in its own session and process group. Returns 0, or errno with `failed_step` set.
int flow_spawn(struct flow_spawn *request);

/// The brand of a process, which it has from the ancestor that was started with one; 0 if there is none, or if the
/// process is gone or another user's. It is the soft limit for the time of real-time programs: inherited by all
/// descendants whatever they do to their session, streams and environment, and far too large ever to be reached.
uint64_t flow_brand(int pid);

/// How a child ended and what it used.
struct flow_exit {
    int exited; // 1: `code` is the exit code; 0: `code` is the signal
    int code;
    int core_dumped;
    int64_t user_microseconds;
    int64_t system_microseconds;
    int64_t max_resident_bytes;
};

/// Reaps `pid` if it has ended. Returns 1 (reaped), 0 (still there), or -errno.
int flow_reap(int pid, struct flow_exit *ending);

int flow_pidfd_open(int pid);
int flow_pidfd_signal(int pidfd, int signal);

/// Orphans among our descendants become our children, so that they can be found and reaped.
int flow_become_subreaper(void);

/// Blocks every signal in the calling thread: its handlers run elsewhere, a write to a closed pipe is EPIPE.
void flow_block_signals(void);

/// Ignores what a terminal or an operator sends to stop a program.
void flow_ignore_stop_signals(void);

/// The system's sentence for an error number, in English; NULL if there is none.
const char *flow_error_text(int code);

/// Writes the ids of all processes into `pids`. Returns how many there are (may be more than `capacity`), or -errno.
int flow_list_processes(int32_t *pids, int capacity);

#endif
