package dev.herd.runtime;

import dev.herd.safety.ContentGuard;
import dev.herd.safety.GuardException;
import dev.herd.safety.GuardException.Status;
import dev.herd.safety.GuardQuery;
import dev.herd.safety.GuardScores;
import dev.herd.safety.InjectionDetector;
import dev.herd.safety.InjectionQuery;
import dev.herd.safety.InjectionScore;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;

/**
 * A guard that policies may name before it is loaded.
 *
 * @param <T> the kind of guard
 */
final class LateGuard<T> {
    private final String name;
    private final AtomicReference<Optional<T>> guard = new AtomicReference<>(Optional.empty());

    LateGuard(String name) {
        this.name = name;
    }

    /** It is loaded. */
    void complete(T loaded) {
        guard.set(Optional.of(loaded));
    }

    /** Whether it is loaded. */
    boolean isComplete() {
        return guard.get().isPresent();
    }

    private T get() throws GuardException {
        return guard.get()
                .orElseThrow(() -> new GuardException(Status.UNAVAILABLE, "the guard " + name + " is being loaded"));
    }

    /** As a content guard. */
    static ContentGuard content(LateGuard<ContentGuard> late) {
        return new ContentGuard() {
            @Override
            public String name() {
                return late.name;
            }

            @Override
            public String revision() {
                return late.guard.get().map(ContentGuard::revision).orElse("");
            }

            @Override
            public boolean seesPictures() {
                return late.guard.get().map(ContentGuard::seesPictures).orElse(true);
            }

            @Override
            public GuardScores assess(GuardQuery query) throws GuardException {
                return late.get().assess(query);
            }
        };
    }

    /** As an injection detector. */
    static InjectionDetector detector(LateGuard<InjectionDetector> late) {
        return new InjectionDetector() {
            @Override
            public String name() {
                return late.name;
            }

            @Override
            public String revision() {
                return late.guard.get().map(InjectionDetector::revision).orElse("");
            }

            @Override
            public InjectionScore score(InjectionQuery query) throws GuardException {
                return late.get().score(query);
            }
        };
    }
}
