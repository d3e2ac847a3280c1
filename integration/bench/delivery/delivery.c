// delivery: the time from a producer's word to the broker until a reader has the message, at a fixed rate. The reader
// sleeps until something comes, as readers do. These are compared:
//   delivery BROKER ADDRESS RATE SECONDS BYTES                        the broker's own pub/sub, to a bare listener
//   delivery BROKER ADDRESS RATE SECONDS BYTES FUNCTION               the gateway's function, to a bare listener (Postgres)
//   delivery BROKER ADDRESS RATE SECONDS BYTES FUNCTION GATEWAY_PORT  the same, to a WebSocket of a gateway
// BROKER is `redis` (ADDRESS a port) or `postgres` (ADDRESS a connection string).
// It prints one line of JSON, and exits with 3 when a message has not come.
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "../fanout/histogram.h"
#include "../fanout/net.h"
#include "broker.h"
#include "websocket.h"

enum { WARM_UP = 200, MESSAGES_MAX = 1 << 20 };

static const Broker *broker;
static const char *address, *function;
static int size, messages, received;
static double rate;
static volatile uint64_t sent[MESSAGES_MAX];
static pthread_t producer;

static int count(const char *body)
{
    unsigned long long number = strtoull(body + 1, NULL, 16);
    if (number >= (unsigned long long)messages || !sent[number]) die("a message that was not sent");
    if (++received > WARM_UP) histogram_add(now_ns() - sent[number]);
    return received < messages;
}

static void sleep_until(uint64_t ns)
{
    struct timespec t = {.tv_sec = (time_t)(ns / 1000000000u), .tv_nsec = (long)(ns % 1000000000u)};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
}

// A body begins as everywhere here, but its number is the message's: what it was sent at stands in `sent`.
static void *produce(void *unused)
{
    (void)unused;
    void *connection = broker->connect(address);
    char body[BODY_BYTES_MAX + 1] = {0};
    memset(body, 'x', (size_t)size);
    uint64_t began = now_ns();
    for (int i = 0; i < messages; i++) {
        char stamp[STAMP_BYTES + 1];
        snprintf(stamp, sizeof stamp, "~%016x", (unsigned)i);
        memcpy(body, stamp, STAMP_BYTES);
        sleep_until(began + (uint64_t)((double)i / rate * 1e9));
        broker->publish(connection, function, body, (size_t)size, &sent[i]);
    }
    return NULL;
}

static void begin(void)
{
    if (pthread_create(&producer, NULL, produce, NULL)) die("pthread_create");
}

void limit_silence(int fd)
{
    struct timeval limit = {.tv_sec = QUIET_SECONDS};
    if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit)) die("timeout");
}

int main(int argc, char **argv)
{
    if (argc < 6 || argc > 8)
        die("usage: delivery redis|postgres ADDRESS RATE SECONDS BYTES [FUNCTION [GATEWAY_PORT]]");
    broker = strcmp(argv[1], postgres_broker.name) ? &redis_broker : &postgres_broker;
    address = argv[2];
    rate = atof(argv[3]);
    messages = WARM_UP + (int)(rate * atof(argv[4]));
    size = atoi(argv[5]);
    if (messages > MESSAGES_MAX || size < STAMP_BYTES || size > BODY_BYTES_MAX) die("too many or wrong sizes");
    function = argv[6];
    if (argc == 8) websocket_read(atoi(argv[7]), begin, count);
    else broker->read(address, function, begin, count);
    pthread_join(producer, NULL);
    printf("{\"messages\":%d,\"missing\":%d,\"p50_us\":%.1f,\"p90_us\":%.1f,\"p99_us\":%.1f}\n", received - WARM_UP,
           messages - received, histogram_us(.5), histogram_us(.9), histogram_us(.99));
    return received == messages ? 0 : 3;
}
