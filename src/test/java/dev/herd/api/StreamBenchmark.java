package dev.herd.api;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.herd.api.StreamBody.SinkMaker;
import dev.herd.api.openai.FinishReasonName;
import dev.herd.api.openai.Usage;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;

/**
 * How many events one core writes: {@value #CLIENTS} clients read streams of small deltas that one event loop writes
 * through {@link StreamedAnswer} and {@link EventStream} over TCP, one flush per event, as an engine that decodes token by
 * token makes it do. The event loop's processor time is counted, so that the clients, which share the machine, are not.
 * See docs/perf/streams.md.
 */
final class StreamBenchmark {
    private static final int CLIENTS = 64;
    private static final int ROUNDS = 5;

    private StreamBenchmark() {}

    /** Runs rounds of {@code args[0]} events per client (default 5000) and prints a line for each. */
    public static void main(String[] args) throws Exception {
        int events = args.length > 0 ? Integer.parseInt(args[0]) : 5000;
        PrintStream out = System.out;
        Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1));
        try {
            CompletableFuture<Long> loop = new CompletableFuture<>();
            vertx.runOnContext(ready -> loop.complete(Thread.currentThread().threadId()));
            long thread = loop.get();
            HttpServer server = vertx.createHttpServer(new HttpServerOptions().setTcpNoDelay(true))
                    .requestHandler(request -> stream(request, events))
                    .listen(0)
                    .toCompletionStage()
                    .toCompletableFuture()
                    .get();
            ThreadMXBean threads = ManagementFactory.getThreadMXBean();
            for (int round = 0; round < ROUNDS; round++) {
                long cpu = threads.getThreadCpuTime(thread);
                long wall = System.nanoTime();
                long bytes = readAll(server.actualPort());
                double cpuSeconds = (threads.getThreadCpuTime(thread) - cpu) / 1e9;
                double wallSeconds = (System.nanoTime() - wall) / 1e9;
                double total = (double) CLIENTS * events;
                out.printf(
                        "%d clients, %.0f events, %.1f MB: %.0f events/s of one core, %.0f events/s by the clock%n",
                        CLIENTS, total, bytes / 1e6, total / cpuSeconds, total / wallSeconds);
            }
        } finally {
            vertx.close().toCompletionStage().toCompletableFuture().get();
        }
    }

    /** Runs on the event loop: one delta a turn, as long as the client reads. */
    private static void stream(HttpServerRequest request, int events) {
        EventStream stream = new EventStream(request.response());
        AnswerHead head = new AnswerHead("chatcmpl-1", 1, "herd-tiny", 1, false, false, null, "fp_0");
        SinkMaker maker = (json, to, onEnd) -> new StreamedAnswer(head, json, to, onEnd);
        AnswerSink sink = maker.open(new ObjectMapper().writer(), stream, end -> {});
        Pump pump = new Pump(sink, events);
        stream.onRoom(pump::run);
        pump.run();
    }

    /** Writes what is left, one event per turn of the loop. */
    private static final class Pump {
        private final AnswerSink sink;
        private int left;

        Pump(AnswerSink sink, int events) {
            this.sink = sink;
            this.left = events;
        }

        void run() {
            if (left == 0 || sink.isFull()) {
                return;
            }
            sink.delta(0, " token", List.of());
            sink.flush();
            if (--left == 0) {
                sink.choiceFinished(0, FinishReasonName.STOP, null);
                sink.finished(Usage.of(1, 0, 0, 1));
                return;
            }
            Objects.requireNonNull(Vertx.currentContext()).runOnContext(next -> run());
        }
    }

    private static long readAll(int port) throws InterruptedException {
        AtomicLong bytes = new AtomicLong();
        CountDownLatch done = new CountDownLatch(CLIENTS);
        for (int client = 0; client < CLIENTS; client++) {
            Thread.ofVirtual().start(() -> {
                bytes.addAndGet(read(port));
                done.countDown();
            });
        }
        done.await();
        return bytes.get();
    }

    private static long read(int port) {
        try (Socket socket = new Socket("localhost", port)) {
            socket.getOutputStream()
                    .write("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
                            .getBytes(StandardCharsets.US_ASCII));
            InputStream in = socket.getInputStream();
            byte[] buffer = new byte[65_536];
            long bytes = 0;
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                bytes += read;
            }
            return bytes;
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }
}
