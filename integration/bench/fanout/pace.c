#define _GNU_SOURCE
#include "pace.h"

#include <math.h>
#include <stdlib.h>

#include "options.h"

static double due_s;

// At random: as from many who publish rarely and know nothing of each other (a Poisson process). The times are the same in each
// run, as drand48 begins with the same seed.
static double gap_s(void)
{
    return options.random ? -log(1 - drand48()) / options.rate : 1 / options.rate;
}

bool pace_is_due(double elapsed) { return elapsed >= due_s; }

void pace_advance(void) { due_s += gap_s(); }
