package dev.herd.api;

import org.jspecify.annotations.Nullable;

/**
 * What is new of a call.
 *
 * @param index which of the choice's calls, from 0
 * @param begun id and name, when this is the first that is heard of the call
 * @param arguments more of the JSON text of its arguments
 */
record CallDelta(int index, @Nullable Begun begun, String arguments) {
    /** What a call begins with. */
    record Begun(String id, String name) {}
}
