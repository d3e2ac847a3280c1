#include "CSendRing.h"

#include <errno.h>
#include <liburing.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>

/// For fewer parcels the ring costs more than it saves.
enum { WORTH_IT = 4, FLAGS = MSG_NOSIGNAL | MSG_DONTWAIT };

struct csend_ring {
    struct io_uring ring;
    bool is_broken;
};

csend_ring *csend_ring_open(void) {
    csend_ring *ring = calloc(1, sizeof *ring);
    // One that fails does not keep the others from being submitted.
    if (ring && io_uring_queue_init(CSEND_MOST, &ring->ring, IORING_SETUP_SUBMIT_ALL) == 0) return ring;
    free(ring);
    return NULL;
}

void csend_ring_close(csend_ring *ring) {
    if (!ring) return;
    io_uring_queue_exit(&ring->ring);
    free(ring);
}

static void send_each(csend_parcel *parcels, int count) {
    for (csend_parcel *parcel = parcels; parcel < parcels + count; parcel++)
        parcel->taken = (int32_t)send(parcel->socket, parcel->bytes, parcel->size, FLAGS);
}

static int submit(struct io_uring *ring, csend_parcel *parcels, int count) {
    for (csend_parcel *parcel = parcels; parcel < parcels + count; parcel++) {
        struct io_uring_sqe *entry = io_uring_get_sqe(ring);
        io_uring_prep_send(entry, parcel->socket, parcel->bytes, parcel->size, FLAGS);
        io_uring_sqe_set_data(entry, parcel);
        parcel->taken = -1;
    }
    return io_uring_submit_and_wait(ring, (unsigned)count);
}

/// Takes `count` results. They are there: what is sent to a socket that does not block is not put off.
static bool collect(struct io_uring *ring, int count) {
    while (count > 0) {
        struct io_uring_cqe *result;
        int error = io_uring_wait_cqe(ring, &result);
        if (error == -EINTR) continue;
        if (error) return false;
        csend_parcel *parcel = io_uring_cqe_get_data(result);
        parcel->taken = result->res < 0 ? -1 : result->res;
        io_uring_cqe_seen(ring, result);
        count--;
    }
    return true;
}

void csend_all(csend_ring *ring, csend_parcel *parcels, int count) {
    if (!ring || ring->is_broken || count < WORTH_IT) return send_each(parcels, count);
    int submitted = submit(&ring->ring, parcels, count);
    ring->is_broken = submitted < count;
    if (submitted <= 0 || collect(&ring->ring, submitted)) return;
    // What was taken is not known: these readers are let go, and come back to where they stood.
    ring->is_broken = true;
    for (int i = 0; i < submitted; i++)
        if (parcels[i].taken < 0) shutdown(parcels[i].socket, SHUT_RDWR);
}
