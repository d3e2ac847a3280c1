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
#include "publishers.h"
#include "readers.h"
#include "usage.h"

// SETTLE: a server is idle when it has sent nothing for so long. AFTER: a doubled delivery would come within this time.
enum { SETTLE_MS = 1000, AFTER_MS = 100, WAIT_MS = 5 };

typedef struct { double seconds, cpu, kb; } Opening;
typedef struct { double seconds, server_cpu, own_cpu; } Burst;

static double seconds_since(uint64_t ns) { return (double)(now_ns() - ns) / 1e9; }

static void allow_all_descriptors(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit)) die("getrlimit");
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit)) die("setrlimit");
}

static Opening open_readers(void)
{
    double kb = server_memory_kb(), cpu = server_cpu_seconds();
    uint64_t began = now_ns();
    readers_open();
    Opening opening = {.seconds = seconds_since(began), .cpu = server_cpu_seconds() - cpu};
    loop_until_quiet(SETTLE_MS);
    opening.kb = server_memory_kb() - kb;
    return opening;
}

// With a rate: when its time has come. Without: while fewer deliveries are under way than `window` messages make.
static bool is_due(double elapsed)
{
    if (options.rate > 0) return elapsed * options.rate >= (double)published.messages;
    uint64_t sent = published.messages * (uint64_t)options.readers;
    return sent < received.deliveries + (uint64_t)options.window * (uint64_t)options.readers;
}

static void publish_what_is_due(uint64_t began)
{
    while (published.messages < (uint64_t)options.messages && publishers_free() && is_due(seconds_since(began)))
        publish();
}

// Under a rate the loop looks without sleeping: readers elsewhere in a network would not be woken at the server's cost.
static Burst run_burst(void)
{
    uint64_t wanted = (uint64_t)options.messages * (uint64_t)options.readers, began = now_ns();
    double server_cpu = server_cpu_seconds(), own_cpu = own_cpu_seconds() - loop_idle_seconds;
    while (received.deliveries < wanted && !received.closed && seconds_since(began) < options.timeout) {
        publish_what_is_due(began);
        loop_turn(options.rate > 0 ? 0 : WAIT_MS);
    }
    Burst burst = {.seconds = seconds_since(began), .server_cpu = server_cpu_seconds() - server_cpu};
    burst.own_cpu = own_cpu_seconds() - loop_idle_seconds - own_cpu;
    loop_until_quiet(AFTER_MS);
    return burst;
}

static double per(double amount, double count) { return count > 0 ? amount / count : 0; }

static void print_setting(void)
{
    printf("{\"conns\":%d,\"messages\":%d,\"size\":%d,\"publishers\":%d,", options.readers, options.messages,
           options.size, options.publishers);
}

static void print_opening(Opening opening)
{
    double readers = options.readers;
    printf("\"connect_s\":%.2f,\"server_us_per_connect\":%.1f,\"kb_per_conn\":%.3f,", opening.seconds,
           per(opening.cpu * 1e6, readers), per(opening.kb, readers));
}

static void print_burst(Burst burst)
{
    double count = (double)received.deliveries;
    printf("\"wall_s\":%.3f,\"delivered\":%.0f,\"deliveries_per_s\":%.0f,\"server_cpu_s\":%.3f,", burst.seconds, count,
           per(count, burst.seconds), burst.server_cpu);
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
    Faults faults = readers_check((uint64_t)options.messages, published.stamp_sum);
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
    Opening opening = open_readers();
    publishers_open();
    readers_forget();
    Burst burst = run_burst();
    print_setting();
    print_opening(opening);
    print_burst(burst);
    return print_faults() ? 0 : 3;
}
