package dev.herd.runtime;

/** How the server comes to its model. A bean of its own, so that tests can open another one. */
@FunctionalInterface
public interface ModelOpener {
    /** Opens the model; failures are those of {@link LoadedModel#open}. */
    LoadedModel open(ModelSettings settings);
}
