// Finds the stamps in a stream of bytes, whatever frames a server puts around them and however reads cut them.
#pragma once
#include <stdint.h>

// Zeroed at the beginning of a stream.
typedef struct {
    unsigned digits_left;  // of a stamp that the end of a read has cut
    uint64_t stamp;        // the last one, when no digits are left
} Stamps;

// Goes on to the next stamp and returns what is behind it; NULL when there is none before `end`.
const char *stamps_next(Stamps *stamps, const char *from, const char *end);
