package dev.herd.api;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectWriter;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Inject;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.MultivaluedMap;
import jakarta.ws.rs.ext.Provider;
import java.io.OutputStream;
import java.lang.annotation.Annotation;
import java.lang.reflect.Type;
import org.jboss.resteasy.reactive.server.core.ResteasyReactiveRequestContext;
import org.jboss.resteasy.reactive.server.spi.ResteasyReactiveResourceInfo;
import org.jboss.resteasy.reactive.server.spi.ServerMessageBodyWriter;
import org.jboss.resteasy.reactive.server.spi.ServerRequestContext;
import org.jspecify.annotations.Nullable;

/** Connects a streamed answer with its HTTP response: events, heartbeats, back-pressure, and the client's departure. */
@Provider
final class StreamBodyWriter implements ServerMessageBodyWriter<StreamBody> {
    private final ObjectWriter json;
    private final Vertx vertx;
    private final ApiSettings settings;

    @Inject
    StreamBodyWriter(ObjectMapper json, Vertx vertx, ApiSettings settings) {
        this.json = json.writer();
        this.vertx = vertx;
        this.settings = settings;
    }

    @Override
    public boolean isWriteable(
            Class<?> type, Type genericType, ResteasyReactiveResourceInfo target, MediaType mediaType) {
        return type == StreamBody.class;
    }

    @Override
    public boolean isWriteable(Class<?> type, Type genericType, Annotation[] annotations, MediaType mediaType) {
        return type == StreamBody.class;
    }

    @Override
    public void writeResponse(StreamBody body, Type genericType, ServerRequestContext context) {
        ResteasyReactiveRequestContext request = (ResteasyReactiveRequestContext) context;
        request.suspend();
        Context loop = vertx.getOrCreateContext();
        loop.runOnContext(ready -> connect(body, request, loop));
    }

    /** Runs on the response's event loop, as all that it sets up. */
    private void connect(StreamBody body, ResteasyReactiveRequestContext request, Context loop) {
        HttpServerResponse response = request.unwrap(HttpServerResponse.class);
        EventStream stream = new EventStream(response);
        long heartbeat = vertx.setPeriodic(settings.heartbeat().toMillis(), tick -> stream.pingIfSilent());
        AnswerSink sink = body.sinks().open(json, stream, error -> {
            vertx.cancelTimer(heartbeat);
            end(request, error);
        });
        Answer answer = body.answer();
        stream.onRoom(answer::plan);
        Replies.whenClientLeaves(request.unwrap(RoutingContext.class), () -> {
            vertx.cancelTimer(heartbeat);
            answer.cancel();
            request.close();
        });
        answer.start(task -> loop.runOnContext(run -> task.run()), sink);
    }

    private static void end(ResteasyReactiveRequestContext request, @Nullable Throwable error) {
        if (error == null) {
            request.resume();
        } else {
            request.resume(error, true);
        }
    }

    @Override
    public void writeTo(
            StreamBody body,
            Class<?> type,
            Type genericType,
            Annotation[] annotations,
            MediaType mediaType,
            MultivaluedMap<String, Object> headers,
            OutputStream entityStream) {
        throw new UnsupportedOperationException("a stream is written by writeResponse");
    }
}
