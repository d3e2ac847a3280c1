// What the command line asks for. Read by every part, written by options_parse alone.
#pragma once
#include <stdbool.h>

typedef struct {
    const char *host;
    int port, publish_port;
    bool websocket;                          // else Server-Sent Events
    const char *path, *publish_path;
    const char *reader_headers, *publish_headers;  // whole header lines, each ended by CRLF
    const char *hello;                       // a WebSocket text that each reader sends first, or NULL
    const char *prefix, *suffix;             // around each published body, for servers that want an envelope
    const char *pids;                        // the server's processes, separated by commas, or NULL
    int readers, publishers, sources;
    int messages, size, window;
    int depth, lines, channels;              // publish: requests at once on a connection, lines a request (0: no lines)
    double rate;                             // messages a second; 0: as fast as the window allows
    bool random;                             // fanout: that rate at random times, not evenly
    double seconds;                          // publish for so long, however many messages that makes; 0: `messages`
    double timeout;                          // seconds for the whole burst
    double patience;                         // seconds without a delivery after which the rest is given up; 0: timeout
    const char *more;                        // fanout: what the path has for each further channel of a reader
    int opening;                             // fanout: readers that ask at once
    int backlog;                             // fanout: messages that each reader is owed on opening
    int slow;                                // fanout: readers, the first ones, that read slowly
} Options;

extern Options options;

// Fills `options`; says what is wrong and exits with 2 on an option that it does not know.
void options_parse(int argc, char **argv);
