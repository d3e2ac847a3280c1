#define _GNU_SOURCE
#include "options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "net.h"

Options options = {
    .host = "127.0.0.1", .port = 8080, .path = "/", .publish_path = "/",
    .reader_headers = "", .publish_headers = "", .prefix = "", .suffix = "",
    .readers = 100, .publishers = 1, .sources = 1, .messages = 100, .size = 128, .window = 64, .timeout = 60,
    .depth = 1, .channels = 1, .more = "", .opening = 1,
};

static const struct option names[] = {
    {"host", 1, 0, 'h'}, {"port", 1, 0, 'p'}, {"pub-port", 1, 0, 'P'}, {"ws", 0, 0, 'w'},
    {"path", 1, 0, 'a'}, {"pub-path", 1, 0, 'A'}, {"sub-header", 1, 0, 'u'}, {"pub-header", 1, 0, 'U'},
    {"hello", 1, 0, 'e'}, {"pub-prefix", 1, 0, 'x'}, {"pub-suffix", 1, 0, 'y'}, {"pids", 1, 0, 'i'},
    {"conns", 1, 0, 'c'}, {"publishers", 1, 0, 'k'}, {"srcs", 1, 0, 's'}, {"messages", 1, 0, 'm'},
    {"size", 1, 0, 'z'}, {"window", 1, 0, 'W'}, {"rate", 1, 0, 'r'}, {"timeout", 1, 0, 't'},
    {"depth", 1, 0, 'd'}, {"lines", 1, 0, 'l'}, {"channels", 1, 0, 'C'},
    {"seconds", 1, 0, 'S'}, {"patience", 1, 0, 'q'}, {"more", 1, 0, 'M'}, {"opening", 1, 0, 'o'},
    {"random", 0, 0, 'R'}, {"backlog", 1, 0, 'b'}, {"slow", 1, 0, 'L'}, {0, 0, 0, 0},
};

static const char *with_line(const char *lines, const char *line)
{
    char *longer;
    if (asprintf(&longer, "%s%s\r\n", lines, line) < 0) die("out of memory");
    return longer;
}

static bool parse_text(int name, const char *value)
{
    switch (name) {
    case 'h': options.host = value; return true;
    case 'a': options.path = value; return true;
    case 'A': options.publish_path = value; return true;
    case 'u': options.reader_headers = with_line(options.reader_headers, value); return true;
    case 'U': options.publish_headers = with_line(options.publish_headers, value); return true;
    case 'e': options.hello = value; return true;
    case 'x': options.prefix = value; return true;
    case 'y': options.suffix = value; return true;
    case 'i': options.pids = value; return true;
    case 'M': options.more = value; return true;
    default: return false;
    }
}

static bool parse_number(int name, const char *value)
{
    switch (name) {
    case 'p': options.port = atoi(value); return true;
    case 'P': options.publish_port = atoi(value); return true;
    case 'w': options.websocket = true; return true;
    case 'R': options.random = true; return true;
    case 'c': options.readers = atoi(value); return true;
    case 'k': options.publishers = atoi(value); return true;
    case 's': options.sources = atoi(value); return true;
    case 'm': options.messages = atoi(value); return true;
    case 'z': options.size = atoi(value); return true;
    case 'W': options.window = atoi(value); return true;
    case 'd': options.depth = atoi(value); return true;
    case 'l': options.lines = atoi(value); return true;
    case 'C': options.channels = atoi(value); return true;
    case 'o': options.opening = atoi(value); return true;
    case 'b': options.backlog = atoi(value); return true;
    case 'L': options.slow = atoi(value); return true;
    case 'S': options.seconds = atof(value); return true;
    case 'q': options.patience = atof(value); return true;
    case 'r': options.rate = atof(value); return true;
    case 't': options.timeout = atof(value); return true;
    default: return false;
    }
}

static void check_bounds(void)
{
    bool ok = options.readers > 0 && options.publishers > 0 && options.sources > 0 && options.messages >= 0 &&
              options.window > 0 && options.depth > 0 && options.lines >= 0 && options.channels > 0 &&
              options.size >= STAMP_BYTES && options.size <= BODY_BYTES_MAX && options.opening > 0 &&
              options.backlog >= 0 && options.slow >= 0 && options.slow < options.readers;
    if (ok) return;
    fprintf(stderr, "fanout: conns, publishers, srcs, window, depth, channels and opening are at least 1, size is %d to "
            "%d, and fewer than all readers are slow\n", STAMP_BYTES, BODY_BYTES_MAX);
    exit(2);
}

void options_parse(int argc, char **argv)
{
    for (int name; (name = getopt_long(argc, argv, "", names, NULL)) != -1;)
        if (!parse_text(name, optarg) && !parse_number(name, optarg)) exit(2);
    if (!options.publish_port) options.publish_port = options.port;
    check_bounds();
}
