#pragma once
// Bytes to many sockets. With io_uring(7) that is one system call; liburing's functions are inline and work on memory shared
// with the kernel, so they are called here and not from Swift.
#include <stddef.h>
#include <stdint.h>

/// A ring of the calling thread's own; it belongs to that thread from its first use on.
typedef struct csend_ring csend_ring;

/// The most parcels of one `csend_all`.
enum { CSEND_MOST = 512 };

/// A new ring; NULL if the kernel has none, or does not let the process have one.
csend_ring *csend_ring_open(void);

void csend_ring_close(csend_ring *ring);

/// What goes to one socket, which does not block.
typedef struct {
    const void *bytes;
    uint32_t size;
    int socket;
    /// How many of the bytes it has taken; -1 of one that takes none for now, or never again.
    int32_t taken;
    /// The caller's own.
    uint32_t tag;
} csend_parcel;

/// Sends the parcels, without SIGPIPE, and sets what was taken of each. Without a ring (NULL), or very few, by a system call each.
void csend_all(csend_ring *ring, csend_parcel *parcels, int count);
