#define _GNU_SOURCE
#include "publishers.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "loop.h"
#include "net.h"
#include "options.h"
#include "sharing.h"

enum { HEAD_BYTES_MAX = 8192, ANSWER_BYTES_MAX = 8192 };

typedef struct Publisher {
    Source source;
    struct Publisher *next_free;
    size_t length;
    char answer[ANSWER_BYTES_MAX];
} Publisher;

Published published;
static Publisher *free_publishers, *last_free;  // in turn: a server may close what has long said nothing

static void put_back(Publisher *publisher)
{
    publisher->length = 0;
    publisher->next_free = NULL;
    if (free_publishers) last_free->next_free = publisher;
    else free_publishers = publisher;
    last_free = publisher;
}

static bool is_answered(const char *answer, size_t length)
{
    const char *end = strstr(answer, "\r\n\r\n");
    if (!end) return false;
    const char *field = strcasestr(answer, "\r\ncontent-length:");
    if (field && field < end) return length >= (size_t)(end + 4 - answer) + strtoul(field + 17, NULL, 10);
    return !strcasestr(answer, "\r\ntransfer-encoding: chunked") || strstr(end, "\r\n0\r\n\r\n");
}

static void publisher_ready(Source *source)
{
    Publisher *publisher = (Publisher *)source;
    size_t room = sizeof publisher->answer - 1 - publisher->length;
    ssize_t count = recv(source->fd, publisher->answer + publisher->length, room, 0);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (count <= 0) die("a publisher was cut off: %.300s", publisher->answer);
    publisher->length += (size_t)count;
    publisher->answer[publisher->length] = 0;
    if (!is_answered(publisher->answer, publisher->length)) return;
    if (strncmp(publisher->answer, "HTTP/1.1 2", 10) && !published.refused++)
        fprintf(stderr, "fanout: publish refused: %.300s\n", publisher->answer);
    put_back(publisher);
}

void publishers_open(void)
{
    Publisher *publishers = calloc((size_t)options.publishers, sizeof *publishers);
    if (!publishers) die("out of memory");
    for (int i = 0; i < options.publishers; i++) {
        publishers[i].source = (Source){.fd = dial(options.publish_port, i), .ready = publisher_ready};
        set_nonblocking(publishers[i].source.fd);
        loop_add(&publishers[i].source);
        put_back(&publishers[i]);
    }
}

bool publishers_free(void) { return free_publishers != NULL; }

static size_t write_head(char *request, int channel)
{
    char path[HEAD_BYTES_MAX], prefix[HEAD_BYTES_MAX];
    numbered(path, sizeof path, options.publish_path, channel);
    numbered(prefix, sizeof prefix, options.prefix, channel);
    size_t body = strlen(prefix) + (size_t)options.size + strlen(options.suffix);
    int count = snprintf(request, HEAD_BYTES_MAX, "POST %s HTTP/1.1\r\nHost: %s:%d\r\nContent-Length: %zu\r\n%s\r\n%s",
                         path, options.host, options.publish_port, body, options.publish_headers, prefix);
    if (count >= HEAD_BYTES_MAX) die("the head of a publication is too long");
    return (size_t)count;
}

void publish(void)
{
    static char request[HEAD_BYTES_MAX + BODY_BYTES_MAX + HEAD_BYTES_MAX];
    Publisher *publisher = free_publishers;
    free_publishers = publisher->next_free;
    int channel = (int)(published.messages % (uint64_t)options.channels);
    size_t length = write_head(request, channel), padding = (size_t)options.size - STAMP_BYTES;
    uint64_t stamp = now_ns();
    length += (size_t)sprintf(request + length, "~%016llx", (unsigned long long)stamp);
    memset(request + length, 'x', padding);
    length += padding;
    length += (size_t)snprintf(request + length, HEAD_BYTES_MAX, "%s", options.suffix);
    send_all(publisher->source.fd, request, length);
    published.messages++;
    sharing_add(channel, stamp);
    published.wanted += (uint64_t)sharing_fast_readers(channel);
}
