// When messages are due under a rate.
#pragma once
#include <stdbool.h>

// Whether the next one is, so many seconds after the first.
bool pace_is_due(double elapsed);

// It has been published, whenever that was: a delay moves none of those that follow.
void pace_advance(void);
