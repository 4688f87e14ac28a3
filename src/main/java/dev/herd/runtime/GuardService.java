package dev.herd.runtime;

import dev.herd.guard.LlamaGuard;
import dev.herd.guard.RemoteChatGuard;
import dev.herd.guard.RemoteModerationGuard;
import dev.herd.safety.ContentGuard;
import dev.herd.safety.Guards;
import dev.herd.safety.InjectionDetector;
import dev.herd.safety.RulesGuard;
import dev.herd.weights.CheckpointException;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jboss.logging.Logger;

/**
 * The life of the guards that are models: they are opened beside the served model, on a thread of their own, and closed
 * with the process. Until they are there, who asks them is told so. A device is the served model's first: only what it leaves
 * is for guards.
 */
@Singleton
final class GuardService {
    private static final Logger LOG = Logger.getLogger("dev.herd");
    private static final int BEFORE_ALL_OTHERS = 50;

    private final GuardConfig config;
    private final HerdConfig server;
    private final Runnable servedModelFirst;
    private final Opener opener;
    private final RulesGuard rules = new RulesGuard();
    private final LateGuard<ContentGuard> llamaGuard;
    private final LateGuard<InjectionDetector> promptGuard;
    private final List<AutoCloseable> opened = new ArrayList<>();
    private boolean isClosed;

    @Inject
    GuardService(HerdConfig server, ModelService models) {
        this(server, models::awaitAttempt, LoadedModel::open);
    }

    /** @param servedModelFirst waits until the served model has come to a device, or will not */
    GuardService(HerdConfig server, Runnable servedModelFirst, Opener opener) {
        this.server = server;
        this.servedModelFirst = servedModelFirst;
        this.opener = opener;
        this.config = server.guard();
        this.llamaGuard = new LateGuard<>(config.name());
        this.promptGuard = new LateGuard<>(config.promptGuardName());
    }

    /** How a model is opened. */
    @FunctionalInterface
    interface Opener {
        /**
         * Opens it.
         *
         * @param beforeDevice runs before a device is asked for its memory
         */
        LoadedModel open(ModelSettings settings, Runnable beforeDevice);
    }

    /** All guards of this server; the rules are always among them, and first. They are alone if there is a mistake. */
    Guards guards() {
        return mistake().isEmpty() ? new Guards(content(), detectors()) : new Guards(List.of(rules), List.of(rules));
    }

    private List<ContentGuard> content() {
        List<ContentGuard> content = new ArrayList<>(List.of(rules));
        config.model().ifPresent(path -> content.add(LateGuard.content(llamaGuard)));
        config.remote().forEach((name, remote) -> content.add(remote(name, remote)));
        return content;
    }

    private List<InjectionDetector> detectors() {
        List<InjectionDetector> detectors = new ArrayList<>(List.of(rules));
        config.promptGuard().ifPresent(path -> detectors.add(LateGuard.detector(promptGuard)));
        return detectors;
    }

    /** What in the configuration keeps the server from starting; empty if it can be. */
    Optional<String> mistake() {
        List<String> names = content().stream().map(ContentGuard::name).toList();
        List<String> detectors =
                detectors().stream().map(InjectionDetector::name).toList();
        if (!names.contains(moderation())) {
            return Optional.of("herd.guard.moderation: there is no guard '" + moderation() + "' here, but " + names);
        }
        return Stream.of(names, detectors)
                .flatMap(kind -> kind.stream().filter(name -> Collections.frequency(kind, name) > 1))
                .findFirst()
                .map(name -> "herd.guard: two guards have the name '" + name + "'");
    }

    /** The guard that answers moderation requests. */
    String moderation() {
        return config.moderation()
                .or(() -> config.model().map(path -> config.name()))
                .or(() -> config.remote().keySet().stream().sorted().findFirst())
                .orElse(RulesGuard.NAME);
    }

    private static ContentGuard remote(String name, GuardConfig.Remote remote) {
        return switch (remote.kind()) {
            case CHAT -> new RemoteChatGuard(name, remote.model(), remote.url(), remote.apiKey());
            case MODERATION -> new RemoteModerationGuard(name, remote.model(), remote.url(), remote.apiKey());
        };
    }

    /** Whether every guard that is configured is loaded. */
    boolean isReady() {
        return (config.model().isEmpty() || llamaGuard.isComplete())
                && (config.promptGuard().isEmpty() || promptGuard.isComplete());
    }

    void load(@Observes @Priority(BEFORE_ALL_OTHERS) StartupEvent event) {
        Optional<String> mistake = mistake();
        if (mistake.isPresent()) {
            LOG.error(mistake.get());
            Quarkus.asyncExit(1);
            return;
        }
        if (!isReady()) {
            Thread.ofPlatform().name("herd-guard-load").daemon().start(this::load);
        }
    }

    private void load() {
        try {
            config.promptGuard().ifPresent(path -> promptGuard.complete(openPromptGuard(path))); // waits for nobody
            config.model().ifPresent(path -> llamaGuard.complete(openLlamaGuard(path)));
        } catch (CheckpointException | IllegalArgumentException | IllegalStateException unusable) {
            LOG.errorf("guard: %s", unusable.getMessage());
            Quarkus.asyncExit(1);
        } catch (RuntimeException | Error broken) {
            LOG.error("a guard could not be opened", broken);
            Quarkus.asyncExit(1);
        }
    }

    private ContentGuard openLlamaGuard(Path path) {
        ModelSettings settings = config.modelSettings(path, servedThreads())
                .withKernels(server.kernels())
                .withKvType(server.kvType().type())
                .withBackend(new BackendSettings(server.backend(), server.kernelCache()).besideIt());
        LoadedModel model = keep(opener.open(settings, servedModelFirst));
        LlamaGuard guard = new LlamaGuard(config.name(), config.template(), asked(model), scoreMode());
        model.engine().start();
        LOG.infof("guard %s: %s", config.name(), model.description());
        return guard;
    }

    private static LlamaGuard.Model asked(LoadedModel model) {
        return new LlamaGuard.Model(
                model.name(),
                model.engine(),
                model.tokenizer(),
                model.pictureTokens(),
                model.vision().map(tower -> tower.tileSize()).orElse(0),
                Set.copyOf(model.checkpoint().generationDefaults().stopTokens()),
                model.contextLength());
    }

    private LlamaGuard.ScoreMode scoreMode() {
        return switch (config.scoreMode()) {
            case FIXED_POSITION -> LlamaGuard.ScoreMode.FIXED_POSITION;
            case MARGINAL -> LlamaGuard.ScoreMode.MARGINAL;
        };
    }

    private InjectionDetector openPromptGuard(Path path) {
        LoadedClassifier classifier = keep(LoadedClassifier.open(
                path, config.promptGuardName(), server.kernels(), config.threads(servedThreads())));
        LOG.infof("guard %s: %s", config.promptGuardName(), classifier.guard().revision());
        return classifier.guard();
    }

    private int servedThreads() {
        return server.modelSettings().threads();
    }

    private synchronized <T extends AutoCloseable> T keep(T model) {
        opened.add(model);
        if (isClosed) {
            close();
            throw new IllegalStateException("the server has been closed while its guards were loaded");
        }
        return model;
    }

    void close(@Observes ShutdownEvent event) {
        close();
    }

    private synchronized void close() {
        isClosed = true;
        for (AutoCloseable model : opened.reversed()) {
            try {
                model.close();
            } catch (Exception broken) {
                LOG.warn("a guard could not be closed", broken);
            }
        }
        opened.clear();
    }
}
