#define _GNU_SOURCE
#include "connections.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "../fanout/histogram.h"
#include "../fanout/loop.h"
#include "../fanout/net.h"
#include "../fanout/options.h"

enum { ANSWER_BYTES_MAX = 1 << 20 };

typedef struct {
    Source source;
    char *requests;  // as many as go at once
    size_t request_bytes, length;
    int under_way;
    uint64_t sent;
    char answer[ANSWER_BYTES_MAX + 1];
} Connection;

Answered answered;
static Connection *connections;
static uint64_t messages_sent;

static void send_next(Connection *connection)
{
    if (messages_sent >= (uint64_t)options.messages) return;
    connection->under_way = options.depth;
    connection->sent = now_ns();
    messages_sent += (uint64_t)options.depth * (uint64_t)(options.lines ? options.lines : 1);
    send_all(connection->source.fd, connection->requests, connection->request_bytes);
}

// The end of the body of the first answer, of which the head ends at `body`; NULL if it has not come yet.
static char *end_of_answer(char *answer, char *body, char *end)
{
    char *field = strcasestr(answer, "\r\ncontent-length:");
    if (field && field < body) {
        char *last = body + strtoul(field + 17, NULL, 10);
        return last <= end ? last : NULL;
    }
    char *last = strstr(body - 2, "\r\n0\r\n\r\n");
    return last ? last + 7 : NULL;
}

static void count_answer(const char *answer, const char *end)
{
    uint64_t messages = 0, wanted = options.lines ? (uint64_t)options.lines : 1;
    for (const char *at = answer; (at = strstr(at, "\"offset\":")) && at < end; at++) messages++;
    bool is_right = !strncmp(answer, "HTTP/1.1 200", 12) && messages == wanted;
    if (!is_right && !answered.refused++) fprintf(stderr, "publish: refused: %.300s\n", answer);
    answered.requests++;
    answered.messages += messages;
}

// Takes the answers that are whole, and keeps the rest.
static void take_answers(Connection *connection)
{
    char *at = connection->answer, *end = at + connection->length, *head_end, *answer_end;
    *end = 0;
    while ((head_end = strstr(at, "\r\n\r\n")) && (answer_end = end_of_answer(at, head_end + 4, end))) {
        count_answer(at, answer_end);
        connection->under_way--;
        at = answer_end;
    }
    connection->length = (size_t)(end - at);
    memmove(connection->answer, at, connection->length);
}

static void ready(Source *source)
{
    Connection *connection = (Connection *)source;
    size_t room = ANSWER_BYTES_MAX - connection->length;
    ssize_t count = recv(source->fd, connection->answer + connection->length, room, 0);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (count <= 0) die("a connection was cut off: %.300s", connection->answer);
    connection->length += (size_t)count;
    take_answers(connection);
    if (connection->under_way > 0) return;
    histogram_add(now_ns() - connection->sent);
    send_next(connection);
}

// The channel that a connection publishes to: each always to the same.
static int channel_of(int index) { return index % options.channels; }

static void append_body(FILE *out, int index)
{
    char data[BODY_BYTES_MAX + 1];
    memset(data, 'x', (size_t)options.size);
    data[options.size] = 0;
    if (!options.lines) fputs(data, out);
    for (int i = 0; i < options.lines; i++)
        fprintf(out, "{\"channel\":\"bench:%d\",\"data\":\"%s\"}\n", channel_of(index), data);
}

static void append_request(FILE *out, int index)
{
    char *body;
    size_t length;
    FILE *body_out = open_memstream(&body, &length);
    if (!body_out) die("out of memory");
    append_body(body_out, index);
    fclose(body_out);
    fprintf(out, "POST ");
    fprintf(out, options.lines ? "/v1/publish" : "/v1/channels/bench:%d", channel_of(index));
    fprintf(out, " HTTP/1.1\r\nHost: %s:%d\r\nContent-Type: %s\r\nContent-Length: %zu\r\n\r\n", options.host,
            options.port, options.lines ? "application/x-ndjson" : "text/plain", length);
    fwrite(body, 1, length, out);
    free(body);
}

static void make_requests(Connection *connection, int index)
{
    FILE *out = open_memstream(&connection->requests, &connection->request_bytes);
    if (!out) die("out of memory");
    for (int i = 0; i < options.depth; i++) append_request(out, index);
    fclose(out);
}

void connections_open(void)
{
    connections = calloc((size_t)options.publishers, sizeof *connections);
    if (!connections) die("out of memory");
    for (int i = 0; i < options.publishers; i++) {
        connections[i].source = (Source){.fd = dial(options.port, i), .ready = ready};
        make_requests(&connections[i], i);
        set_nonblocking(connections[i].source.fd);
        loop_add(&connections[i].source);
    }
}

void connections_begin(void)
{
    for (int i = 0; i < options.publishers; i++) send_next(&connections[i]);
}
