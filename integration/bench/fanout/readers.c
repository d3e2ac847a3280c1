#define _GNU_SOURCE
#include "readers.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "histogram.h"
#include "loop.h"
#include "net.h"
#include "options.h"

enum { HEAD_BYTES_MAX = 1 << 16, READ_BYTES = 1 << 18 };

typedef struct {
    Source source;
    unsigned digits_left;  // of a stamp that the end of a read has cut
    uint64_t stamp;
    uint64_t count, sum, order;
} Reader;

Received received;
static Reader *readers;

enum { NO_DIGIT = 16 };

static unsigned digit(char c)
{
    if (c >= '0' && c <= '9') return (unsigned)(c - '0');
    return c >= 'a' && c <= 'f' ? (unsigned)(c - 'a' + 10) : NO_DIGIT;
}

// Stamps are unique, so count and sum tell which messages came, and a hash of their sequence tells in which order.
static void deliver(Reader *reader, uint64_t now)
{
    reader->count++;
    reader->sum += reader->stamp;
    reader->order = reader->order * 0x9E3779B97F4A7C15u + reader->stamp;
    received.deliveries++;
    histogram_add(now > reader->stamp ? now - reader->stamp : 0);
}

// Returns where to go on. A '~' without 16 digits behind it is none of ours: the length byte of a frame may be one.
static const char *take_digits(Reader *reader, const char *from, const char *end, uint64_t now)
{
    uint64_t stamp = reader->stamp;
    unsigned left = reader->digits_left;
    for (; left > 0 && from < end; left--, from++) {
        unsigned value = digit(*from);
        if (value == NO_DIGIT) {
            reader->digits_left = 0;
            return from;
        }
        stamp = stamp << 4 | value;
    }
    reader->stamp = stamp;
    reader->digits_left = left;
    if (left == 0) deliver(reader, now);
    return from;
}

static void feed(Reader *reader, const char *from, const char *end, uint64_t now)
{
    while (from < end) {
        if (reader->digits_left == 0) {
            from = memchr(from, '~', (size_t)(end - from));
            if (!from) return;
            from++;
            reader->stamp = 0;
            reader->digits_left = STAMP_DIGITS;
        }
        from = take_digits(reader, from, end, now);
    }
}

static void reader_ready(Source *source)
{
    static char buffer[READ_BYTES];
    ssize_t count = recv(source->fd, buffer, sizeof buffer, 0);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (count <= 0) {
        received.closed++;
        loop_remove(source);
        return;
    }
    received.reads++;
    received.bytes += (uint64_t)count;
    feed((Reader *)source, buffer, buffer + count, now_ns());
}

static void send_request(int fd)
{
    char request[4096];
    const char *wants = options.websocket
        ? "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
          "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        : "Accept: text/event-stream\r\n";
    int count = snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: %s:%d\r\n%s%s\r\n", options.path,
                         options.host, options.port, wants, options.reader_headers);
    if (count >= (int)sizeof request) die("the request's head is too long");
    send_all(fd, request, (size_t)count);
}

static void await_head(int fd)
{
    static char head[HEAD_BYTES_MAX];
    size_t length = 0;
    head[0] = 0;
    while (!strstr(head, "\r\n\r\n")) {
        ssize_t count = recv(fd, head + length, sizeof head - 1 - length, 0);
        if (count <= 0) die("a reader was refused: %.300s", head);
        length += (size_t)count;
        head[length] = 0;
    }
    if (strncmp(head, options.websocket ? "HTTP/1.1 101" : "HTTP/1.1 200", 12)) die("bad answer: %.300s", head);
}

// A text frame of at most 65,535 bytes, masked with zeros.
static void send_hello(int fd, const char *text)
{
    size_t length = strlen(text);
    bool is_short = length < 126;
    unsigned char head[8] = {0x81, (unsigned char)(0x80 | (is_short ? length : 126))};
    if (!is_short) head[2] = (unsigned char)(length >> 8), head[3] = (unsigned char)length;
    send_all(fd, (const char *)head, is_short ? 6 : 8);
    send_all(fd, text, length);
}

void readers_open(void)
{
    readers = calloc((size_t)options.readers, sizeof *readers);
    if (!readers) die("out of memory");
    for (int i = 0; i < options.readers; i++) {
        int fd = dial(options.port, i);
        send_request(fd);
        await_head(fd);
        if (options.hello) send_hello(fd, options.hello);
        set_nonblocking(fd);
        readers[i].source = (Source){.fd = fd, .ready = reader_ready};
        loop_add(&readers[i].source);
    }
}

void readers_forget(void)
{
    for (int i = 0; i < options.readers; i++) readers[i] = (Reader){.source = readers[i].source};
    received.deliveries = received.bytes = received.reads = 0;
}

Faults readers_check(uint64_t published, uint64_t stamp_sum)
{
    Faults faults = {0};
    for (const Reader *reader = readers; reader < readers + options.readers; reader++) {
        if (reader->count < published) faults.missing++;
        else if (reader->count > published) faults.doubled++;
        else if (reader->sum != stamp_sum) faults.different++;
        else if (reader->order != readers[0].order) faults.disordered++;
    }
    return faults;
}
