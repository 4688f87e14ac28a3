package dev.herd.api;

import org.eclipse.microprofile.openapi.OASFilter;
import org.eclipse.microprofile.openapi.models.OpenAPI;
import org.eclipse.microprofile.openapi.models.media.Schema;

/** Corrects what the annotations cannot say in the API's description. */
public final class OpenApiRules implements OASFilter {
    @Override
    public void filterOpenAPI(OpenAPI document) {
        Schema content = document.getComponents().getSchemas().get("MessageContent");
        if (content != null) {
            content.setType(null); // a string or an array, as its oneOf says; never an object
        }
    }
}
