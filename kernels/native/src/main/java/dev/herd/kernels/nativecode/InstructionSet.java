package dev.herd.kernels.nativecode;

/** What the C kernels are compiled for, the most capable first. */
enum InstructionSet {
    AVX512_VNNI(0, "AVX-512 VNNI, 512-bit"),
    AVX_VNNI(1, "AVX-VNNI, 256-bit"),
    AVX2(2, "AVX2, 256-bit"),
    NEON_DOTPROD(3, "NEON dotprod, 128-bit"),
    PORTABLE(4, "portable C");

    private final int number;
    private final String title;

    InstructionSet(int number, String title) {
        this.number = number;
        this.title = title;
    }

    /** The constant of this name in {@code herd.h}. */
    int number() {
        return number;
    }

    /** Instructions and vector width as people write them. */
    String title() {
        return title;
    }
}
