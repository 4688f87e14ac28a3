package dev.herd.kernels.emulator;

/** An array in local memory: one for all items of a group, used again by the next group. */
record LocalArray(Object values, int size, AccessLog log) {}
