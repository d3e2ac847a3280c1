// A row and its pg_notify, as one does it by hand, and the gateway's publish(), each in a transaction of its own: what is
// timed begins with the COMMIT. A pg_notify alone would write nothing, and wait for no disk.
#include <libpq-fe.h>
#include <poll.h>
#include <string.h>

#include "../fanout/net.h"
#include "broker.h"

#define BUCKET "telltale_52"  // the channel's: the first byte of its name's SHA-256, modulo 64

static void execute(PGconn *postgres, const char *statement, int count, const char *const *values)
{
    PGresult *result = PQexecParams(postgres, statement, count, NULL, values, NULL, NULL, 0);
    ExecStatusType status = PQresultStatus(result);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) die("%s: %s", statement, PQerrorMessage(postgres));
    PQclear(result);
}

static void *postgres_connect(const char *address)
{
    PGconn *postgres = PQconnectdb(address);
    if (PQstatus(postgres) != CONNECTION_OK) die("%s", PQerrorMessage(postgres));
    return postgres;
}

static void postgres_publish(
    void *postgres, const char *function, const char *body, size_t size, volatile uint64_t *sent)
{
    (void)size;  // the body ends with its 0
    execute(postgres, "BEGIN", 0, NULL);
    if (function) execute(postgres, "SELECT telltale.publish('" CHANNEL "', $1)", 1, &body);
    else execute(postgres, "WITH row AS (INSERT INTO bench_row VALUES ($1)) SELECT pg_notify('" CHANNEL "', $1)", 1, &body);
    *sent = now_ns();
    execute(postgres, "COMMIT", 0, NULL);
}

// Whether something comes before it has been silent for long.
static int comes(PGconn *postgres)
{
    struct pollfd socket = {.fd = PQsocket(postgres), .events = POLLIN};
    return poll(&socket, 1, QUIET_SECONDS * 1000) == 1 && PQconsumeInput(postgres);
}

// What publish() announces comes under the name of the channel's bucket, with a head before the body.
static void postgres_read(
    const char *address, const char *function, void (*ready)(void), int (*count)(const char *body))
{
    PGconn *postgres = postgres_connect(address);
    if (!function) execute(postgres, "CREATE TABLE IF NOT EXISTS bench_row (body text)", 0, NULL);
    execute(postgres, function ? "LISTEN " BUCKET : "LISTEN " CHANNEL, 0, NULL);
    ready();
    int goes_on = 1;
    while (goes_on && comes(postgres)) {
        PGnotify *notification;
        while (goes_on && (notification = PQnotifies(postgres))) {
            goes_on = count(strchr(notification->extra, '~'));
            PQfreemem(notification);
        }
    }
}

const Broker postgres_broker = {"postgres", postgres_connect, postgres_publish, postgres_read};
