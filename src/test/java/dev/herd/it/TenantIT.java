package dev.herd.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.herd.tenant.Database;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The packaged server with tenants: killed (SIGKILL) while it makes keys, it has lost none that somebody was given. */
class TenantIT {
    private static final int KEYS_BEFORE_THE_KILL = 15;
    private static final int GLANCES = 500;
    private static final Pattern KEY = Pattern.compile("\"key\":\"([^\"]+)\"");

    @TempDir
    Path root;

    private final HttpClient http = HttpClient.newHttpClient();

    @Test
    void filesKeepWhatWasGiven() throws Exception {
        Map<String, String> settings = Map.of(
                "HERD_TENANTS_STORE",
                "files",
                "HERD_TENANTS_DIRECTORY",
                root.resolve("data").toString());
        List<String> keys;
        try (HerdProcess herd = HerdProcess.startReady(settings)) {
            keys = makeKeysUntilKilled(herd, adminKey());
        }
        try (HerdProcess herd = HerdProcess.startReady(settings)) {
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(root.resolve("data/admin.key"))))
                    .isEqualTo("rw-------");
            check(herd, adminKey(), keys);
        }
    }

    private String adminKey() throws IOException {
        return Files.readString(root.resolve("data/admin.key")).strip();
    }

    @Test
    void postgresKeepsWhatWasGivenAndTellsReplicas() throws Exception {
        String adminKey = "the operator's key for the replicas";
        Map<String, String> settings = new HashMap<>(Map.of(
                "HERD_TENANTS_STORE",
                "postgres",
                "HERD_TENANTS_POSTGRES_URL",
                Database.fresh().url(),
                "HERD_TENANTS_ADMIN_KEY",
                adminKey,
                "HERD_TENANTS_SERVER_KEY",
                Base64.getEncoder().encodeToString(new byte[32])));
        try (HerdProcess replica = HerdProcess.startReady(settings)) {
            List<String> keys;
            try (HerdProcess herd = HerdProcess.startReady(settings)) {
                keys = makeKeysUntilKilled(herd, adminKey);
            }
            for (int i = 0; i < GLANCES && models(replica, keys.getLast()) != 200; i++) {
                LockSupport.parkNanos(20_000_000);
            }
            check(replica, adminKey, keys);
        }
        settings.put(
                "HERD_TENANTS_SERVER_KEY",
                Base64.getEncoder().encodeToString("x".repeat(32).getBytes(StandardCharsets.US_ASCII)));
        try (HerdProcess stranger = HerdProcess.start(settings)) {
            assertThat(stranger.awaitExit()).isEqualTo(1);
            assertThat(stranger.log()).contains("the store was made with another server key");
        }
    }

    private List<String> makeKeysUntilKilled(HerdProcess herd, String adminKey) throws Exception {
        assertThat(post(herd, "/admin/v1/tenants", adminKey, "{\"id\":\"a\"}").statusCode())
                .isEqualTo(201);
        List<String> keys = new ArrayList<>();
        while (true) {
            try {
                HttpResponse<String> made =
                        post(herd, "/admin/v1/tenants/a/keys", adminKey, "{\"name\":\"k\",\"scopes\":[\"infer\"]}");
                Matcher key = KEY.matcher(made.body());
                assertThat(key.find()).as(made.body()).isTrue();
                keys.add(key.group(1));
            } catch (IOException killed) {
                assertThat(keys).hasSizeGreaterThanOrEqualTo(KEYS_BEFORE_THE_KILL);
                return keys;
            }
            if (keys.size() == KEYS_BEFORE_THE_KILL) {
                Thread.ofPlatform().start(herd::close);
            }
        }
    }

    private void check(HerdProcess herd, String adminKey, List<String> keys) throws Exception {
        for (String key : keys) {
            assertThat(models(herd, key)).isEqualTo(200);
        }
        assertThat(models(herd, keys.getFirst() + "x")).isEqualTo(401);
        HttpResponse<String> verdict = send(request(herd, "/admin/v1/tenants/a/audit/verdict", adminKey));
        assertThat(verdict.body()).contains("\"whole\":true");
        String audit =
                send(request(herd, "/admin/v1/tenants/a/audit", adminKey)).body();
        assertThat(audit.lines().filter(line -> line.contains("\"change\":\"create key\"")))
                .hasSizeGreaterThanOrEqualTo(keys.size());
        assertThat(herd.log()).doesNotContain("cannot be used");
    }

    private int models(HerdProcess herd, String key) throws Exception {
        return send(request(herd, "/v1/models", key)).statusCode();
    }

    private HttpResponse<String> post(HerdProcess herd, String path, String key, String body) throws Exception {
        return send(request(herd, path, key)
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(body)));
    }

    private static HttpRequest.Builder request(HerdProcess herd, String path, String key) {
        return HttpRequest.newBuilder(URI.create(herd.url() + path)).header("Authorization", "Bearer " + key);
    }

    private HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
        return http.send(request.build(), BodyHandlers.ofString());
    }
}
