package dev.herd.runtime;

import dev.herd.api.AnswerRecorder;
import dev.herd.engine.EngineStatus;
import dev.herd.engine.GenerationStats;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.quarkus.runtime.Startup;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The metrics of engine and answers. Schedulers that know vLLM's names find the same figures under these too.
 */
@Startup
@Singleton
final class ModelMetrics implements AnswerRecorder {
    private static final Duration[] FIRST_TOKEN_BUCKETS =
            millis(5, 20, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000);
    private static final Duration[] TOKEN_BUCKETS = millis(1, 2, 5, 10, 25, 50, 100, 250, 500, 1000);
    private static final Duration[] REQUEST_BUCKETS =
            millis(50, 250, 1000, 2500, 5000, 10_000, 30_000, 60_000, 120_000, 300_000);

    private final ModelService models;
    private final Timer firstToken;
    private final Timer token;
    private final Timer queued;
    private final Counter failures;
    private final Map<Outcome, Timer> requests;

    ModelMetrics(MeterRegistry registry, ModelService models) {
        this.models = models;
        this.firstToken = timer("herd.time.to.first.token", "From submission to the first token", FIRST_TOKEN_BUCKETS)
                .register(registry);
        this.token = timer("herd.inter.token.latency", "Between two tokens of an answer", TOKEN_BUCKETS)
                .register(registry);
        this.queued = timer(
                        "herd.request.queue.time", "From submission to the first computed slice", FIRST_TOKEN_BUCKETS)
                .register(registry);
        this.failures = Counter.builder("herd.request.failures")
                .description("Requests lost to an error of the engine")
                .register(registry);
        this.requests = Stream.of(Outcome.values())
                .collect(Collectors.toMap(outcome -> outcome, outcome -> requestTimer(registry, outcome)));
        gauge(registry, "herd.requests.running", "vllm:num_requests_running", EngineStatus::running);
        gauge(registry, "herd.requests.waiting", "vllm:num_requests_waiting", EngineStatus::waiting);
        gauge(registry, "herd.kv.usage.ratio", "vllm:kv_cache_usage_perc", ModelMetrics::kvUsage);
        counter(registry, "herd.prompt.tokens", "vllm:prompt_tokens", EngineStatus::promptTokens);
        counter(registry, "herd.generation.tokens", "vllm:generation_tokens", EngineStatus::generatedTokens);
        counter(registry, "herd.prefix.cache.tokens", "vllm:prefix_cache_hits", EngineStatus::sharedTokens);
        counter(registry, "herd.image.cache.hits", status -> status.images().hits());
        counter(registry, "herd.image.cache.misses", status -> status.images().misses());
        counter(registry, "herd.image.tiles", status -> status.images().encodedTiles());
        Gauge.builder(
                        "herd.image.cache.bytes",
                        models,
                        source -> read(source, status -> status.images().cachedBytes()))
                .register(registry);
    }

    @Override
    public void finished(Outcome outcome, GenerationStats stats) {
        Timer timer = requests.get(outcome);
        if (timer != null) {
            timer.record(stats.total());
        }
        queued.record(stats.queued());
        if (stats.completionTokens() > 0) {
            firstToken.record(stats.timeToFirstToken());
        }
    }

    @Override
    public void tokenAfter(Duration gap) {
        token.record(gap);
    }

    @Override
    public void failed() {
        failures.increment();
    }

    private void gauge(MeterRegistry registry, String name, String alias, ToDoubleFunction<EngineStatus> figure) {
        for (String each : new String[] {name, alias}) {
            Gauge.builder(each, models, source -> read(source, figure)).register(registry);
        }
    }

    private void counter(MeterRegistry registry, String name, String alias, ToDoubleFunction<EngineStatus> figure) {
        counter(registry, name, figure);
        counter(registry, alias, figure);
    }

    private void counter(MeterRegistry registry, String name, ToDoubleFunction<EngineStatus> figure) {
        FunctionCounter.builder(name, models, source -> read(source, figure)).register(registry);
    }

    private static double read(ModelService source, ToDoubleFunction<EngineStatus> figure) {
        return source.engineStatus().map(figure::applyAsDouble).orElse(0.0);
    }

    private static double kvUsage(EngineStatus status) {
        return status.blockCount() == 0 ? 0 : (double) status.usedBlocks() / status.blockCount();
    }

    private static Timer requestTimer(MeterRegistry registry, Outcome outcome) {
        return timer("herd.request.duration", "From submission to the end", REQUEST_BUCKETS)
                .tag("finish_reason", outcome.name().toLowerCase(Locale.ROOT))
                .register(registry);
    }

    private static Timer.Builder timer(String name, String description, Duration[] buckets) {
        return Timer.builder(name).description(description).serviceLevelObjectives(buckets);
    }

    private static Duration[] millis(long... millis) {
        return Arrays.stream(millis).mapToObj(Duration::ofMillis).toArray(Duration[]::new);
    }
}
