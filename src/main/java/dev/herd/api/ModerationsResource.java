package dev.herd.api;

import dev.herd.api.openai.ErrorBody;
import dev.herd.api.openai.Moderation;
import dev.herd.api.openai.ModerationRequest;
import dev.herd.safety.ContentGuard;
import io.smallrye.common.annotation.Blocking;
import io.vertx.ext.web.RoutingContext;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotNull;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** {@code POST /v1/moderations}: what a guard says of texts and pictures, in OpenAI's form. */
@Path("/v1/moderations")
@Tag(name = "Moderations")
final class ModerationsResource {
    private final Moderations moderations;

    ModerationsResource(Moderations moderations) {
        this.moderations = moderations;
    }

    /** Asks the guard. */
    @POST
    @Blocking
    @Consumes(MediaType.APPLICATION_JSON)
    @Produces(MediaType.APPLICATION_JSON)
    @Operation(
            operationId = "createModeration",
            summary = "Judges texts and pictures.",
            description = "Every input is judged as what a user says. `model` of the answer names the guard that was"
                    + " asked; without a guard model this is `rules`, which knows phrases and nothing more.")
    @APIResponse(
            responseCode = "200",
            description = "The judgements.",
            content = @Content(schema = @Schema(implementation = Moderation.class)))
    @APIResponse(
            responseCode = "400",
            description = "The input has none of the forms, or a picture cannot be read.",
            content = @Content(schema = @Schema(implementation = ErrorBody.class)))
    @APIResponse(
            responseCode = "404",
            description = "There is no such guard.",
            content = @Content(schema = @Schema(implementation = ErrorBody.class)))
    @APIResponse(
            responseCode = "503",
            description = "The guard gives no answer, or is being loaded.",
            content = @Content(schema = @Schema(implementation = ErrorBody.class)))
    public Moderation create(@NotNull @Valid ModerationRequest request, @Context RoutingContext http) {
        ContentGuard guard = moderations.guard(request.model());
        return new Moderation(
                Ids.make("modr-"),
                guard.name(),
                moderations.results(request, guard, Access.of(http).caller()));
    }
}
