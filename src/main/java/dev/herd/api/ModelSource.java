package dev.herd.api;

import dev.herd.api.openai.ApiException;

/** Where the endpoint finds the model, which is loaded while the port already answers. */
public interface ModelSource {
    /**
     * The model.
     *
     * @throws ApiException 503 while it is loading and when the process is about to end
     */
    ServedModel current();
}
