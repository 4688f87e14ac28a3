package dev.herd.cli;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** A server that serves a model named {@code fake} and answers every chat request alike. */
final class FakeServer implements AutoCloseable {
    private final HttpServer server;
    private final List<String> requests = new ArrayList<>();

    /** Answers with {@code status} and a body of these pieces, each flushed by itself. */
    FakeServer(int status, String... pieces) throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/v1/models", exchange -> answer(exchange, 200, "{\"data\":[{\"id\":\"fake\"}]}"));
        server.createContext("/v1/chat/completions", exchange -> {
            requests.add(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
            answer(exchange, status, pieces);
        });
        server.start();
    }

    /** The event of one delta, as the wire has it. */
    static String delta(String text) {
        return "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"" + text
                + "\"},\"finish_reason\":null}]}\n\n";
    }

    String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    List<String> requests() {
        return requests;
    }

    private static void answer(HttpExchange exchange, int status, String... pieces) throws IOException {
        exchange.sendResponseHeaders(status, 0);
        try (OutputStream body = exchange.getResponseBody()) {
            for (String piece : pieces) {
                body.write(piece.getBytes(StandardCharsets.UTF_8));
                body.flush();
            }
        }
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
