#pragma once
#include <stddef.h>
#include <stdint.h>

// Of LLVM's libFuzzer ("Using libFuzzer as a library"): runs until its options or a crash end it.
int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*run)(const uint8_t *data, size_t size));
