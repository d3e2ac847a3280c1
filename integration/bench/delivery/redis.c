// PUBLISH to a hiredis subscriber, and FCALL of the gateway's library.
#include <hiredis/hiredis.h>
#include <stdlib.h>

#include "../fanout/net.h"
#include "broker.h"

static void *redis_connect(const char *port)
{
    redisContext *redis = redisConnect("127.0.0.1", atoi(port));
    if (!redis || redis->err) die("no Redis on port %s", port);
    return redis;
}

static void redis_publish(
    void *redis, const char *function, const char *body, size_t size, volatile uint64_t *sent)
{
    *sent = now_ns();
    redisReply *reply = function ? redisCommand(redis, "FCALL %s 1 " CHANNEL " %b", function, body, size)
                                 : redisCommand(redis, "PUBLISH " CHANNEL " %b", body, size);
    if (!reply || reply->type == REDIS_REPLY_ERROR)
        die("refused: %s", reply ? reply->str : ((redisContext *)redis)->errstr);
    freeReplyObject(reply);
}

static void redis_read(
    const char *port, const char *function, void (*ready)(void), int (*count)(const char *body))
{
    if (function) die("a bare subscriber hears bare messages only");
    redisContext *redis = redis_connect(port);
    redisReply *reply = redisCommand(redis, "SUBSCRIBE " CHANNEL);
    if (!reply || reply->type == REDIS_REPLY_ERROR) die("subscribe");
    limit_silence(redis->fd);
    ready();
    int goes_on = 1;
    while (goes_on && redisGetReply(redis, (void **)&reply) == REDIS_OK) {
        goes_on = count(reply->element[2]->str);
        freeReplyObject(reply);
    }
}

const Broker redis_broker = {"redis", redis_connect, redis_publish, redis_read};
