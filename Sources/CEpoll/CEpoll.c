#define _GNU_SOURCE
#include "CEpoll.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/uio.h>

int cepoll_create(void) { return epoll_create1(EPOLL_CLOEXEC); }

int cepoll_add(int epoll, int fd, uint64_t tag) {
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.u64 = tag};
    return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

int cepoll_add_eventfd(int epoll, int fd, uint64_t tag) {
    struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.u64 = tag};
    return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

int cepoll_wait(int epoll, cepoll_ready *ready, int timeout_ms) {
    struct epoll_event events[CEPOLL_BATCH];
    int count = epoll_wait(epoll, events, CEPOLL_BATCH, timeout_ms);
    if (count < 0) return errno == EINTR ? 0 : -1;
    for (int i = 0; i < count; i++) {
        ready[i].tag = events[i].data.u64;
        ready[i].readable = (events[i].events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP)) != 0;
        ready[i].writable = (events[i].events & EPOLLOUT) != 0;
        ready[i].failed = (events[i].events & EPOLLERR) != 0;
    }
    return count;
}

int cepoll_eventfd(void) { return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC); }

uint32_t cepoll_unacknowledged_ms(int fd) {
    struct tcp_info info;
    socklen_t length = sizeof info;
    memset(&info, 0, sizeof info);
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) != 0) return 0;
    return info.tcpi_unacked || info.tcpi_probes ? info.tcpi_last_ack_recv : 0;
}

ptrdiff_t cepoll_send(int fd, const cepoll_piece *pieces, int count) {
    if (count == 1) return send(fd, pieces[0].base, pieces[0].count, MSG_NOSIGNAL | MSG_DONTWAIT);
    struct iovec vectors[CEPOLL_PIECES];
    if (count > CEPOLL_PIECES) count = CEPOLL_PIECES;
    for (int i = 0; i < count; i++) {
        vectors[i].iov_base = (void *)pieces[i].base;
        vectors[i].iov_len = pieces[i].count;
    }
    struct msghdr message = {.msg_iov = vectors, .msg_iovlen = (size_t)count};
    return sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

int cepoll_processors(void) {
    cpu_set_t set;
    return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 0;
}

void cepoll_name_thread(const char *name) { pthread_setname_np(pthread_self(), name); }
