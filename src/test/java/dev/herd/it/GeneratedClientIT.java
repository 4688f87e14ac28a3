package dev.herd.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The Java client that openapi-generator makes of our document; .ci/clients has the other languages, too. */
class GeneratedClientIT {
    @Test
    void javaClientIsContent() throws Exception {
        String output = Commands.run(
                Path.of(".."),
                Map.of("HERD_URL", HerdProcess.shared().url(), "JAVA_HOME", System.getProperty("java.home")),
                ".ci/clients",
                "java");

        assertThat(output).endsWith("the generated java client is content\n");
    }
}
