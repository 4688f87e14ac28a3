package dev.herd.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.herd.golden.Golden;
import dev.herd.guard.KnowingGuard;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The packaged server with a Llama Guard, and with guards that cannot be. */
class GuardIT {
    private static final String POLICY =
            "{\"content\":{\"guard\":\"llama-guard-4\"},\"promptAttack\":{\"model\":\"none\"},"
                    + "\"failure\":{\"timeoutMs\":10000}}";
    private static final String CHAT =
            "{\"model\":\"herd-tiny\",\"max_tokens\":2,\"messages\":[{\"role\":\"user\",\"content\":"
                    + "\"hello %s\"}]}";

    @TempDir
    Path folder;

    @Test
    void aLlamaGuardJudgesWhatItsPolicyWants() throws IOException {
        KnowingGuard.write(folder);
        Path policy = Files.writeString(folder.resolve("policy.json"), POLICY);
        try (HerdProcess herd = HerdProcess.startReady(Map.of(
                "HERD_GUARD_MODEL", folder.toString(),
                "HERD_GUARD_CONTEXT", "4096",
                "HERD_SAFETY_POLICY", policy.toString()))) {
            HttpResponse<String> harmless = herd.chat(CHAT.formatted(""));
            HttpResponse<String> unsafe = herd.chat(CHAT.formatted(KnowingGuard.UNSAFE));

            assertThat(herd.log()).contains("guard llama-guard-4:");
            assertThat(harmless.statusCode()).isEqualTo(200);
            assertThat(harmless.headers().firstValue("X-Safety-Action")).contains("allow");
            assertThat(unsafe.statusCode()).isEqualTo(400);
            assertThat(unsafe.body()).contains("\"code\":\"content_filter\"", "\"code\":\"S2\"");
        }
    }

    @Test
    void aModelThatIsNoGuardEndsTheProcessWithASentence() {
        String plain = Golden.folder("guard").toAbsolutePath().toString();
        try (HerdProcess herd = HerdProcess.start(Map.of("HERD_GUARD_MODEL", plain))) {
            assertThat(herd.awaitExit()).isEqualTo(1);
            assertThat(herd.log()).contains("'unsafe' is 2 tokens").doesNotContain("Exception", "\tat ");
        }
    }

    @Test
    void aModerationGuardThatIsNotThereEndsTheProcessWithItsName() {
        try (HerdProcess herd = HerdProcess.start(Map.of("HERD_GUARD_MODERATION", "nobody"))) {
            assertThat(herd.awaitExit()).isEqualTo(1);
            assertThat(herd.log())
                    .contains("herd.guard.moderation: there is no guard 'nobody' here, but [rules]")
                    .doesNotContain("Exception", "\tat ");
        }
    }
}
