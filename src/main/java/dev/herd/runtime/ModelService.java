package dev.herd.runtime;

import dev.herd.api.ModelSource;
import dev.herd.api.ServedModel;
import dev.herd.api.openai.ApiException;
import dev.herd.api.openai.SamplingDefaults;
import dev.herd.engine.EngineStatus;
import dev.herd.weights.Checkpoint.GenerationDefaults;
import dev.herd.weights.CheckpointException;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.ShutdownDelayInitiatedEvent;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.quarkus.vertx.http.HttpServer;
import io.quarkus.vertx.http.HttpServerStart;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.event.ObservesAsync;
import jakarta.inject.Singleton;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jboss.logging.Logger;

/**
 * The life of the server's model: it is opened beside Quarkus' own start, so that the port answers first, and drained
 * before the port closes.
 */
@Singleton
final class ModelService implements ModelSource {
    private static final Logger LOG = Logger.getLogger("dev.herd");
    private static final Duration LOADING_RETRY = Duration.ofSeconds(2);
    private static final Duration PORT_POLL = Duration.ofMillis(2);

    private final HerdConfig config;
    private final ModelOpener opener;
    private final InstantSource clock;
    private final AtomicReference<State> state = new AtomicReference<>(State.LOADING);
    private final CountDownLatch attempt = new CountDownLatch(1);

    ModelService(HerdConfig config, ModelOpener opener, InstantSource clock) {
        this.config = config;
        this.opener = opener;
        this.clock = clock;
    }

    @Override
    public ServedModel current() {
        return switch (state.get()) {
            case State.Loading loading -> throw ApiException.modelLoading(LOADING_RETRY);
            case State.Ready(LoadedModel model, ServedModel served) -> served;
            case State.Stopping stopping -> throw ApiException.shuttingDown();
        };
    }

    /** Whether requests are accepted. */
    boolean isReady() {
        return state.get() instanceof State.Ready;
    }

    /** Whether the model has been opened, be it that the process is already about to end. */
    boolean isLoaded() {
        return !(state.get() instanceof State.Loading);
    }

    /** Waits until the model has been opened or has failed to be: until then memory of a device's is its own to take. */
    void awaitAttempt() {
        try {
            attempt.await();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while the served model was opened", interrupted);
        }
    }

    /** What the engine does; empty while there is none. */
    Optional<EngineStatus> engineStatus() {
        return switch (state.get()) {
            case State.Loading loading -> Optional.empty();
            case State.Ready(LoadedModel model, ServedModel served) ->
                Optional.of(model.engine().status());
            case State.Stopping(Optional<LoadedModel> model) ->
                model.map(stopping -> stopping.engine().status());
        };
    }

    /** A port that was left to the system is known a moment after the socket is open, and Quarkus tells nobody. */
    void announce(@ObservesAsync HttpServerStart event, HttpServer server) {
        int port = event.options().getPort();
        while (port <= 0) {
            LockSupport.parkNanos(PORT_POLL.toNanos());
            port = server.getPort();
        }
        LOG.infof("listening on http://%s:%d", event.options().getHost(), port);
    }

    void load(@Observes StartupEvent event) {
        Thread.ofPlatform().name("herd-load").daemon().start(this::load);
    }

    private void load() {
        long start = System.nanoTime();
        LoadedModel model;
        try {
            model = opener.open(config.modelSettings());
        } catch (CheckpointException | IllegalArgumentException | IllegalStateException unusable) {
            failPlainly(unusable);
            return;
        } catch (RuntimeException | Error broken) {
            LOG.error("the model could not be opened", broken);
            Quarkus.asyncExit(1);
            return;
        } finally {
            attempt.countDown();
        }
        publish(model, System.nanoTime() - start);
    }

    private void publish(LoadedModel model, long nanos) {
        try {
            ServedModel served = served(model);
            model.engine().start(() -> leave(model));
            model.remarks().forEach(LOG::info);
            LOG.infof("%s; loaded in %s s", model.description(), seconds(nanos));
            if (!state.compareAndSet(State.LOADING, new State.Ready(model, served))) {
                model.close(); // the process has begun to end meanwhile
            }
        } catch (CheckpointException unusable) {
            model.close();
            failPlainly(unusable);
        }
    }

    /** The device is gone: requests have been told, no new ones are taken, and the platform is to start another process. */
    private void leave(LoadedModel model) {
        LOG.error("nothing can be computed any more; the process ends");
        state.set(new State.Stopping(Optional.of(model)));
        Quarkus.asyncExit(1);
    }

    private ServedModel served(LoadedModel model) {
        GenerationDefaults defaults = model.checkpoint().generationDefaults();
        return new ServedModel(
                config.modelName().orElse(model.checkpoint().name()),
                clock.instant(),
                model.tokenizer(),
                model.promptFormat(),
                model.stopTokens(),
                new SamplingDefaults(defaults.temperature(), defaults.topP(), defaults.topK()),
                model.checkpoint().config().vocabularySize(),
                model.contextLength(),
                fingerprint(model),
                model.requestLimit(),
                model.vision()
                        .flatMap(tower ->
                                model.pictureTokens().map(tokens -> new ServedModel.Sight(tower.tileSize(), tokens))),
                model.engine());
    }

    /** Tells models, kernels and sizes apart: what decides which answer a seed gives. */
    private static String fingerprint(LoadedModel model) {
        try {
            byte[] hash =
                    MessageDigest.getInstance("SHA-256").digest(model.identity().getBytes(StandardCharsets.UTF_8));
            return "fp_" + HexFormat.of().formatHex(hash, 0, 5);
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    /** The message says it all. */
    private static void failPlainly(RuntimeException unusable) {
        LOG.error(unusable.getMessage());
        Quarkus.asyncExit(1);
    }

    /** The port is still open: health checks see that the process is about to end while answers are completed. */
    void drain(@Observes ShutdownDelayInitiatedEvent event) {
        State before =
                state.getAndUpdate(current -> current instanceof State.Ready(LoadedModel model, ServedModel served)
                        ? new State.Stopping(Optional.of(model))
                        : new State.Stopping(Optional.empty()));
        if (before instanceof State.Ready(LoadedModel model, ServedModel served)) {
            EngineStatus status = model.engine().status();
            if (status.running() + status.waiting() > 0) {
                LOG.infof(
                        "finishing %d running and %d waiting requests, for at most %s s",
                        status.running(),
                        status.waiting(),
                        seconds(config.gracePeriod().toNanos()));
            }
            if (!model.engine().drain(config.gracePeriod())) {
                LOG.warn("the grace period is over; the remaining requests were cancelled");
            }
        }
    }

    void close(@Observes ShutdownEvent event) {
        State before = state.getAndSet(new State.Stopping(Optional.empty()));
        switch (before) {
            case State.Loading loading -> {}
            case State.Ready(LoadedModel model, ServedModel served) -> model.close();
            case State.Stopping(Optional<LoadedModel> model) -> model.ifPresent(LoadedModel::close);
        }
    }

    private static String seconds(long nanos) {
        return String.format(Locale.ROOT, "%.2f", nanos / 1e9);
    }

    private sealed interface State {
        State LOADING = new Loading();

        record Loading() implements State {}

        record Ready(LoadedModel model, ServedModel served) implements State {}

        record Stopping(Optional<LoadedModel> model) implements State {}
    }
}
