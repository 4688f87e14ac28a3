package dev.herd.api;

import java.time.Duration;

/** How moderation requests are answered. An interface, as its beans exist before the configuration does. */
public interface ModerationSettings {
    /** Name of the guard that answers those that name none. */
    String guard();

    /** The prompt template that it is asked with, if it has one. */
    String template();

    /** How long a request waits for it. */
    Duration timeout();
}
