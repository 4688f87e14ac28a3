package dev.herd.it;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The packaged server in a process of its own, on a free port. */
final class HerdProcess implements AutoCloseable {
    private static final Path JAR = Path.of("target/quarkus-app/quarkus-run.jar");
    private static final int PATIENCE_SECONDS = 120;

    private final Process process;
    private final Path log;
    private final URI url;
    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private HerdProcess(Process process, Path log, URI url) {
        this.process = process;
        this.log = log;
        this.url = url;
    }

    /** A server that all tests of this JVM share which leave it as it was; ready. */
    static HerdProcess shared() {
        return Shared.HERD;
    }

    /** As {@link #shared}, with a place for one answer and none to wait. */
    static HerdProcess narrow() {
        return Narrow.HERD;
    }

    private static HerdProcess untilTheEnd(Map<String, String> environment) {
        HerdProcess herd = startReady(environment);
        Runtime.getRuntime().addShutdownHook(new Thread(herd::close));
        return herd;
    }

    /** Starts a server with these environment variables and does not wait for it. */
    static HerdProcess start(Map<String, String> environment) {
        return start(environment, List.of("-jar", JAR.toString()));
    }

    /** As {@link #start}, by one class path as {@code ./herd} has it, with the devices of the tests on it. */
    static HerdProcess startWithTestDevices(Map<String, String> environment) {
        return start(
                environment,
                List.of(
                        "--add-opens=java.base/java.lang=ALL-UNNAMED",
                        "-Djava.util.logging.manager=org.jboss.logmanager.LogManager",
                        "-cp",
                        Stream.of("quarkus/*", "app/*", "lib/main/*", "lib/boot/*")
                                        .map(part -> JAR.resolveSibling(part).toString())
                                        .collect(Collectors.joining(File.pathSeparator))
                                + File.pathSeparator
                                + Path.of("target", "test-classes"),
                        "io.quarkus.runner.GeneratedMain"));
    }

    private static HerdProcess start(Map<String, String> environment, List<String> program) {
        if (!Files.isRegularFile(JAR)) {
            throw new AssertionError(JAR + " is missing; these tests run after the application has been packaged");
        }
        try {
            int port = freePort();
            Path log = Files.createTempFile(Path.of("target"), "herd-it-", ".log");
            ProcessBuilder builder = new ProcessBuilder(command(program))
                    .redirectErrorStream(true)
                    .redirectOutput(log.toFile());
            builder.environment().keySet().removeIf(name -> name.startsWith("HERD_") || name.startsWith("QUARKUS_"));
            builder.environment().put("PORT", Integer.toString(port));
            builder.environment().putAll(environment);
            return new HerdProcess(builder.start(), log, URI.create("http://localhost:" + port));
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /** Starts a server with these environment variables and waits until it is ready. */
    static HerdProcess startReady(Map<String, String> environment) {
        HerdProcess herd = start(environment);
        try {
            herd.awaitReady();
            return herd;
        } catch (RuntimeException | Error failure) {
            herd.close();
            throw failure;
        }
    }

    private static List<String> command(List<String> program) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("--enable-native-access=ALL-UNNAMED");
        command.add("--sun-misc-unsafe-memory-access=allow");
        command.addAll(program);
        return command;
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    /** Where the server listens, without a slash at the end. */
    String url() {
        return url.toString();
    }

    /** What it has written so far. */
    String log() {
        try {
            return Files.readString(log);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /** Waits for readiness. */
    void awaitReady() {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (System.nanoTime() < deadline && process.isAlive()) {
            if (statusOrZero("/q/health/ready") == 200) {
                return;
            }
            LockSupport.parkNanos(20_000_000);
        }
        throw new AssertionError("the server did not become ready; its log:\n" + log());
    }

    /** Waits until {@code line} is in the log. */
    Matcher awaitLog(Pattern line) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (System.nanoTime() < deadline && process.isAlive()) {
            Matcher found = line.matcher(log());
            if (found.find()) {
                return found;
            }
            LockSupport.parkNanos(20_000_000);
        }
        throw new AssertionError("the server did not write '" + line + "'; its log:\n" + log());
    }

    /** The status that {@code path} answers, or 0 if nobody answers. */
    int statusOrZero(String path) {
        try {
            return get(path).statusCode();
        } catch (UncheckedIOException nobody) {
            return 0;
        }
    }

    /** The answer to a GET. */
    HttpResponse<String> get(String path) {
        return send(HttpRequest.newBuilder(url.resolve(path)).build(), BodyHandlers.ofString());
    }

    /** The whole answer to a chat request. */
    HttpResponse<String> chat(String body) {
        return send(chatRequest(body), BodyHandlers.ofString());
    }

    /** The answer to a chat request, line by line as it comes. */
    HttpResponse<Stream<String>> chatLines(String body) {
        return send(chatRequest(body), BodyHandlers.ofLines());
    }

    /**
     * Fills one place with an answer without an end, and frees it again after a while.
     *
     * @throws AssertionError if the server takes another request beside it
     */
    void occupy(Duration time) {
        HttpResponse<InputStream> endless = send(
                chatRequest("{\"model\":\"herd-tiny\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}],"
                        + "\"stream\":true,\"ignore_eos\":true}"),
                BodyHandlers.ofInputStream());
        int status = chat("{\"model\":\"herd-tiny\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}")
                .statusCode();
        if (status != 429) {
            throw new AssertionError("the server is not full, it answers " + status);
        }
        Thread.ofVirtual().start(() -> {
            LockSupport.parkNanos(time.toNanos());
            try {
                endless.body().close();
            } catch (IOException failure) {
                throw new UncheckedIOException(failure);
            }
        });
    }

    private HttpRequest chatRequest(String body) {
        return HttpRequest.newBuilder(url.resolve("/v1/chat/completions"))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
    }

    private <T> HttpResponse<T> send(HttpRequest request, HttpResponse.BodyHandler<T> handler) {
        try {
            return http.send(request, handler);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        } catch (InterruptedException interrupted) {
            throw new IllegalStateException(interrupted);
        }
    }

    /** The value of a metric. */
    double metric(String name) {
        String text = get("/q/metrics").body();
        return text.lines()
                .filter(line -> line.startsWith(name + " "))
                .mapToDouble(line -> Double.parseDouble(line.substring(name.length() + 1)))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no metric " + name + " in\n" + text));
    }

    /** Waits until a metric has a value. */
    void awaitMetric(String name, double value) {
        for (int glances = 0; glances < 1200 && metric(name) != value; glances++) {
            LockSupport.parkNanos(20_000_000);
        }
        double last = metric(name);
        if (last != value) {
            throw new AssertionError(name + " should be " + value + ", not " + last);
        }
    }

    /** Sends SIGTERM. */
    void terminate() {
        process.destroy();
    }

    /** Waits for the end and returns the exit status. */
    int awaitExit() {
        try {
            if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                throw new AssertionError("the server does not end; its log:\n" + log());
            }
        } catch (InterruptedException interrupted) {
            throw new IllegalStateException(interrupted);
        }
        return process.exitValue();
    }

    @Override
    public void close() {
        http.shutdownNow();
        process.destroyForcibly();
    }

    private static final class Shared {
        static final HerdProcess HERD = untilTheEnd(Map.of());
    }

    private static final class Narrow {
        static final HerdProcess HERD = untilTheEnd(Map.of("HERD_MAX_RUNNING", "1", "HERD_MAX_QUEUED", "0"));
    }
}
