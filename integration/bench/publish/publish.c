// publish: publishes over HTTP from many kept-alive connections, one message a request or many lines a request, checks that
// each message was given a position, and prints one line of JSON: messages a second, latency of a request, and what the
// server's processes spent.
#include <stdint.h>
#include <stdio.h>

#include "../fanout/histogram.h"
#include "../fanout/loop.h"
#include "../fanout/net.h"
#include "../fanout/options.h"
#include "../fanout/usage.h"
#include "connections.h"

enum { WAIT_MS = 100 };

int main(int argc, char **argv)
{
    options_parse(argc, argv);
    loop_open();
    connections_open();
    double server_cpu = server_cpu_seconds(), own_cpu = own_cpu_seconds();
    uint64_t began = now_ns(), limit = began + (uint64_t)(options.timeout * 1e9);
    connections_begin();
    while (answered.messages < (uint64_t)options.messages && !answered.refused && now_ns() < limit) loop_turn(WAIT_MS);
    double seconds = (double)(now_ns() - began) / 1e9, count = (double)answered.messages;
    server_cpu = server_cpu_seconds() - server_cpu;
    own_cpu = own_cpu_seconds() - own_cpu;
    printf("{\"conns\":%d,\"depth\":%d,\"lines\":%d,\"messages\":%.0f,\"wall_s\":%.3f,\"messages_per_s\":%.0f,",
           options.publishers, options.depth, options.lines, count, seconds, count / seconds);
    printf("\"server_us_per_message\":%.3f,\"generator_busy\":%.3f,\"p50_us\":%.0f,\"p99_us\":%.0f,\"refused\":%lu}\n",
           count > 0 ? server_cpu * 1e6 / count : 0, own_cpu / seconds, histogram_us(.5), histogram_us(.99),
           answered.refused);
    return answered.refused || answered.messages < (uint64_t)options.messages ? 3 : 0;
}
