// The reader behind a gateway.
#pragma once

// Follows the channel, and hands each message's body to `count`, until that says that it was the last, or nothing comes.
void websocket_read(int port, void (*ready)(void), int (*count)(const char *body));
