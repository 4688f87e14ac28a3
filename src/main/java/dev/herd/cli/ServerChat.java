package dev.herd.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Chats with a running server through its OpenAI-compatible endpoint, by server-sent events. */
final class ServerChat implements ChatPartner {
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);
    private static final ObjectMapper JSON = new ObjectMapper();

    private final URI base;
    private final ChatOptions options;
    private final HttpClient client =
            HttpClient.newBuilder().connectTimeout(CONNECT_TIMEOUT).build();
    private final String model;
    private volatile @Nullable InputStream current;
    private volatile boolean isStopped;

    /** Connects to {@code base}, for example {@code http://localhost:8080}, and asks which model it serves. */
    ServerChat(URI base, ChatOptions options) {
        this.base = base;
        this.options = options;
        this.model = firstModel();
    }

    @Override
    public String name() {
        return model;
    }

    @Override
    public String answer(List<Turn> conversation, Consumer<String> onText) {
        isStopped = false;
        StringBuilder answer = new StringBuilder();
        HttpRequest request = HttpRequest.newBuilder(endpoint("v1/chat/completions"))
                .header("Content-Type", "application/json")
                .header("Accept", "text/event-stream")
                .POST(HttpRequest.BodyPublishers.ofString(body(conversation)))
                .build();
        try (InputStream stream = send(request);
                BufferedReader lines = new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8))) {
            current = stream;
            for (String line = lines.readLine(); line != null && !isStopped; line = lines.readLine()) {
                if (line.startsWith("data:") && !line.endsWith("[DONE]")) {
                    String text = delta(line.substring("data:".length()));
                    answer.append(text);
                    onText.accept(text);
                }
            }
        } catch (IOException e) {
            if (!isStopped) {
                throw new CommandException("the connection to " + base + " broke: " + e.getMessage(), e);
            }
        } finally {
            current = null;
        }
        return answer.toString();
    }

    @Override
    public void stop() {
        isStopped = true;
        InputStream stream = current;
        if (stream != null) {
            try {
                stream.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    @Override
    public void close() {
        client.shutdownNow();
    }

    private String firstModel() {
        HttpRequest request = HttpRequest.newBuilder(endpoint("v1/models")).build();
        try (InputStream stream = send(request)) {
            JsonNode id = JSON.readTree(stream).path("data").path(0).path("id");
            if (!id.isTextual()) {
                throw new CommandException(base + " serves no model");
            }
            return id.textValue();
        } catch (IOException e) {
            throw new CommandException(base + " does not answer like an OpenAI-compatible server", e);
        }
    }

    private URI endpoint(String path) {
        return URI.create(base.toString().replaceAll("/+$", "") + "/" + path);
    }

    private InputStream send(HttpRequest request) {
        try {
            HttpResponse<InputStream> response = client.send(request, HttpResponse.BodyHandlers.ofInputStream());
            if (response.statusCode() != 200) {
                try (InputStream stream = response.body()) {
                    throw new CommandException("the server at " + base + " answers " + response.statusCode()
                            + errorMessage(new String(stream.readNBytes(1 << 16), StandardCharsets.UTF_8)));
                }
            }
            return response.body();
        } catch (ConnectException e) {
            throw new CommandException("no server answers at " + base, e);
        } catch (IOException e) {
            throw new CommandException("the server at " + base + " cannot be reached: " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CommandException("interrupted", e);
        }
    }

    private String body(List<Turn> conversation) {
        StringWriter body = new StringWriter();
        try (JsonGenerator json = new JsonFactory().createGenerator(body)) {
            json.writeStartObject();
            json.writeStringField("model", model);
            json.writeBooleanField("stream", true);
            json.writeArrayFieldStart("messages");
            for (Turn turn : conversation) {
                json.writeStartObject();
                json.writeStringField("role", turn.role());
                writeContent(json, turn);
                json.writeEndObject();
            }
            json.writeEndArray();
            if (options.temperature().isPresent()) {
                json.writeNumberField("temperature", options.temperature().get());
            }
            if (options.topP().isPresent()) {
                json.writeNumberField("top_p", options.topP().get());
            }
            if (options.seed().isPresent()) {
                json.writeNumberField("seed", options.seed().getAsLong());
            }
            if (options.maxTokens().isPresent()) {
                json.writeNumberField(
                        "max_completion_tokens", options.maxTokens().getAsInt());
            }
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return body.toString();
    }

    private static void writeContent(JsonGenerator json, Turn turn) throws IOException {
        if (turn.images().isEmpty()) {
            json.writeStringField("content", turn.text());
            return;
        }
        json.writeArrayFieldStart("content");
        for (String image : turn.images()) {
            json.writeStartObject();
            json.writeStringField("type", "image_url");
            json.writeObjectFieldStart("image_url");
            json.writeStringField("url", image);
            json.writeEndObject();
            json.writeEndObject();
        }
        json.writeStartObject();
        json.writeStringField("type", "text");
        json.writeStringField("text", turn.text());
        json.writeEndObject();
        json.writeEndArray();
    }

    private static String delta(String event) throws IOException {
        JsonNode chunk = JSON.readTree(event);
        if (chunk.hasNonNull("error")) {
            throw new CommandException("the server gave up" + errorMessage(event));
        }
        return chunk.path("choices").path(0).path("delta").path("content").asText("");
    }

    private static String errorMessage(String body) {
        try {
            String message = JSON.readTree(body).path("error").path("message").asText("");
            return message.isEmpty() ? "" : ": " + message;
        } catch (JsonProcessingException e) {
            return "";
        }
    }
}
