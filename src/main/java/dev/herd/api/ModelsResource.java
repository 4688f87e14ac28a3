package dev.herd.api;

import dev.herd.api.openai.ApiException;
import dev.herd.api.openai.ErrorBody;
import dev.herd.api.openai.ModelObject;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** {@code /v1/models}: which model this server has. */
@Path("/v1/models")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "Models")
@APIResponse(
        responseCode = "503",
        description = "The model is being loaded, or the server shuts down.",
        content = @Content(schema = @Schema(implementation = ErrorBody.class)))
final class ModelsResource {
    private final ModelSource models;
    private final CallerLimits limits;

    ModelsResource(ModelSource models, CallerLimits limits) {
        this.models = models;
        this.limits = limits;
    }

    @GET
    @Operation(operationId = "listModels", summary = "Lists the models.", description = "A server has one.")
    @APIResponse(
            responseCode = "200",
            description = "The models.",
            content = @Content(schema = @Schema(implementation = ModelObject.Listing.class)))
    public ModelObject.Listing list() {
        ServedModel model = models.current();
        return limits.allowsModel(model.name())
                ? ModelObject.Listing.of(object(model))
                : new ModelObject.Listing("list", List.of());
    }

    @GET
    @Path("{model: .+}")
    @Operation(
            operationId = "retrieveModel",
            summary = "Describes a model.",
            description = "Under the name that requests use.")
    @APIResponse(
            responseCode = "200",
            description = "The model.",
            content = @Content(schema = @Schema(implementation = ModelObject.class)))
    @APIResponse(
            responseCode = "404",
            description = "There is no such model.",
            content = @Content(schema = @Schema(implementation = ErrorBody.class)))
    public ModelObject retrieve(@PathParam("model") String name) {
        ServedModel model = models.current();
        if (!model.name().equals(name) || !limits.allowsModel(name)) {
            throw ApiException.modelNotFound(name);
        }
        return object(model);
    }

    private static ModelObject object(ServedModel model) {
        return ModelObject.of(model.name(), model.loaded().getEpochSecond());
    }
}
