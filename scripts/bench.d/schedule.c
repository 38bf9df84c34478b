// SPDX-License-Identifier: Apache-2.0
// The least that running a graph takes here: `schedule SLOTS FILE` starts `sleep` for each node, the most urgent first,
// and keeps nothing. A line of FILE is a node: seconds, urgency, the number of its needs, its followers, -1. Prints
// seconds.
#define _GNU_SOURCE
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>

extern char **environ;

enum { most = 100000 };
struct node {
    char seconds[32];
    double urgency;
    int needs, count, *followers;
    pid_t pid;
};
static struct node nodes[most];
static int ready[most], running[1024];

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec * 1e-9;
}

int main(int words, char **word) {
    FILE *file = words == 3 ? fopen(word[2], "r") : NULL;
    int slots = words == 3 ? atoi(word[1]) : 0, count = 0, waiting = 0, busy = 0, ended = 0;
    if (!file || slots < 1 || slots > 1024) return 2;
    while (count < most) {
        struct node *node = &nodes[count];
        if (fscanf(file, "%31s %lf %d", node->seconds, &node->urgency, &node->needs) != 3) break;
        for (int other; fscanf(file, "%d", &other) == 1 && other >= 0;) {
            node->followers = realloc(node->followers, (node->count + 1) * sizeof(int));
            if (!node->followers || other >= most) return 1;
            node->followers[node->count++] = other;
        }
        if (node->needs == 0) ready[waiting++] = count;
        count++;
    }
    double start = now();
    while (ended < count) {
        while (waiting && busy < slots) {
            int best = 0;
            for (int i = 1; i < waiting; i++) {
                double more = nodes[ready[i]].urgency - nodes[ready[best]].urgency;
                if (more > 0 || (more == 0 && ready[i] < ready[best])) best = i;
            }
            struct node *node = &nodes[ready[best]];
            char *child[] = {"sleep", node->seconds, NULL};
            if (posix_spawn(&node->pid, "/bin/sleep", NULL, NULL, child, environ)) return 1;
            running[busy++] = ready[best];
            ready[best] = ready[--waiting];
        }
        pid_t pid = wait(NULL);
        if (pid < 0) return 1;
        for (int i = 0; i < busy; i++) {
            struct node *node = &nodes[running[i]];
            if (node->pid != pid) continue;
            running[i] = running[--busy];
            ended++;
            for (int j = 0; j < node->count; j++) {
                if (--nodes[node->followers[j]].needs == 0) ready[waiting++] = node->followers[j];
            }
            break;
        }
    }
    printf("%.6f\n", now() - start);
    return 0;
}
