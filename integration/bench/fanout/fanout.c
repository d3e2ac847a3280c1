// fanout: opens readers (Server-Sent Events or WebSocket), publishes to them over HTTP, checks that each receives every
// message once and in the same order as the others, and prints one line of JSON: deliveries a second, latency, and what
// the server's processes spent.
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/resource.h>

#include "histogram.h"
#include "loop.h"
#include "net.h"
#include "options.h"
#include "pace.h"
#include "publishers.h"
#include "readers.h"
#include "sharing.h"
#include "usage.h"

// SETTLE: a server is idle when it has sent nothing for so long. AFTER: a doubled delivery would come within this time.
// CATCH_UP: the kernel asks a reader that was slow again within this time whether it has room.
enum { SETTLE_MS = 1000, AFTER_MS = 100, CATCH_UP_MS = 5000, WAIT_MS = 5 };

typedef struct { double seconds, cpu, own_cpu, kb; } Opening;
typedef struct { double seconds, server_cpu, own_cpu, kb; } Burst;

static double seconds_since(uint64_t ns) { return (double)(now_ns() - ns) / 1e9; }

static void allow_all_descriptors(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit)) die("getrlimit");
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit)) die("setrlimit");
}

// Given up when nothing has come for so long.
static bool is_in_time(uint64_t began)
{
    uint64_t last = received.last_ns > began ? received.last_ns : began;
    return seconds_since(began) < options.timeout && (!options.patience || seconds_since(last) < options.patience);
}

static void await_backlog(uint64_t began)
{
    uint64_t wanted = (uint64_t)options.backlog * (uint64_t)options.readers;
    while (received.deliveries < wanted && !received.closed && is_in_time(began)) loop_turn(WAIT_MS);
    if (received.deliveries < wanted) die("%lu of %lu messages of the backlog", received.deliveries, wanted);
}

static Opening open_readers(void)
{
    double kb = server_memory_kb(), cpu = server_cpu_seconds(), own_cpu = own_cpu_seconds();
    uint64_t began = now_ns();
    readers_open();
    await_backlog(began);
    Opening opening = {.seconds = seconds_since(began), .cpu = server_cpu_seconds() - cpu};
    opening.own_cpu = own_cpu_seconds() - own_cpu;
    loop_until_quiet(SETTLE_MS);
    opening.kb = server_memory_kb() - kb;
    return opening;
}

// With a rate: when its time has come. Without: while fewer deliveries are under way than `window` messages make.
static bool is_due(double elapsed)
{
    if (options.rate > 0) return pace_is_due(elapsed);
    uint64_t each = (uint64_t)(options.readers > options.channels ? options.readers / options.channels : 1);
    return published.wanted < received.deliveries + (uint64_t)options.window * each;
}

static bool goes_on(double elapsed)
{
    if (options.seconds > 0) return elapsed < options.seconds;
    return published.messages < (uint64_t)options.messages;
}

static void publish_what_is_due(uint64_t began)
{
    while (goes_on(seconds_since(began)) && publishers_free() && is_due(seconds_since(began))) {
        publish();
        if (options.rate > 0) pace_advance();
    }
}

static bool is_wanting(uint64_t began)
{
    return goes_on(seconds_since(began)) || received.deliveries < published.wanted;
}

// Slow readers take what there is, until a server has sent none of them anything for a while.
static void catch_up(void)
{
    for (int quiet = 0; options.slow && quiet < CATCH_UP_MS; quiet = readers_catch_up() ? 0 : quiet + AFTER_MS)
        loop_until_quiet(AFTER_MS);
}

// Under a rate the loop looks without sleeping: readers elsewhere in a network would not be woken at the server's cost.
static Burst run_burst(void)
{
    uint64_t began = now_ns();
    double server_cpu = server_cpu_seconds(), own_cpu = own_cpu_seconds() - loop_idle_seconds;
    double kb = server_memory_kb();
    while (is_wanting(began) && !received.closed && is_in_time(began)) {
        publish_what_is_due(began);
        loop_turn(options.rate > 0 ? 0 : WAIT_MS);
        readers_read_slowly();
    }
    Burst burst = {.server_cpu = server_cpu_seconds() - server_cpu};
    burst.own_cpu = own_cpu_seconds() - loop_idle_seconds - own_cpu;
    burst.seconds = received.last_ns > began ? (double)(received.last_ns - began) / 1e9 : seconds_since(began);
    burst.kb = server_memory_kb() - kb;
    loop_until_quiet(AFTER_MS);
    catch_up();
    return burst;
}

static double per(double amount, double count) { return count > 0 ? amount / count : 0; }

static void print_setting(void)
{
    printf("{\"conns\":%d,\"channels\":%d,\"messages\":%lu,\"size\":%d,\"publishers\":%d,", options.readers,
           options.channels, published.messages, options.size, options.publishers);
}

static void print_opening(Opening opening)
{
    double readers = options.readers;
    printf("\"connect_s\":%.5f,\"server_us_per_connect\":%.1f,\"kb_per_conn\":%.3f,\"opening_busy\":%.3f,", opening.seconds,
           per(opening.cpu * 1e6, readers), per(opening.kb, readers), per(opening.own_cpu, opening.seconds));
}

static void print_burst(Burst burst)
{
    double count = (double)received.deliveries;
    printf("\"wall_s\":%.3f,\"delivered\":%.0f,\"deliveries_per_s\":%.0f,\"server_cpu_s\":%.3f,", burst.seconds, count,
           per(count, burst.seconds), burst.server_cpu);
    printf("\"expected\":%lu,\"burst_kb\":%.0f,", published.wanted, burst.kb);
    printf("\"server_us_per_delivery\":%.4f,\"generator_busy\":%.3f,", per(burst.server_cpu * 1e6, count),
           per(burst.own_cpu, burst.seconds));
    printf("\"bytes_per_delivery\":%.1f,\"deliveries_per_read\":%.2f,", per((double)received.bytes, count),
           per(count, (double)received.reads));
    printf("\"p50_us\":%.0f,\"p99_us\":%.0f,\"p999_us\":%.0f,", histogram_us(.5), histogram_us(.99),
           histogram_us(.999));
}

// Returns whether every reader got every message once, in the same order.
static bool print_faults(void)
{
    Faults faults = readers_check();
    printf("\"slow\":%d,\"slow_at_fault\":%lu,\"slow_closed\":%lu,", options.slow, faults.slow, received.slow_closed);
    printf("\"missing\":%lu,\"doubled\":%lu,\"different\":%lu,\"disordered\":%lu,\"closed\":%lu,\"refused\":%lu}\n",
           faults.missing, faults.doubled, faults.different, faults.disordered, received.closed, published.refused);
    return !(faults.missing || faults.doubled || faults.different || faults.disordered || received.closed ||
             published.refused);
}

int main(int argc, char **argv)
{
    options_parse(argc, argv);
    allow_all_descriptors();
    loop_open();
    sharing_open();
    Opening opening = open_readers();
    publishers_open();
    readers_forget();
    Burst burst = run_burst();
    print_setting();
    print_opening(opening);
    print_burst(burst);
    return print_faults() ? 0 : 3;
}
