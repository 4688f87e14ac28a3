package dev.herd.weights;

/** A vision tower with its projector: what turns tiles into embeddings of the text decoder. */
public record VisionTower(VisionConfig config, VisionWeights weights) {}
