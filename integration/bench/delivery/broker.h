// What the two brokers have in common here: a producer, and the barest reader that there can be.
#pragma once
#include <stddef.h>
#include <stdint.h>

typedef struct {
    const char *name;
    // A connection of the producer. `address` is a port, or whatever the broker's library connects to.
    void *(*connect)(const char *address);
    // Publishes through `function`, or barely where it is NULL. Sets `sent` just before what makes the message public.
    void (*publish)(void *connection, const char *function, const char *body, size_t size, volatile uint64_t *sent);
    // A bare reader: calls `ready` when it follows what is published, then hands each body to `count`, until that says
    // that it was the last, or nothing comes.
    void (*read)(
        const char *address, const char *function, void (*ready)(void), int (*count)(const char *body));
} Broker;

extern const Broker redis_broker, postgres_broker;

// Where all is published.
#define CHANNEL "delivery"

enum { QUIET_SECONDS = 2 };  // the silence after which nothing more is waited for

// Makes `recv` give up after that.
void limit_silence(int fd);
