package dev.herd.kernels.emulator;

/** An array in local memory: one for all items of a group, used again by the next group that asks for one of that name and size. */
record LocalArray(String name, Object values, int size, AccessLog log) {
    boolean isLike(String otherName, int otherSize) {
        return name.equals(otherName) && size == otherSize;
    }
}
