package dev.herd.api;

import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.Router;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/** Takes the one close handler of a response for itself, after all others have put in theirs. */
@Singleton
final class LateListener {
    static final String HEADER = "X-Late-Listener";
    private static final long LATE_MILLIS = 500;

    private final Semaphore listening = new Semaphore(0);

    void listen(@Observes Router router) {
        router.route().order(Integer.MIN_VALUE).handler(http -> {
            if (http.request().headers().contains(HEADER)) {
                HttpServerResponse response = http.response();
                http.vertx().setTimer(LATE_MILLIS, late -> {
                    response.closeHandler(gone -> {});
                    listening.release();
                });
            }
            http.next();
        });
    }

    void await() throws InterruptedException {
        if (!listening.tryAcquire(30, TimeUnit.SECONDS)) {
            throw new IllegalStateException("no request has named " + HEADER);
        }
    }
}
