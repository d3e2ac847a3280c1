// Latencies, in buckets that grow with the value: 64 to each doubling, so a percentile is right to 1.6 %.
#pragma once
#include <stdint.h>

void histogram_add(uint64_t ns);

void histogram_clear(void);

// The latency in microseconds that `share` (0 to 1) of all values lie at or below; 0 without values.
double histogram_us(double share);
