#define _GNU_SOURCE
#include "net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#include "options.h"

// Segments as on an Ethernet: with those of loopback, 64 KB, the sender's kernel takes megabytes for each connection.
enum { NARROW_BYTES = 4096, NARROW_SEGMENT = 1448, WIDE_BYTES = 1 << 22 };

uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

void die(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("fanout: ", stderr);
    vfprintf(stderr, format, arguments);
    fprintf(stderr, " (%m)\n");
    va_end(arguments);
    exit(1);
}

static void set(int fd, int level, int option)
{
    int on = 1;
    if (setsockopt(fd, level, option, &on, sizeof on)) die("socket option %d", option);
}

// Several addresses of 127.0.0.0/8 as sources give more connections than one address has ports.
static void bind_source(int fd, int index)
{
    struct sockaddr_in source = {.sin_family = AF_INET};
    source.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1 + (uint32_t)(index % options.sources));
    set(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT);
    if (bind(fd, (struct sockaddr *)&source, sizeof source)) die("bind");
}

// A close by reset leaves no port in TIME_WAIT, of which round after round would run out.
static void close_by_reset(int fd)
{
    struct linger reset = {.l_onoff = 1, .l_linger = 0};
    if (setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset)) die("linger");
}

static void set_receive_buffer(int fd, int bytes)
{
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes)) die("receive buffer");
}

static void make_narrow(int fd)
{
    int bytes = NARROW_SEGMENT;
    set_receive_buffer(fd, NARROW_BYTES);
    if (setsockopt(fd, IPPROTO_TCP, TCP_MAXSEG, &bytes, sizeof bytes)) die("segment size");
}

static int connected(int port, int index, bool narrow)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    if (inet_pton(AF_INET, options.host, &address.sin_addr) != 1) die("%s is no IPv4 address", options.host);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) die("socket %d", index);
    set(fd, IPPROTO_TCP, TCP_NODELAY);
    close_by_reset(fd);
    if (narrow) make_narrow(fd);
    if (options.sources > 1) bind_source(fd, index);
    if (connect(fd, (struct sockaddr *)&address, sizeof address)) die("connect %d", index);
    return fd;
}

int dial(int port, int index) { return connected(port, index, false); }
int dial_narrow(int port, int index) { return connected(port, index, true); }

static void wait_writable(int fd)
{
    struct pollfd writable = {.fd = fd, .events = POLLOUT};
    poll(&writable, 1, -1);
}

void send_all(int fd, const char *bytes, size_t count)
{
    while (count > 0) {
        ssize_t sent = send(fd, bytes, count, MSG_NOSIGNAL);
        if (sent < 0 && errno == EAGAIN) wait_writable(fd);
        else if (sent < 0 && errno != EINTR) die("send");
        if (sent < 0) continue;
        bytes += sent;
        count -= (size_t)sent;
    }
}

void set_wide(int fd) { set_receive_buffer(fd, WIDE_BYTES); }

void set_nonblocking(int fd)
{
    if (fcntl(fd, F_SETFL, O_NONBLOCK)) die("fcntl");
}
