#define _GNU_SOURCE
#include "readers.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "histogram.h"
#include "loop.h"
#include "net.h"
#include "options.h"
#include "sharing.h"
#include "stamps.h"

enum { HEAD_BYTES_MAX = 1 << 16, READ_BYTES = 1 << 18, PATH_BYTES_MAX = 1 << 13 };
enum { SLOW_EVERY_NS = 100000000, SLOW_BYTES = 512 };  // 5 KB a second

typedef struct {
    Source source;
    Stamps stamps;
    uint64_t count, sum, order;
} Reader;

Received received;
static Reader *readers;

static bool is_slow(const Reader *reader) { return reader - readers < options.slow; }

// Stamps are unique, so count and sum tell which messages came, and a hash of their sequence tells in which order.
static void deliver(Reader *reader, uint64_t now)
{
    uint64_t stamp = reader->stamps.stamp;
    reader->count++;
    reader->sum += stamp;
    reader->order = reader->order * 0x9E3779B97F4A7C15u + stamp;
    if (is_slow(reader)) {
        received.slow_deliveries++;
        return;
    }
    received.deliveries++;
    histogram_add(now > stamp ? now - stamp : 0);
}

static void feed(Reader *reader, const char *from, const char *end, uint64_t now)
{
    while ((from = stamps_next(&reader->stamps, from, end))) deliver(reader, now);
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
    received.last_ns = now_ns();
    feed((Reader *)source, buffer, buffer + count, received.last_ns);
}

static void send_request(const Reader *reader)
{
    char path[PATH_BYTES_MAX], request[2 * PATH_BYTES_MAX];
    path_of_reader(path, sizeof path, (int)(reader - readers));
    const char *wants = options.websocket
        ? "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
          "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        : "Accept: text/event-stream\r\n";
    int count = snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: %s:%d\r\n%s%s\r\n", path, options.host,
                         options.port, wants, options.reader_headers);
    if (count >= (int)sizeof request) die("the request's head is too long");
    send_all(reader->source.fd, request, (size_t)count);
}

// What came right behind the head is the stream's.
static void await_head(Reader *reader)
{
    static char head[HEAD_BYTES_MAX];
    size_t length = 0;
    char *end = NULL;
    for (head[0] = 0; !(end = strstr(head, "\r\n\r\n")); head[length] = 0) {
        ssize_t count = recv(reader->source.fd, head + length, sizeof head - 1 - length, 0);
        if (count <= 0) die("a reader was refused: %.300s", head);
        length += (size_t)count;
    }
    if (strncmp(head, options.websocket ? "HTTP/1.1 101" : "HTTP/1.1 200", 12)) die("bad answer: %.300s", head);
    received.last_ns = now_ns();
    feed(reader, end + 4, head + length, received.last_ns);
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

static void start(Reader *reader)
{
    await_head(reader);
    if (options.hello) send_hello(reader->source.fd, options.hello);
    set_nonblocking(reader->source.fd);
    if (!is_slow(reader)) loop_add(&reader->source);
}

static void open_from(int first, int end)
{
    for (int i = first; i < end; i++) {
        int fd = is_slow(&readers[i]) ? dial_narrow(options.port, i) : dial(options.port, i);
        readers[i].source = (Source){.fd = fd, .ready = reader_ready};
    }
    for (int i = first; i < end; i++) send_request(&readers[i]);
    for (int i = first; i < end; i++) start(&readers[i]);
}

void readers_open(void)
{
    readers = calloc((size_t)options.readers, sizeof *readers);
    if (!readers) die("out of memory");
    for (int first = 0; first < options.readers; first += options.opening) {
        int end = first + options.opening;
        open_from(first, end < options.readers ? end : options.readers);
    }
}

void readers_forget(void)
{
    for (int i = 0; i < options.readers; i++) readers[i] = (Reader){.source = readers[i].source};
    received = (Received){.closed = received.closed, .slow_closed = received.slow_closed};
    histogram_clear();
}

// Returns whether there was something to read.
static bool read_slow(Reader *reader, size_t most)
{
    static char buffer[READ_BYTES];
    ssize_t count = reader->source.fd < 0 ? -1 : recv(reader->source.fd, buffer, most, 0);
    if (count == 0 || (count < 0 && errno == ECONNRESET)) {
        received.slow_closed++;
        close(reader->source.fd);
        reader->source.fd = -1;
    }
    if (count <= 0) return false;
    feed(reader, buffer, buffer + count, now_ns());
    return true;
}

void readers_read_slowly(void)
{
    static uint64_t next_ns;
    uint64_t now = now_ns();
    if (now < next_ns) return;
    next_ns = now + SLOW_EVERY_NS;
    for (int i = 0; i < options.slow; i++) read_slow(&readers[i], SLOW_BYTES);
}

bool readers_catch_up(void)
{
    bool any = false;
    for (int i = 0; i < options.slow; i++) {
        if (readers[i].source.fd >= 0) set_wide(readers[i].source.fd);
        any |= read_slow(&readers[i], READ_BYTES);
    }
    return any;
}

static uint64_t *fault_of(int reader, Faults *faults)
{
    const Reader *this = &readers[reader];
    Share share = sharing_of_reader(reader);
    if (this->count < share.messages) return &faults->missing;
    if (this->count > share.messages) return &faults->doubled;
    if (this->sum != share.stamp_sum) return &faults->different;
    return this->order != readers[sharing_last_alike(reader)].order ? &faults->disordered : NULL;
}

Faults readers_check(void)
{
    Faults faults = {0};
    for (int i = 0; i < options.readers; i++) {
        uint64_t *fault = fault_of(i, &faults);
        if (fault) ++*(is_slow(&readers[i]) ? &faults.slow : fault);
    }
    return faults;
}
