package dev.herd.kernels.nativecode;

/** What the C kernels are compiled for, the most capable first. */
enum InstructionSet {
    AVX512_VNNI(0),
    AVX_VNNI(1),
    AVX2(2),
    NEON_DOTPROD(3),
    PORTABLE(4);

    private final int number;

    InstructionSet(int number) {
        this.number = number;
    }

    /** The constant of this name in {@code herd.h}. */
    int number() {
        return number;
    }
}
