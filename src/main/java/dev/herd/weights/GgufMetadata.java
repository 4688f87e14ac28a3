package dev.herd.weights;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;

/** The metadata of a GGUF file, by key; asking for a key as something that it is not is refused. */
final class GgufMetadata {
    private static final int MAX_SHORT_ARRAY = 1 << 16;

    private final String file;
    private final Map<String, GgufValue> entries;

    GgufMetadata(String file, Map<String, GgufValue> entries) {
        this.file = file;
        this.entries = Map.copyOf(entries);
    }

    /** All keys. */
    Set<String> keys() {
        return entries.keySet();
    }

    /** Whether there is such a key. */
    boolean has(String key) {
        return entries.containsKey(key);
    }

    /** Whether {@code key} holds an array. */
    boolean isArray(String key) {
        return entries.get(key) instanceof GgufValue.Sequence;
    }

    /** {@code FILE: metadata key 'KEY' PROBLEM}. */
    CheckpointException error(String key, String problem) {
        return new CheckpointException(file + ": metadata key '" + key + "' " + problem);
    }

    /** The text of {@code key}, if it is there. */
    Optional<String> text(String key) {
        return find(key, GgufValue.Text.class, "a text").map(text -> {
            if (text.utf8().byteSize() > GgufValue.MAX_TEXT_BYTES) {
                throw error(key, "has " + text.utf8().byteSize() + " bytes");
            }
            return GgufCursor.decode(text.utf8());
        });
    }

    /** The whole number of {@code key}, if it is there, which must lie in {@code [min, max]}. */
    OptionalInt whole(String key, int min, int max) {
        Optional<GgufValue.Whole> whole = find(key, GgufValue.Whole.class, "a whole number");
        return whole.isEmpty()
                ? OptionalInt.empty()
                : OptionalInt.of(inRange(key, whole.get().value(), min, max));
    }

    /** Like {@link #whole}; an array of one number per layer will do if all of them are equal. */
    OptionalInt uniform(String key, int min, int max) {
        if (!isArray(key)) {
            return whole(key, min, max);
        }
        List<Integer> values =
                wholes(key, min, max).orElseThrow().stream().distinct().toList();
        if (values.size() != 1) {
            throw error(key, "differs between layers: " + values);
        }
        return OptionalInt.of(values.getFirst());
    }

    /** The whole number of {@code key}, which must be there. */
    int requireWhole(String key, int min, int max) {
        return uniform(key, min, max).orElseThrow(() -> error(key, "is missing"));
    }

    /** The short array of whole numbers of {@code key}, if it is there; truth values count as 0 and 1. */
    Optional<List<Integer>> wholes(String key, int min, int max) {
        return sequence(key)
                .map(sequence -> sequence.values(file).stream()
                        .map(value -> switch (value) {
                            case GgufValue.Whole whole -> inRange(key, whole.value(), min, max);
                            case GgufValue.Flag flag -> flag.value() ? 1 : 0;
                            default -> throw mistyped(key, value, "a whole number in each element");
                        })
                        .toList());
    }

    /** The number of {@code key}, if it is there. */
    OptionalDouble real(String key) {
        if (entries.get(key) instanceof GgufValue.Whole whole) {
            return OptionalDouble.of((double) whole.value());
        }
        Optional<GgufValue.Real> real = find(key, GgufValue.Real.class, "a number");
        if (real.isEmpty()) {
            return OptionalDouble.empty();
        }
        double value = real.get().value();
        if (!Double.isFinite(value)) {
            throw error(key, "is " + value);
        }
        return OptionalDouble.of(value);
    }

    /** The number of {@code key} as a float, or {@code fallback}. */
    float real(String key, double fallback) {
        return (float) real(key).orElse(fallback);
    }

    /** The short array of numbers of {@code key}, if it is there. */
    Optional<List<Double>> reals(String key) {
        return sequence(key)
                .map(sequence -> sequence.values(file).stream()
                        .map(value -> switch (value) {
                            case GgufValue.Real real -> real.value();
                            case GgufValue.Whole whole -> (double) whole.value();
                            default -> throw mistyped(key, value, "a number in each element");
                        })
                        .toList());
    }

    /** The truth value of {@code key}, if it is there. */
    Optional<Boolean> flag(String key) {
        return find(key, GgufValue.Flag.class, "a truth value").map(GgufValue.Flag::value);
    }

    /** The array of texts of {@code key} where it lies, if it is there. */
    Optional<GgufValue.Sequence> texts(String key) {
        return sequenceOf(key, "an array of texts", GgufType.STRING);
    }

    /** The array of {@code key} as 32-bit numbers, if it is there; it must have {@code count} elements. */
    Optional<int[]> ints(String key, int count) {
        return sequenceOf(key, "an array of 32-bit numbers", GgufType.INT32, GgufType.UINT32)
                .map(sequence -> {
                    if (sequence.count() != count) {
                        throw error(key, "has " + sequence.count() + " elements instead of " + count);
                    }
                    GgufCursor cursor = new GgufCursor(file, sequence.elements());
                    int[] ints = new int[count];
                    for (int i = 0; i < count; i++) {
                        ints[i] = cursor.u32(key);
                    }
                    return ints;
                });
    }

    private Optional<GgufValue.Sequence> sequenceOf(String key, String expected, GgufType... elementTypes) {
        Optional<GgufValue.Sequence> sequence = find(key, GgufValue.Sequence.class, expected);
        if (sequence.isPresent()
                && !List.of(elementTypes).contains(sequence.get().elementType())) {
            throw mistyped(key, sequence.get(), expected);
        }
        return sequence;
    }

    /** The short array of {@code key}, if it is there. */
    private Optional<GgufValue.Sequence> sequence(String key) {
        Optional<GgufValue.Sequence> sequence = find(key, GgufValue.Sequence.class, "an array");
        if (sequence.isPresent() && sequence.get().count() > MAX_SHORT_ARRAY) {
            throw error(key, "has " + sequence.get().count() + " elements");
        }
        return sequence;
    }

    /**
     * The value of {@code key}, if it is there, as one of that kind. A pattern switch would read as well, but the JVM keeps
     * none in its cache, so that each costs a millisecond of every start (docs/adr/0010-start-up.md).
     */
    private <V extends GgufValue> Optional<V> find(String key, Class<V> kind, String expected) {
        GgufValue value = entries.get(key);
        if (value != null && !kind.isInstance(value)) {
            throw mistyped(key, value, expected);
        }
        return Optional.ofNullable(kind.cast(value));
    }

    private int inRange(String key, long value, int min, int max) {
        if (value < min || value > max) {
            throw error(key, "is " + value + ", not in " + min + ".." + max);
        }
        return (int) value;
    }

    private CheckpointException mistyped(String key, GgufValue value, String expected) {
        return error(key, "is " + value.kind() + " instead of " + expected);
    }
}
