package dev.herd.engine;

import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Encoded pictures by key: those under way, which all who want the same share, and complete ones up to a number of bytes,
 * of which the one that has not been wanted for longest goes first. Used by the engine's thread only.
 */
final class ImageCache {
    private final long budget;
    private final Map<PromptImage.Key, ImageEncoding> underWay = new HashMap<>();
    private final Map<PromptImage.Key, ImageEncoding> complete = new LinkedHashMap<>(16, 0.75f, true);
    private long bytes;

    /** @param budget bytes that complete pictures may take; those in use by sequences are kept beyond it */
    ImageCache(long budget) {
        this.budget = budget;
    }

    /** The picture of {@code key}, complete or under way; null if it is neither. */
    @Nullable
    ImageEncoding find(PromptImage.Key key) {
        ImageEncoding known = complete.get(key);
        return known == null ? underWay.get(key) : known;
    }

    /** Adds a picture that is to be encoded. */
    void add(ImageEncoding encoding) {
        underWay.put(encoding.key(), encoding);
    }

    /** Moves a picture among the complete ones, if the budget allows, and forgets others for it. */
    void complete(ImageEncoding encoding) {
        underWay.remove(encoding.key(), encoding);
        if (encoding.bytes() > budget) {
            return;
        }
        complete.put(encoding.key(), encoding);
        bytes += encoding.bytes();
        Iterator<ImageEncoding> eldest = complete.values().iterator();
        while (bytes > budget) {
            bytes -= eldest.next().bytes();
            eldest.remove();
        }
    }

    /** Forgets a picture under way. */
    void remove(ImageEncoding encoding) {
        underWay.remove(encoding.key(), encoding);
    }

    /** Forgets the pictures under way that nobody waits for any more. */
    void removeUnused() {
        underWay.values().removeIf(encoding -> !encoding.isUsed());
    }

    /** Bytes of the complete pictures. */
    long bytes() {
        return bytes;
    }
}
