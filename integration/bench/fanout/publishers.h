// The publishers: kept-alive HTTP connections, each with one request under way at most.
#pragma once
#include <stdbool.h>
#include <stdint.h>

typedef struct {
    uint64_t messages;
    uint64_t wanted;   // deliveries that they make, slow readers' not counted
    uint64_t refused;  // answers other than 2xx
} Published;

extern Published published;

void publishers_open(void);

// Whether one of them is free to publish.
bool publishers_free(void);

// Publishes one message by one that is free.
void publish(void);
