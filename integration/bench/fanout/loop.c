#include "loop.h"

#include <errno.h>
#include <sys/epoll.h>

#include "net.h"
#include "usage.h"

enum { EVENTS_PER_TURN = 512 };

double loop_idle_seconds;
static int epoll = -1;

void loop_open(void)
{
    epoll = epoll_create1(EPOLL_CLOEXEC);
    if (epoll < 0) die("epoll_create1");
}

void loop_add(Source *source)
{
    struct epoll_event interest = {.events = EPOLLIN, .data.ptr = source};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, source->fd, &interest)) die("epoll_ctl");
}

void loop_remove(Source *source)
{
    if (epoll_ctl(epoll, EPOLL_CTL_DEL, source->fd, NULL)) die("epoll_ctl");
}

int loop_turn(int wait_ms)
{
    static struct epoll_event events[EVENTS_PER_TURN];
    double cpu = wait_ms == 0 ? own_cpu_seconds() : 0;
    int count = epoll_wait(epoll, events, EVENTS_PER_TURN, wait_ms);
    if (count < 0 && errno != EINTR) die("epoll_wait");
    if (count == 0 && wait_ms == 0) loop_idle_seconds += own_cpu_seconds() - cpu;
    for (int i = 0; i < count; i++) {
        Source *source = events[i].data.ptr;
        source->ready(source);
    }
    return count;
}

void loop_until_quiet(int ms)
{
    while (loop_turn(ms) != 0) continue;
}
