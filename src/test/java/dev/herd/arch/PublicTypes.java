package dev.herd.arch;

import java.util.Set;

/** What engine, model and grammar show to other packages. To add a type here is a decision; to need one less is a relief. */
final class PublicTypes {
    static final Set<String> ENGINE = Set.of(
            "ContextLengthException",
            "CpuModelRunner",
            "DeviceModelRunner",
            "Engine",
            "EngineClosedException",
            "EngineConfig",
            "EngineStatus",
            "FinishReason",
            "Generation",
            "GenerationListener",
            "GenerationRequest",
            "GenerationStats",
            "ModelRunner",
            "PromptImage",
            "QueueFullException",
            "SampledToken",
            "SamplingParams");

    static final Set<String> MODEL = Set.of(
            "Batch",
            "BlockTable",
            "DeviceLlama4",
            "DeviceVisionEncoder",
            "Deberta",
            "ImageTiler",
            "KvLayout",
            "Llama4",
            "PixelTiles",
            "RgbImage",
            "Tile",
            "TileCompute",
            "TileEncoder",
            "TileLayout",
            "VisionEncoder");

    static final Set<String> GRAMMAR =
            Set.of("Constraint", "ConstraintException", "Matcher", "Syntax", "TokenGrammar", "TokenMask", "TokenTrie");

    private PublicTypes() {}
}
