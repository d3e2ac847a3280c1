#pragma once
// What Swift's Glibc module does not give in usable form: <sys/eventfd.h> is not in it, EPOLLET and its
// neighbours arrive as distinct enum types, and struct tcp_info differs between the libc's and the kernel's header.
#include <stddef.h>
#include <stdint.h>

/// What a ready descriptor is ready for, and whose it is.
typedef struct {
    uint64_t tag;
    _Bool readable;
    _Bool writable;
    _Bool failed;
} cepoll_ready;

/// The most events that one `cepoll_wait` brings.
enum { CEPOLL_BATCH = 512 };

/// A new epoll instance; -1 and errno.
int cepoll_create(void);

/// Watches `fd`, edge-triggered, for reading, writing and the peer's end. 0, or -1 and errno.
int cepoll_add(int epoll, int fd, uint64_t tag);

/// Watches an eventfd, edge-triggered, for what is written to it, and not for the room that reading it makes: that would
/// wake the reader once more each time. 0, or -1 and errno.
int cepoll_add_eventfd(int epoll, int fd, uint64_t tag);

/// Waits up to `timeout_ms` (-1: for ever) and fills `ready`, which has room for CEPOLL_BATCH. Their number; an interruption is 0.
int cepoll_wait(int epoll, cepoll_ready *ready, int timeout_ms);

/// A new non-blocking eventfd; -1 and errno.
int cepoll_eventfd(void);

/// Milliseconds since the peer last acknowledged anything, if bytes wait for its acknowledgement; else 0.
uint32_t cepoll_unacknowledged_ms(int fd);

/// Writes up to 64 pieces in one system call, without SIGPIPE. Bytes taken, or -1 and errno.
typedef struct {
    const void *base;
    size_t count;
} cepoll_piece;
enum { CEPOLL_PIECES = 64 };
ptrdiff_t cepoll_send(int fd, const cepoll_piece *pieces, int count);

/// Processors that this process may run on: what taskset and containers' cpusets leave of the machine's. 0: not known.
int cepoll_processors(void);

/// Names the calling thread, for top, perf and debuggers; the first 15 bytes count.
void cepoll_name_thread(const char *name);
