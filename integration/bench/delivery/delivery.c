// delivery: the time from a producer's command to Redis until a reader has the message, at a fixed rate. The reader sleeps
// until something comes, as readers do. Two things are compared:
//   delivery REDIS_PORT RATE SECONDS BYTES                        PUBLISH, to a bare hiredis subscriber
//   delivery REDIS_PORT RATE SECONDS BYTES GATEWAY_PORT FUNCTION  FCALL of the library, to a WebSocket of a gateway
// It prints one line of JSON, and exits with 3 when a message has not come.
#define _GNU_SOURCE
#include <hiredis/hiredis.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "../fanout/histogram.h"
#include "../fanout/net.h"

enum { WARM_UP = 200, QUIET_SECONDS = 2, READ_BYTES = 1 << 16 };
static const char channel[] = "delivery";

static int redis_port, gateway_port, size, messages;
static double rate;
static const char *function;
static int received;

static redisContext *connect_redis(void)
{
    redisContext *redis = redisConnect("127.0.0.1", redis_port);
    if (!redis || redis->err) die("no Redis on port %d", redis_port);
    return redis;
}

static void count(const char *stamp)
{
    uint64_t sent = strtoull(stamp + 1, NULL, 16);
    if (++received > WARM_UP) histogram_add(now_ns() - sent);
}

static void sleep_until(uint64_t ns)
{
    struct timespec t = {.tv_sec = (time_t)(ns / 1000000000u), .tv_nsec = (long)(ns % 1000000000u)};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
}

static void publish_one(redisContext *redis)
{
    char body[BODY_BYTES_MAX + 1];
    sprintf(body, "~%016llx", (unsigned long long)now_ns());
    memset(body + STAMP_BYTES, 'x', (size_t)(size - STAMP_BYTES));
    redisReply *reply = function ? redisCommand(redis, "FCALL %s 1 %s %b", function, channel, body, (size_t)size)
                                 : redisCommand(redis, "PUBLISH %s %b", channel, body, (size_t)size);
    if (!reply || reply->type == REDIS_REPLY_ERROR) die("refused: %s", reply ? reply->str : redis->errstr);
    freeReplyObject(reply);
}

static void *produce(void *unused)
{
    (void)unused;
    redisContext *redis = connect_redis();
    uint64_t began = now_ns();
    for (int i = 0; i < messages; i++) {
        sleep_until(began + (uint64_t)((double)i / rate * 1e9));
        publish_one(redis);
    }
    redisFree(redis);
    return NULL;
}

static void limit_silence(int fd)
{
    struct timeval limit = {.tv_sec = QUIET_SECONDS};
    if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit)) die("timeout");
}

static redisContext *subscribe(void)
{
    redisContext *redis = connect_redis();
    redisReply *reply = redisCommand(redis, "SUBSCRIBE %s", channel);
    if (!reply || reply->type == REDIS_REPLY_ERROR) die("subscribe");
    freeReplyObject(reply);
    limit_silence(redis->fd);
    return redis;
}

static void read_bare(redisContext *redis)
{
    void *reply;
    while (received < messages && redisGetReply(redis, &reply) == REDIS_OK) {
        count(((redisReply *)reply)->element[2]->str);
        freeReplyObject(reply);
    }
}

static int open_websocket(void)
{
    static const char request[] =
        "GET /v1/ws?channel=delivery&since=latest HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    char answer[READ_BYTES];
    size_t length = 0;
    int fd = dial(gateway_port, 0);
    send_all(fd, request, sizeof request - 1);
    do {
        ssize_t count = recv(fd, answer + length, sizeof answer - 1 - length, 0);
        if (count <= 0) die("the WebSocket was refused");
        answer[length += (size_t)count] = 0;
    } while (!memmem(answer, length, "\"subscribed\"", 12));
    limit_silence(fd);
    return fd;
}

// A stamp stands behind the quote that opens the data. (A frame's length may look like the '~' of a stamp.)
static void read_websocket(int fd)
{
    static char bytes[READ_BYTES];
    size_t kept = 0;
    while (received < messages) {
        ssize_t more = recv(fd, bytes + kept, sizeof bytes - kept, 0);
        if (more <= 0) return;
        char *at = bytes, *end = bytes + kept + more, *quote;
        while ((quote = memmem(at, (size_t)(end - at), "\"~", 2)) && end - quote > STAMP_BYTES) {
            count(quote + 1);
            at = quote + 1 + STAMP_BYTES;
        }
        kept = quote ? (size_t)(end - quote) : at < end ? 1 : 0;
        memmove(bytes, end - kept, kept);
    }
}

static void run(void)
{
    pthread_t producer;
    redisContext *subscriber = function ? NULL : subscribe();
    int socket = function ? open_websocket() : -1;
    if (pthread_create(&producer, NULL, produce, NULL)) die("pthread_create");
    if (function) read_websocket(socket);
    else read_bare(subscriber);
    pthread_join(producer, NULL);
}

int main(int argc, char **argv)
{
    if (argc != 5 && argc != 7) die("usage: delivery REDIS_PORT RATE SECONDS BYTES [GATEWAY_PORT FUNCTION]");
    redis_port = atoi(argv[1]);
    rate = atof(argv[2]);
    messages = WARM_UP + (int)(rate * atof(argv[3]));
    size = atoi(argv[4]);
    if (argc == 7) gateway_port = atoi(argv[5]), function = argv[6];
    run();
    printf("{\"messages\":%d,\"missing\":%d,\"p50_us\":%.1f,\"p90_us\":%.1f,\"p99_us\":%.1f}\n", received - WARM_UP,
           messages - received, histogram_us(.5), histogram_us(.9), histogram_us(.99));
    return received == messages ? 0 : 3;
}
