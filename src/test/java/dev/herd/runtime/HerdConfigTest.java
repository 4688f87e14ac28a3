package dev.herd.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.herd.kernels.TensorType;
import io.quarkus.runtime.configuration.DurationConverter;
import io.quarkus.runtime.configuration.MemorySize;
import io.quarkus.runtime.configuration.MemorySizeConverter;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.smallrye.config.WithDefault;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class HerdConfigTest {
    /** Settings for which the launcher has a flag of their own. */
    private static final Set<String> FLAGS =
            Set.of("model", "mmproj", "threads", "context", "kernels", "kv-type", "backend", "kernel-cache");

    private static final Path DOCUMENT = Path.of("../docs/configuration.md");

    @Test
    void everySettingIsDocumentedInAllItsForms() throws Exception {
        String document = Files.readString(DOCUMENT);

        for (Setting setting : settings()) {
            String name = setting.name();
            WithDefault standard = setting.method().getAnnotation(WithDefault.class);
            String row = "| `herd." + name + "` | `HERD_"
                    + name.replaceAll("[-.]", "_").toUpperCase(Locale.ROOT) + "` | `"
                    + (FLAGS.contains(name) ? "--" + name : "-Dherd." + name + "=…") + "` | "
                    + (standard == null ? "" : "`" + standard.value() + "` |");
            assertThat(document).contains(row);
        }
        assertThat(document.lines().filter(line -> line.startsWith("| `herd."))).hasSameSizeAs(settings());
    }

    private record Setting(String name, Method method) {}

    private static List<Setting> settings() {
        return settings("", HerdConfig.class).toList();
    }

    /** A method that returns a part of the configuration stands for the settings of that part. */
    private static Stream<Setting> settings(String prefix, Class<?> part) {
        return Arrays.stream(part.getDeclaredMethods())
                .filter(method -> Modifier.isAbstract(method.getModifiers()))
                .flatMap(method -> {
                    String name = prefix
                            + method.getName().replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
                    Class<?> type = method.getReturnType();
                    return type.isInterface() && type.getPackage() == HerdConfig.class.getPackage()
                            ? settings(name + ".", type)
                            : Stream.of(new Setting(name, method));
                });
    }

    @Test
    void defaultsAreThoseOfTheModelSettings() {
        assertThat(config(Map.of()).modelSettings()).isEqualTo(ModelSettings.defaults());
    }

    @Test
    void settingsReachTheModel() {
        HerdConfig config = config(Map.of(
                "herd.model", "models/scout.gguf",
                "herd.threads", "3",
                "herd.context", "1234",
                "herd.kv-type", "f32",
                "herd.kv-memory", "2G",
                "herd.kernels", "scalar",
                "herd.max-running", "4",
                "herd.max-queued", "0",
                "herd.prefill-slice", "17",
                "herd.grace-period", "90s"));

        ModelSettings settings = config.modelSettings();

        assertThat(settings.model()).contains(Path.of("models/scout.gguf"));
        assertThat(settings.threads()).isEqualTo(3);
        assertThat(settings.contextLength()).isEqualTo(OptionalInt.of(1234));
        assertThat(settings.kvType()).isEqualTo(TensorType.F32);
        assertThat(settings.kvBytes()).isEqualTo(OptionalLong.of(2L << 30));
        assertThat(settings.kernels()).contains("scalar");
        assertThat(settings.maxRunning()).hasValue(4);
        assertThat(settings.maxQueued()).isZero();
        assertThat(settings.prefillSlice()).hasValue(17);
        assertThat(config.gracePeriod()).isEqualTo(Duration.ofSeconds(90));
    }

    @Test
    void everyTypeOfKeysAndValuesCanBeConfigured() {
        Map<String, TensorType> types = Map.of("f16", TensorType.F16, "f32", TensorType.F32, "q8_0", TensorType.Q8_0);

        types.forEach((value, type) -> assertThat(
                        config(Map.of("herd.kv-type", value)).modelSettings().kvType())
                .as(value)
                .isEqualTo(type));
    }

    @Test
    void emptyModelIsTheBuiltInOne() {
        assertThat(config(Map.of("herd.model", "")).modelSettings().model()).isEmpty();
    }

    static HerdConfig config(Map<String, String> values) {
        return new SmallRyeConfigBuilder()
                .withMapping(HerdConfig.class)
                .withConverter(Duration.class, 200, new DurationConverter())
                .withConverter(MemorySize.class, 200, new MemorySizeConverter())
                .withDefaultValues(values)
                .build()
                .getConfigMapping(HerdConfig.class);
    }
}
