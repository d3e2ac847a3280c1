#define _GNU_SOURCE
#include "usage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "options.h"

static double clock_seconds(clockid_t clock)
{
    struct timespec t;
    return clock_gettime(clock, &t) ? 0 : (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double cpu_seconds_of(int pid)
{
    clockid_t clock;
    return clock_getcpuclockid(pid, &clock) ? 0 : clock_seconds(clock);
}

// File pages count whole: their proportional share jumps whenever another process of the same binary starts or ends.
static double memory_kb_of(int pid)
{
    char path[64], line[256];
    long rss = 0, anonymous = 0, pss_anonymous = 0;
    snprintf(path, sizeof path, "/proc/%d/smaps_rollup", pid);
    FILE *file = fopen(path, "r");
    if (!file) return 0;
    while (fgets(line, sizeof line, file)) {
        sscanf(line, "Rss: %ld", &rss);
        sscanf(line, "Anonymous: %ld", &anonymous);
        sscanf(line, "Pss_Anon: %ld", &pss_anonymous);
    }
    fclose(file);
    return (double)(rss - anonymous + pss_anonymous);
}

static double sum_over_server(double (*of)(int pid))
{
    double sum = 0;
    for (const char *rest = options.pids; rest && *rest; rest = strchr(rest, ',')) {
        if (*rest == ',') rest++;
        sum += of(atoi(rest));
    }
    return sum;
}

double server_cpu_seconds(void) { return sum_over_server(cpu_seconds_of); }
double server_memory_kb(void) { return sum_over_server(memory_kb_of); }
double own_cpu_seconds(void) { return clock_seconds(CLOCK_PROCESS_CPUTIME_ID); }
