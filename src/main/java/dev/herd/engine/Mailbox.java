package dev.herd.engine;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** What any thread has to say to the one that owns sequences and blocks, in the order in which it was said. */
final class Mailbox {
    private final Queue<Message> messages = new ConcurrentLinkedQueue<>();
    private final Runnable wake;

    /** @param wake called behind each message: the owner may be asleep */
    Mailbox(Runnable wake) {
        this.wake = wake;
    }

    /** What there is to say. */
    sealed interface Message {
        /** A request to be computed. */
        record Submission(Sequence sequence) implements Message {}

        /** Its answer is not wanted any more. */
        record Cancellation(Sequence sequence) implements Message {}

        /** It is to be left alone for a while, or no longer. */
        record Pause(Sequence sequence, boolean isPaused) implements Message {}
    }

    /** Hands over a request; returns what its caller holds of it. */
    Generation submit(Sequence sequence) {
        post(new Message.Submission(sequence));
        return new Handle(sequence);
    }

    /** The next message, taken out; null if there is none. For the owner. */
    @Nullable
    Message poll() {
        return messages.poll();
    }

    /** Whether there is none. */
    boolean isEmpty() {
        return messages.isEmpty();
    }

    private void post(Message message) {
        messages.add(message);
        wake.run();
    }

    private final class Handle implements Generation {
        private final Sequence sequence;
        private final AtomicBoolean isCancelled = new AtomicBoolean();

        Handle(Sequence sequence) {
            this.sequence = sequence;
        }

        @Override
        public void cancel() {
            if (isCancelled.compareAndSet(false, true)) {
                post(new Message.Cancellation(sequence));
            }
        }

        @Override
        public void pause() {
            post(new Message.Pause(sequence, true));
        }

        @Override
        public void resume() {
            post(new Message.Pause(sequence, false));
        }
    }
}
