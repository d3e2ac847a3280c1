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
    double timeout;                          // seconds for the whole burst
} Options;

extern Options options;

// Fills `options`; says what is wrong and exits with 2 on an option that it does not know.
void options_parse(int argc, char **argv);
