package dev.herd.api.openai;

import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.NotNull;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** Body of {@code POST /v1/embeddings}, as far as it decides how the refusal reads. */
@Schema(requiredProperties = {"model", "input"})
public record EmbeddingRequest(
        @NotBlank String model, @NotNull PromptInput input) {}
