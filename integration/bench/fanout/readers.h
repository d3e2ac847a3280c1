// The readers: each a connection that a server streams to.
#pragma once
#include <stdint.h>

// What all readers have received since readers_forget.
typedef struct {
    uint64_t deliveries, bytes, reads;
    uint64_t closed;  // connections that the server ended
} Received;

// How many readers did not get what they should have.
typedef struct {
    uint64_t missing;     // fewer deliveries than were published
    uint64_t doubled;     // more
    uint64_t different;   // as many, but others
    uint64_t disordered;  // in another order than the first reader
} Faults;

extern Received received;

// Opens them all, one after the other, each to the end of the server's answer to its request.
void readers_open(void);

// Counts begin here: what a server sends on opening is no delivery.
void readers_forget(void);

// Holds every reader against what was published: how many, and the sum of their stamps.
Faults readers_check(uint64_t published, uint64_t stamp_sum);
