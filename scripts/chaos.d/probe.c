// SPDX-License-Identifier: Apache-2.0
// What the nodes of the kill tests run: programs that tell a ledger when they start and end, and programs that
// do all they can to outlive their engine.
//
//   probe TOKEN MODE [MILLISECONDS]
//
// TOKEN stands in the command line of everything that is started here, so that it is found whatever becomes of the
// environment. The ledger is the file $CHAOS_LEDGER; each line is in it for good (fdatasync) before anything else
// happens.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char *program, *token;

static const char *variable(const char *name) {
    const char *value = getenv(name);
    return value ? value : "-";
}

static void tell(const char *what) {
    char line[1024];
    int length = snprintf(
        line, sizeof line, "%s\t%s\t%s\t%s\t%s\t%d\n", what, variable("FLOW_RUN_ID"), variable("FLOW_NODE"),
        variable("FLOW_ATTEMPT"), variable("FLOW_IDEMPOTENCY_KEY"), getpid());
    int file = open(variable("CHAOS_LEDGER"), O_WRONLY | O_APPEND | O_CLOEXEC);
    if (file < 0 || write(file, line, (size_t)length) != length || fdatasync(file) < 0) {
        perror("ledger");
        exit(99);
    }
    close(file);
}

static void pause_for(long milliseconds) {
    struct timespec time = {milliseconds / 1000, milliseconds % 1000 * 1000000};
    while (nanosleep(&time, &time) < 0 && errno == EINTR) {}
}

static void sleep_for_ever(void) {
    for (;;) pause();
}

static void put(const char *name, long value) {
    FILE *file = fopen(variable("FLOW_OUTPUT"), "a");
    if (!file || fprintf(file, "%s=%ld\n", name, value) < 0 || fclose(file) != 0) exit(98);
}

// Becomes the program anew, in a mode that only exists here, with or without environment.
static void become(const char *mode, int keeps_environment) {
    char *arguments[] = {(char *)program, (char *)token, (char *)mode, NULL};
    char *nothing[] = {NULL};
    if (keeps_environment) execv(program, arguments);
    else execve(program, arguments, nothing);
    _exit(97);
}

// A process that has nothing in common with this one any more but its user.
static void daemonise(const char *mode, int keeps_environment) {
    if (fork() == 0) {
        setsid();
        if (fork() == 0) {
            setsid();
            if (!keeps_environment) for (int file = 0; file < 256; file++) close(file);
            become(mode, keeps_environment);
        }
        _exit(0);
    }
    int status;
    wait(&status);
}

static void ignore_all(void) {
    for (int number = 1; number < 65; number++) signal(number, SIG_IGN);
}

// Moves on to a new process every few milliseconds.
static void hop(int leaves_session) {
    for (;;) {
        pid_t child = fork();
        if (child > 0) _exit(0);
        if (child == 0 && leaves_session) setsid();
        pause_for(2);
    }
}

static void write_all(const char *bytes, size_t count) {
    while (count > 0) {
        ssize_t written = write(1, bytes, count);
        if (written < 0) _exit(96);
        bytes += written;
        count -= (size_t)written;
    }
}

static char block[1 << 20];

static void run(const char *mode, long time) {
    // What the modes of nodes turn into.
    if (!strcmp(mode, "sleeper")) { ignore_all(); sleep_for_ever(); }
    if (!strcmp(mode, "hopper")) hop(1);
    if (!strcmp(mode, "stopped")) { ignore_all(); for (;;) raise(SIGSTOP); }

    tell("start");
    if (!strcmp(mode, "work") || !strcmp(mode, "forks")) {
        if (!strcmp(mode, "forks")) daemonise("sleeper", time % 2 == 0);
        pause_for(time);
        long sum = 0;
        for (const char *c = variable("FLOW_NODE"); *c; c++) sum += *c;
        put("value", sum);
    } else if (!strcmp(mode, "count")) {
        pause_for(time);
        put("value", strtol(variable("FLOW_WITH_LAST"), NULL, 10) + 1);
    } else if (!strcmp(mode, "flaky")) {
        // The first two attempts of the node fail, however often each of them is begun.
        pause_for(time);
        size_t length = strlen(variable("FLOW_IDEMPOTENCY_KEY"));
        if (variable("FLOW_IDEMPOTENCY_KEY")[length - 1] < '3') {
            tell("fail");
            exit(75);
        }
        put("value", 3);
    }
    // Hostile ones. Those that end leave somebody behind; the others have to be ended.
    else if (!strcmp(mode, "twice")) { daemonise("sleeper", 1); sleep_for_ever(); }
    else if (!strcmp(mode, "naked")) { daemonise("sleeper", 0); sleep_for_ever(); }
    else if (!strcmp(mode, "naked_late")) { pause_for(time); daemonise("sleeper", 0); sleep_for_ever(); }
    else if (!strcmp(mode, "left")) daemonise("sleeper", 1);
    else if (!strcmp(mode, "left_naked")) daemonise("sleeper", 0);
    else if (!strcmp(mode, "stays_stopped")) { daemonise("stopped", 1); raise(SIGSTOP); sleep_for_ever(); }
    else if (!strcmp(mode, "deaf")) { ignore_all(); sleep_for_ever(); }
    else if (!strcmp(mode, "undying")) { prctl(PR_SET_PDEATHSIG, 0); ignore_all(); sleep_for_ever(); }
    else if (!strcmp(mode, "self")) become("sleeper", 0);
    else if (!strcmp(mode, "hops")) { daemonise("hopper", 1); sleep_for_ever(); }
    else if (!strcmp(mode, "hops_naked")) { daemonise("hopper", 0); sleep_for_ever(); }
    else if (!strcmp(mode, "many")) {
        for (int i = 0; i < 100; i++) if (fork() == 0) { setsid(); become("sleeper", i % 2); }
        sleep_for_ever();
    } else if (!strcmp(mode, "flood")) {
        memset(block, 'x', sizeof block);
        for (size_t i = 79; i < sizeof block; i += 80) block[i] = '\n';
        for (;;) write_all(block, sizeof block);
    } else if (!strcmp(mode, "line")) {
        memset(block, 'x', sizeof block);
        for (long i = 0; i < time; i++) write_all(block, sizeof block);
    } else if (!strcmp(mode, "bytes")) {
        for (size_t i = 0; i < sizeof block; i++) block[i] = (char)(i * 2654435761u >> 13);
        for (long i = 0; i < time; i++) write_all(block, sizeof block);
    } else if (!strcmp(mode, "silent")) {
        for (int file = 0; file < 3; file++) close(file);
        pause_for(time);
    } else if (!strcmp(mode, "holds")) {
        if (fork() == 0) { setsid(); become("sleeper", 1); }
    } else {
        exit(64);
    }
    tell("end");
}

int main(int count, char **arguments) {
    if (count < 3) return 64;
    program = "/proc/self/exe";
    char path[4096];
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
    if (length > 0) {
        path[length] = 0;
        program = path;
    }
    token = arguments[1];
    run(arguments[2], count > 3 ? strtol(arguments[3], NULL, 10) : 0);
    return 0;
}
