// Kept-alive HTTP connections that publish as fast as they are answered.
#pragma once
#include <stdint.h>

// What has been answered so far.
typedef struct {
    uint64_t requests, messages;
    uint64_t refused;  // requests with another status than 200, and messages without a position
} Answered;

extern Answered answered;

// Opens them, and makes the requests that each will send again and again.
void connections_open(void);

// Each sends its first requests; from then on it sends the next ones when all are answered, until enough are under way.
void connections_begin(void);
