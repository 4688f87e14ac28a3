package dev.herd.runtime;

import java.nio.file.Path;
import java.util.Optional;

/** The configuration of safety. */
public interface SafetyConfig {
    /** JSON file with the policy of a server without tenants. Default: the built-in one. */
    Optional<Path> policy();

    /** JSON file with what every policy must demand at least. Default: nothing. */
    Optional<Path> floor();
}
