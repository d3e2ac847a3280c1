// The readers: each a connection that a server streams to.
#pragma once
#include <stdbool.h>
#include <stdint.h>

// What all readers have received since readers_forget.
typedef struct {
    uint64_t deliveries, bytes, reads;  // slow readers' not counted
    uint64_t last_ns;                   // when the last of them came
    uint64_t closed;                    // connections that the server ended, slow readers' not counted
    uint64_t slow_deliveries, slow_closed;
} Received;

// How many readers did not get what they should have.
typedef struct {
    uint64_t missing;     // fewer deliveries than were published
    uint64_t doubled;     // more
    uint64_t different;   // as many, but others
    uint64_t disordered;  // in another order than the last reader of the same channels
    uint64_t slow;        // any of these, of those that read slowly
} Faults;

extern Received received;

// Opens them all, `options.opening` at once, each to the end of the server's answer to its request.
void readers_open(void);

// Counts begin here: what a server sends on opening is no delivery.
void readers_forget(void);

// Lets slow readers read a little, if it is time to: 5 KB a second each.
void readers_read_slowly(void);

// Lets slow readers read what there is; returns whether there was something.
bool readers_catch_up(void);

// Holds every reader against what was published to its channels: how many, and the sum of their stamps.
Faults readers_check(void);
