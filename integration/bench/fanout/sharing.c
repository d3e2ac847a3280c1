#include "sharing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net.h"
#include "options.h"

static Share *shares;
static int groups;

void sharing_open(void)
{
    int more = options.readers > options.channels ? options.readers : options.channels;
    groups = options.readers > options.channels ? options.channels : options.readers;
    if (more % groups) {
        fprintf(stderr, "fanout: %d readers and %d channels do not share evenly\n", options.readers, options.channels);
        exit(2);
    }
    shares = calloc((size_t)groups, sizeof *shares);
    if (!shares) die("out of memory");
}

void sharing_add(int channel, uint64_t stamp)
{
    Share *share = &shares[channel % groups];
    share->messages++;
    share->stamp_sum += stamp;
}

Share sharing_of_reader(int reader) { return shares[reader % groups]; }

int sharing_last_alike(int reader) { return options.readers - groups + reader % groups; }

int sharing_fast_readers(int channel)
{
    int group = channel % groups, all = options.readers / groups;
    int slow = options.slow / groups + (group < options.slow % groups);
    return all - slow;
}

void numbered(char *into, size_t size, const char *text, int number)
{
    size_t length = 0;
    for (const char *found; (found = strstr(text, "{n}")); text = found + 3)
        length += (size_t)snprintf(into + length, length < size ? size - length : 0, "%.*s%d", (int)(found - text),
                                   text, number);
    length += (size_t)snprintf(into + length, length < size ? size - length : 0, "%s", text);
    if (length >= size) die("too long: %.60s…", into);
}

void path_of_reader(char *into, size_t size, int reader)
{
    int channel = reader % groups;
    numbered(into, size, options.path, channel);
    for (channel += options.readers; channel < options.channels; channel += options.readers) {
        size_t length = strlen(into);
        numbered(into + length, size - length, options.more, channel);
    }
}
