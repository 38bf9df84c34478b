// SPDX-License-Identifier: Apache-2.0
// What the machine can do at best: `spawn N [AT-ONCE] [PROGRAM WORD]` children, two at a time by default, `true` by
// default; `sync N [FILE]` appends of 4 KiB, each made durable. Prints seconds.
#define _GNU_SOURCE
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec * 1e-9;
}

int main(int count, char **words) {
    if (count < 3) return 2;
    int n = atoi(words[2]);
    double start = now();
    if (!strcmp(words[1], "spawn")) {
        int at_once = count > 3 ? atoi(words[3]) : 2;
        const char *program = count > 4 ? words[4] : "/bin/true";
        char *child[] = {count > 4 ? words[4] : "true", count > 5 ? words[5] : NULL, NULL};
        int started = 0;
        if (at_once < 1) return 2;
        for (int ended = 0; ended < n; ended++) {
            while (started < n && started - ended < at_once) {
                pid_t pid;
                if (posix_spawn(&pid, program, NULL, NULL, child, environ)) return 1;
                started++;
            }
            wait(NULL);
        }
    } else {
        static char block[4096];
        int file = open(count > 3 ? words[3] : "bench.sync", O_CREAT | O_WRONLY | O_TRUNC, 0600);
        if (file < 0) return 1;
        for (int i = 0; i < n; i++) {
            if (write(file, block, sizeof block) != sizeof block || fdatasync(file)) return 1;
        }
    }
    printf("%.6f\n", now() - start);
    return 0;
}
