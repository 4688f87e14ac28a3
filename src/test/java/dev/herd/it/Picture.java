package dev.herd.it;

import java.util.Base64;

/** A picture of one point. */
final class Picture {
    static final String BASE64 =
            "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC";

    /** What it takes of the prompt: 144 of its one tile, and three around it. */
    static final int TOKENS = 147;

    private Picture() {}

    static byte[] png() {
        return Base64.getDecoder().decode(BASE64);
    }
}
