#include "histogram.h"

#include <string.h>

enum { STEP_BITS = 6, STEPS = 1 << STEP_BITS, BUCKETS = 64 * STEPS };

static uint64_t buckets[BUCKETS], total;

static unsigned shift_of(uint64_t ns)
{
    return ns < STEPS ? 0 : 63 - (unsigned)__builtin_clzll(ns) - STEP_BITS;
}

void histogram_add(uint64_t ns)
{
    unsigned shift = shift_of(ns);
    buckets[shift * STEPS + (ns >> shift)]++;
    total++;
}

void histogram_clear(void)
{
    memset(buckets, 0, sizeof buckets);
    total = 0;
}

// The inverse of the index: all but the first STEPS buckets stand one row higher than their shift.
static double middle_ns(unsigned bucket)
{
    unsigned shift = bucket < 2 * STEPS ? 0 : bucket / STEPS - 1;
    return ((double)(bucket - shift * STEPS) + 0.5) * (double)(1ull << shift);
}

double histogram_us(double share)
{
    uint64_t below = 0;
    for (unsigned i = 0; i < BUCKETS; i++) {
        below += buckets[i];
        if (below > 0 && (double)below >= share * (double)total) return middle_ns(i) / 1000;
    }
    return 0;
}
