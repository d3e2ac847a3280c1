#define _GNU_SOURCE
#include "websocket.h"

#include <string.h>
#include <sys/socket.h>

#include "../fanout/net.h"
#include "broker.h"

enum { READ_BYTES = 1 << 16 };

static int open_websocket(int port)
{
    static const char request[] =
        "GET /v1/ws?channel=" CHANNEL "&since=latest HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    char answer[READ_BYTES];
    size_t length = 0;
    int fd = dial(port, 0);
    send_all(fd, request, sizeof request - 1);
    do {
        ssize_t count = recv(fd, answer + length, sizeof answer - 1 - length, 0);
        if (count <= 0) die("the WebSocket was refused");
        answer[length += (size_t)count] = 0;
    } while (!memmem(answer, length, "\"subscribed\"", 12));
    limit_silence(fd);
    return fd;
}

// A body stands behind the quote that opens the data. (A frame's length may look like the '~' of a stamp.)
void websocket_read(int port, void (*ready)(void), int (*count)(const char *body))
{
    static char bytes[READ_BYTES];
    size_t kept = 0;
    int fd = open_websocket(port);
    ready();
    for (;;) {
        ssize_t more = recv(fd, bytes + kept, sizeof bytes - kept, 0);
        if (more <= 0) return;
        char *at = bytes, *end = bytes + kept + more, *quote;
        while ((quote = memmem(at, (size_t)(end - at), "\"~", 2)) && end - quote > STAMP_BYTES) {
            if (!count(quote + 1)) return;
            at = quote + 1 + STAMP_BYTES;
        }
        kept = quote ? (size_t)(end - quote) : at < end ? 1 : 0;
        memmove(bytes, end - kept, kept);
    }
}
