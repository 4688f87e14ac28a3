package dev.herd.api;

import io.restassured.RestAssured;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import java.util.concurrent.TimeUnit;

/** A client that asks by HTTP/2, reads the head of the answer and nothing of its body, and may reset the stream. */
final class SlowReader implements AutoCloseable {
    private final Vertx vertx = Vertx.vertx();
    private final HttpClient client = vertx.createHttpClient(
            new HttpClientOptions().setProtocolVersion(HttpVersion.HTTP_2).setHttp2ClearTextUpgrade(false));
    private final HttpClientRequest request;

    /** Sends a request for a chat completion, and waits for the head of its answer. */
    SlowReader(String body) throws Exception {
        request = await(client.request(HttpMethod.POST, RestAssured.port, "localhost", "/v1/chat/completions"));
        HttpClientResponse response = await(
                request.putHeader("Content-Type", "application/json").send(body).map(HttpClientResponse::pause));
        if (response.version() != HttpVersion.HTTP_2 || response.statusCode() != 200) {
            throw new IllegalStateException(response.version() + " " + response.statusCode());
        }
    }

    /** Gives up the stream, and keeps the connection. */
    void reset() {
        request.reset();
    }

    private static <T> T await(Future<T> future) throws Exception {
        return future.toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
    }

    @Override
    public void close() {
        vertx.close().toCompletionStage().toCompletableFuture().join(); // and with it the client
    }
}
