// One epoll for readers and publishers alike.
#pragma once

// First member of whatever waits for its socket; `ready` is called when there is something to read.
typedef struct Source {
    int fd;
    void (*ready)(struct Source *);
} Source;

void loop_open(void);
void loop_add(Source *source);
void loop_remove(Source *source);

// Serves what is ready; waits for it up to `wait_ms`, 0 looks only. Returns how many sources were ready.
int loop_turn(int wait_ms);

// Serves what comes until nothing has come for `ms`.
void loop_until_quiet(int ms);

// CPU seconds spent in looking without finding anything, since the program began.
extern double loop_idle_seconds;
