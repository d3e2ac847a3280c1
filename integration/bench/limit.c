// limit: the least that a fan-out can cost. One thread, one epoll, and one send for each reader and message; it keeps
// no log, checks nothing, and takes for granted that a request arrives whole, as the generator sends it.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { READERS_MAX = 20000, BACKLOG = 4096, EVENTS_PER_TURN = 512, REQUEST_BYTES_MAX = 1 << 17 };

static const char accepted[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
static const char event_stream[] = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";
static const char upgraded[] =
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

static int epoll, readers[READERS_MAX], reader_count;
static bool speaks_websocket;  // as its last reader does: one run has readers of one kind

static void require(bool ok, const char *what)
{
    if (ok) return;
    perror(what);
    exit(1);
}

static void watch(int fd)
{
    struct epoll_event interest = {.events = EPOLLIN, .data.fd = fd};
    require(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &interest) == 0, "limit: epoll_ctl");
}

static int listen_on(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    require(bind(fd, (struct sockaddr *)&address, sizeof address) == 0, "limit: bind");
    require(listen(fd, BACKLOG) == 0, "limit: listen");
    return fd;
}

static void accept_from(int listener)
{
    int on = 1, fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
    if (fd < 0) return;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    watch(fd);
}

static void forget(int fd)
{
    for (int i = 0; i < reader_count; i++)
        if (readers[i] == fd) readers[i--] = readers[--reader_count];
    close(fd);
}

static size_t write_frame(char *frame, const char *body, size_t length)
{
    if (!speaks_websocket) return (size_t)sprintf(frame, "data: %.*s\n\n", (int)length, body);
    bool is_short = length < 126;
    frame[0] = (char)0x81;
    frame[1] = (char)(is_short ? length : 126);
    if (!is_short) frame[2] = (char)(length >> 8), frame[3] = (char)length;
    size_t head = is_short ? 2 : 4;
    memcpy(frame + head, body, length);
    return head + length;
}

static void fan_out(const char *body, size_t body_length)
{
    static char frame[REQUEST_BYTES_MAX + 16];
    size_t length = write_frame(frame, body, body_length);
    for (int i = 0; i < reader_count; i++)
        require(send(readers[i], frame, length, MSG_NOSIGNAL) == (ssize_t)length, "limit: a reader is too slow");
}

static void add_reader(int fd, bool websocket)
{
    require(reader_count < READERS_MAX, "limit: too many readers");
    speaks_websocket = websocket;
    readers[reader_count++] = fd;
}

static void answer(int fd, const char *request, size_t length)
{
    const char *end = strstr(request, "\r\n\r\n"), *text = accepted;
    if (!end) return;
    if (!strncmp(request, "POST", 4)) {
        fan_out(end + 4, length - (size_t)(end + 4 - request));
    } else {
        bool websocket = strstr(request, "Upgrade: websocket") != NULL;
        text = websocket ? upgraded : event_stream;
        add_reader(fd, websocket);
    }
    send(fd, text, strlen(text), MSG_NOSIGNAL);
}

static void serve(int fd)
{
    static char request[REQUEST_BYTES_MAX];
    ssize_t length = recv(fd, request, sizeof request - 1, 0);
    if (length <= 0) {
        forget(fd);
        return;
    }
    request[length] = 0;
    answer(fd, request, (size_t)length);
}

int main(int argc, char **argv)
{
    require(argc == 2, "usage: limit PORT");
    static struct epoll_event events[EVENTS_PER_TURN];
    int listener = listen_on(atoi(argv[1]));
    epoll = epoll_create1(0);
    watch(listener);
    for (;;) {
        int count = epoll_wait(epoll, events, EVENTS_PER_TURN, -1);
        for (int i = 0; i < count; i++)
            if (events[i].data.fd == listener) accept_from(listener);
            else serve(events[i].data.fd);
    }
}
