package dev.herd.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.herd.guard.KnowingClassifier;
import dev.herd.guard.KnowingGuard;
import dev.herd.safety.ContentGuard;
import dev.herd.safety.Direction;
import dev.herd.safety.GuardCategory;
import dev.herd.safety.GuardException;
import dev.herd.safety.GuardException.Status;
import dev.herd.safety.GuardQuery;
import dev.herd.safety.GuardSettings;
import dev.herd.safety.GuardSettings.CategoryMode;
import dev.herd.safety.GuardTurn;
import dev.herd.safety.Guards;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which guards a configuration makes, and their life. */
class GuardServiceTest {
    @TempDir
    Path folder;

    private static GuardService service(Map<String, String> settings) {
        return new GuardService(HerdConfigTest.config(settings), () -> {}, LoadedModel::open);
    }

    private static GuardQuery query(String text) {
        return new GuardQuery(
                Direction.INPUT,
                List.of(new GuardTurn(GuardTurn.Speaker.USER, text)),
                GuardCategory.BUILT_IN,
                0.5,
                new GuardSettings("lg4-hf", CategoryMode.JOINT, 6, false),
                "",
                Duration.ofMinutes(1));
    }

    private static Map<String, String> remote(String name) {
        String prefix = "herd.guard.remote." + name + ".";
        return Map.of(
                prefix + "url", "https://guard.example.com/v1/moderations",
                prefix + "kind", "moderation",
                prefix + "model", "m");
    }

    @Test
    void withoutGuardsThereAreTheRules() {
        GuardService service = service(Map.of());

        assertThat(service.guards().contentNames()).containsExactly("rules");
        assertThat(service.guards().detectorNames()).containsExactly("rules");
        assertThat(service.moderation()).isEqualTo("rules");
        assertThat(service.isReady()).isTrue();
    }

    @Test
    void moderationRequestsAreAnsweredByTheGuardThatIsNamed() {
        assertThat(service(remote("far")).moderation()).isEqualTo("far");
        Map<String, String> named = new java.util.HashMap<>(remote("far"));
        named.put("herd.guard.moderation", "rules");
        assertThat(service(named).moderation()).isEqualTo("rules");
        named.put("herd.guard.moderation", "nobody");
        assertThat(service(named).mistake())
                .contains("herd.guard.moderation: there is no guard 'nobody' here, but [rules, far]");
        assertThat(service(named).guards().contentNames()).containsExactly("rules");
        assertThat(service(remote("far")).mistake()).isEmpty();
    }

    /** A guard that came first could take the memory that the served model needs. */
    @Test
    void aGuardComesToADeviceAfterTheServedModel() throws IOException {
        Path llamaGuard = Files.createDirectory(folder.resolve("llama-guard"));
        KnowingGuard.write(llamaGuard, false);
        HerdConfig config = HerdConfigTest.config(Map.of(
                "herd.guard.model", llamaGuard.toString(),
                "herd.guard.kv-memory", "64M",
                "herd.guard.context", "2048",
                "herd.kv-memory", "64M",
                "herd.context", "2048"));
        Queue<String> order = new ConcurrentLinkedQueue<>();
        Semaphore arrived = new Semaphore(0);
        SlowOpener served = new SlowOpener();
        ModelService models = new ModelService(
                config,
                settings -> {
                    LoadedModel model = served.open(settings);
                    order.add("served model");
                    return model;
                },
                InstantSource.system());
        GuardService guards = new GuardService(config, models::awaitAttempt, (settings, beforeDevice) -> {
            arrived.release();
            beforeDevice.run();
            order.add("guard");
            return LoadedModel.open(settings);
        });

        guards.load(new StartupEvent());
        models.load(new StartupEvent());
        arrived.acquireUninterruptibly();
        LockSupport.parkNanos(100_000_000);
        assertThat(order).as("both wait").isEmpty();
        served.proceed();
        while (!guards.isReady()) {
            LockSupport.parkNanos(1_000_000);
        }

        assertThat(order).containsExactly("served model", "guard");
        guards.close(new ShutdownEvent());
        models.close(new ShutdownEvent());
    }

    @Test
    void twoGuardsOfOneNameAreRefused() {
        assertThat(service(remote("rules")).mistake()).contains("herd.guard: two guards have the name 'rules'");
        assertThat(service(Map.of("herd.guard.prompt-guard", "somewhere", "herd.guard.prompt-guard-name", "rules"))
                        .mistake())
                .contains("herd.guard: two guards have the name 'rules'");
    }

    @Test
    void guardsAreUnavailableUntilTheyAreLoadedAndAfterTheyAreClosed() throws IOException, GuardException {
        Path llamaGuard = Files.createDirectory(folder.resolve("llama-guard"));
        Path promptGuard = Files.createDirectory(folder.resolve("prompt-guard"));
        KnowingGuard.write(llamaGuard, false);
        KnowingClassifier.write(promptGuard);
        GuardService service = service(Map.of(
                "herd.guard.model", llamaGuard.toString(),
                "herd.guard.prompt-guard", promptGuard.toString(),
                "herd.guard.kv-memory", "64M",
                "herd.guard.context", "2048",
                "herd.guard.threads", "1"));
        Guards guards = service.guards();
        ContentGuard guard = guards.content("llama-guard-4").orElseThrow();

        assertThat(guards.detectorNames()).containsExactly("pg2-86m", "rules");
        assertThat(service.moderation()).isEqualTo("llama-guard-4");
        assertThat(service.isReady()).isFalse();
        assertThat(guard.seesPictures()).as("so that pictures wait for it").isTrue();
        assertThatThrownBy(() -> guard.assess(query("hello"))).isInstanceOfSatisfying(GuardException.class, early -> {
            assertThat(early.status()).isEqualTo(Status.UNAVAILABLE);
            assertThat(early).hasMessageContaining("is being loaded");
        });

        service.load(new StartupEvent());
        while (!service.isReady()) {
            LockSupport.parkNanos(1_000_000);
        }

        assertThat(guard.seesPictures()).as("without a tower").isFalse();
        assertThat(guard.revision()).contains("llama-guard");
        assertThat(guard.assess(query("hello")).unsafe()).isLessThan(0.01);
        assertThat(guard.assess(query("hello " + KnowingGuard.UNSAFE)).byCode()).containsOnlyKeys("S2");
        service.close(new ShutdownEvent());
        assertThatThrownBy(() -> guard.assess(query("hello")))
                .isInstanceOfSatisfying(
                        GuardException.class, late -> assertThat(late.status()).isEqualTo(Status.UNAVAILABLE));
    }
}
