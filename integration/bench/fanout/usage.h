// What processes use: CPU time and memory.
#pragma once

// CPU seconds of the server's processes together so far, exact to microseconds; those that are gone count nothing.
double server_cpu_seconds(void);

// Memory of the server's processes together, in KB: the proportional set size of what is in no file (heap, stacks), and
// the file pages that they have mapped.
double server_memory_kb(void);

// CPU seconds of this program so far.
double own_cpu_seconds(void);
