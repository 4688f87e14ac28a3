package dev.herd.api.openai;

import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/**
 * A model that can be asked.
 *
 * @param created when it was loaded, seconds since 1970
 */
@JsonNaming(SnakeCaseStrategy.class)
@Schema(
        name = "Model",
        requiredProperties = {"id", "object", "created", "owned_by"})
public record ModelObject(String id, String object, long created, String ownedBy) {
    /** A model of this server. */
    public static ModelObject of(String id, long created) {
        return new ModelObject(id, "model", created, "herd");
    }

    /** All models of this server. */
    @Schema(
            name = "ModelList",
            requiredProperties = {"object", "data"})
    public record Listing(String object, List<ModelObject> data) {
        /** The list of them. */
        public static Listing of(ModelObject... models) {
            return new Listing("list", List.of(models));
        }
    }
}
