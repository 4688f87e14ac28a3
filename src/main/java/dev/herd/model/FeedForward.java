package dev.herd.model;

/** The feed-forward part of a layer: computes {@code branch} from {@code normed}. */
sealed interface FeedForward permits DenseFfn, MoeLayer {
    void forward();
}
