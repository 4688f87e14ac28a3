package dev.herd.api;

import dev.herd.api.openai.ApiException;
import dev.herd.api.openai.EmbeddingRequest;
import io.smallrye.common.annotation.Blocking;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotNull;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** {@code POST /v1/embeddings}: says that there are none, so that nobody takes a decoder's noise for meaning. */
@Path("/v1/embeddings")
@Tag(name = "Embeddings")
final class EmbeddingsResource {
    private final ModelSource models;

    EmbeddingsResource(ModelSource models) {
        this.models = models;
    }

    /** Refuses what is otherwise in order. */
    @POST
    @Blocking
    @Consumes(MediaType.APPLICATION_JSON)
    @Produces(MediaType.APPLICATION_JSON)
    @Operation(
            operationId = "createEmbedding",
            summary = "Refuses to embed a text.",
            description = "Llama 4 is trained to go on with text, not to place texts in a space: the answer is always"
                    + " an error with the code `unsupported_model`.")
    @APIResponse(
            responseCode = "400",
            description = "The model gives no embeddings.",
            content =
                    @Content(
                            mediaType = MediaType.APPLICATION_JSON,
                            schema = @Schema(implementation = dev.herd.api.openai.ErrorBody.class)))
    public Response create(@NotNull @Valid EmbeddingRequest request) {
        models.current().requireName(request.model());
        throw ApiException.invalidRequest(
                400,
                "The model '" + request.model() + "' gives no embeddings; use a model that is made for them.",
                "model",
                "unsupported_model");
    }
}
