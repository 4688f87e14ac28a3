package dev.herd.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledIfSystemProperty;

/** Spectral's rules for OpenAPI documents and ours. */
class SpectralIT {
    private static final Path SOURCE = Path.of("test/spectral");
    private static final Path WORK = Path.of("target/spectral");

    @Test
    @DisabledIfSystemProperty(named = "skipNode", matches = "true")
    void documentHasNothingToComplainAbout() throws Exception {
        Files.createDirectories(WORK);
        for (String file : new String[] {"package.json", "package-lock.json", ".npmrc", ".spectral.yaml"}) {
            Files.copy(SOURCE.resolve(file), WORK.resolve(file), StandardCopyOption.REPLACE_EXISTING);
        }
        Files.copy(Path.of("../openapi/herd.yaml"), WORK.resolve("herd.yaml"), StandardCopyOption.REPLACE_EXISTING);
        Commands.run(WORK, Map.of(), "npm", "ci", "--no-audit", "--no-fund");

        String output = Commands.run(
                WORK,
                Map.of(),
                "node_modules/.bin/spectral",
                "lint",
                "--ruleset",
                ".spectral.yaml",
                "--fail-severity",
                "hint",
                "herd.yaml");

        assertThat(output).contains("No results with a severity of 'hint' or higher found!");
    }
}
