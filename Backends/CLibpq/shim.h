#include <libpq-fe.h>
// Beside libpq, what its thread needs and Swift's module of the C library leaves out.
#include <pthread.h>
#include <sys/eventfd.h>

// The C library declares it for GNU sources only.
int pthread_setname_np(pthread_t thread, const char *name);
