package dev.herd.guard;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.herd.safety.GuardException;
import dev.herd.safety.GuardException.Status;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.Optional;

/** The HTTP side of guards on other servers. Safe for use by many threads; blocks, and heeds interrupts. */
final class RemoteGuard {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int MAX_ANSWER_BYTES = 1 << 20;

    private final HttpClient client;
    private final URI url;
    private final Optional<String> apiKey;

    /**
     * A server.
     *
     * @param url of the one endpoint that is called
     * @param apiKey sent as bearer token; never logged, never in a message
     */
    RemoteGuard(HttpClient client, URI url, Optional<String> apiKey) {
        this.client = client;
        this.url = url;
        this.apiKey = apiKey;
    }

    /** A client that follows no redirects, as one could lead the text elsewhere. */
    static HttpClient client() {
        return HttpClient.newBuilder()
                .followRedirects(HttpClient.Redirect.NEVER)
                .connectTimeout(Duration.ofSeconds(5))
                .build();
    }

    /** Posts a JSON body and returns the JSON answer. */
    JsonNode post(JsonNode body, Duration timeout) throws GuardException {
        HttpRequest.Builder request = HttpRequest.newBuilder(url)
                .timeout(timeout)
                .header("Content-Type", "application/json")
                .header("Accept", "application/json")
                .POST(BodyPublishers.ofString(body.toString()));
        apiKey.ifPresent(key -> request.header("Authorization", "Bearer " + key));
        try {
            HttpResponse<byte[]> response =
                    client.send(request.build(), BodyHandlers.limiting(BodyHandlers.ofByteArray(), MAX_ANSWER_BYTES));
            requireSuccess(response.statusCode());
            return JSON.readTree(response.body());
        } catch (HttpTimeoutException late) {
            throw new GuardException(Status.TIMEOUT, "the guard at " + url.getHost() + " did not answer in time");
        } catch (JsonProcessingException malformed) {
            throw new GuardException(Status.UNPARSEABLE, "the guard at " + url.getHost() + " answers no JSON");
        } catch (IOException unreachable) {
            throw new GuardException(Status.UNAVAILABLE, "the guard at " + url.getHost() + " cannot be reached");
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new GuardException(Status.TIMEOUT, "the guard at " + url.getHost() + " is not waited for any more");
        }
    }

    /** What will not get better by waiting is a matter of configuration: it must not open what fails open. */
    private void requireSuccess(int code) throws GuardException {
        if (code / 100 == 2) {
            return;
        }
        Status status = switch (code) {
            case 408, 504 -> Status.TIMEOUT;
            case 409, 425, 429 -> Status.UNAVAILABLE;
            default -> code >= 500 ? Status.UNAVAILABLE : Status.MISCONFIGURED;
        };
        throw new GuardException(status, "the guard at " + url.getHost() + " answers with status " + code);
    }
}
