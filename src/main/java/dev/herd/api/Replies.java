package dev.herd.api;

import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.UniEmitter;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Singleton;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Answers as HTTP responses, whole or streamed, with the headers that all of them have. */
@Singleton
final class Replies {
    /** Names the fields of a request that had no effect. */
    static final String IGNORED_PARAMS = "X-Ignored-Params";

    private static final int MAX_NAMES = 32;

    private final Vertx vertx;

    Replies(Vertx vertx) {
        this.vertx = vertx;
    }

    /** The body that {@code sink} collects of an answer; the answer is cancelled if the client leaves before. */
    <T> Uni<T> whole(Answer answer, Function<UniEmitter<? super T>, AnswerSink> sink, RoutingContext http) {
        Executor loop = loop();
        Uni<T> body = Uni.createFrom()
                .<T>emitter(emitter -> answer.start(loop, sink.apply(emitter)))
                .memoize()
                .indefinitely();
        body.subscribe().with(done -> {}, failed -> {}); // at once: nobody else does if the client is gone already
        loop.execute(() -> whenClientLeaves(http, answer::cancel));
        return body;
    }

    /** The response whose body is streamed; the answer is cancelled if the client leaves before. */
    Response.ResponseBuilder stream(StreamBody body, List<String> ignored, RoutingContext http) {
        Executor loop = loop();
        loop.execute(() -> whenClientLeaves(http, () -> body.answer().abandon(loop)));
        return respond(body, body.answer(), MediaType.SERVER_SENT_EVENTS, ignored)
                .header("Cache-Control", "no-cache")
                .header("X-Accel-Buffering", "no");
    }

    private Executor loop() {
        Context loop = vertx.getOrCreateContext();
        return task -> loop.runOnContext(run -> task.run());
    }

    /**
     * Runs {@code departure} once the client is gone before it has its whole answer, also if that has happened already;
     * called on an event loop. Neither the framework's cancelling nor the response's close handler would do: a client may
     * be gone before the framework listens, and there is one close handler only, in whose place the framework puts its
     * own.
     */
    static void whenClientLeaves(RoutingContext http, Runnable departure) {
        http.addEndHandler(end -> {
            if (end.failed()) {
                departure.run();
            }
        });
        if (http.response().closed() && !http.response().ended()) {
            departure.run();
        }
    }

    /** The response with a JSON body, made of {@code answer}. */
    static Response.ResponseBuilder json(Object body, Answer answer, List<String> ignored) {
        return respond(body, answer, MediaType.APPLICATION_JSON, ignored);
    }

    private static Response.ResponseBuilder respond(Object body, Answer answer, String type, List<String> ignored) {
        Response.ResponseBuilder response = Response.ok(body, type);
        answer.safety().headers().forEach(response::header);
        String names = ignored.stream()
                .filter(name -> name.matches("[A-Za-z0-9_.\\[\\]-]{1,64}"))
                .limit(MAX_NAMES)
                .collect(Collectors.joining(", "));
        return names.isEmpty() ? response : response.header(IGNORED_PARAMS, names);
    }
}
