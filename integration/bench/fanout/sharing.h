// Which readers have which channels. Readers that have the same are a group: there are as many groups as there are
// channels or readers, whichever are fewer, and channel and reader numbers go round the groups.
#pragma once
#include <stddef.h>
#include <stdint.h>

// What was published to a group.
typedef struct {
    uint64_t messages, stamp_sum;
} Share;

// Exits with 2 when readers do not fall evenly on channels, nor channels on readers.
void sharing_open(void);

void sharing_add(int channel, uint64_t stamp);
Share sharing_of_reader(int reader);

// The last reader with the same channels: a fast one, where there is one.
int sharing_last_alike(int reader);

// How many of the readers that a message reaches are not slow.
int sharing_fast_readers(int channel);

// Copies `text`, each `{n}` in it replaced by the number.
void numbered(char *into, size_t size, const char *text, int number);

// The path that the reader asks for: with its first channel's number, and `options.more` for each other one.
void path_of_reader(char *into, size_t size, int reader);
