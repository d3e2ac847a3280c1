// Time, sockets, and the end of the program when one fails.
#pragma once
#include <stddef.h>
#include <stdint.h>

// A published body begins with '~' and 16 hex digits, the time of publishing in nanoseconds: whatever frames a server
// puts around it, deliveries can be counted and timed.
enum { STAMP_DIGITS = 16, STAMP_BYTES = 1 + STAMP_DIGITS, BODY_BYTES_MAX = 1 << 16 };

// Monotonic nanoseconds.
uint64_t now_ns(void);

// Prints the message as by printf, with errno's text, and exits with 1.
void die(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

// A connected TCP socket without Nagle's delay, from the source address that `index` falls on.
int dial(int port, int index);

// The same, but that the kernels at both ends keep little, so that a server notices who does not read.
int dial_narrow(int port, int index);

// Sends all of it, waiting where the kernel's buffer is full.
void send_all(int fd, const char *bytes, size_t count);

void set_nonblocking(int fd);

// Lets the kernel keep more of what comes.
void set_wide(int fd);
