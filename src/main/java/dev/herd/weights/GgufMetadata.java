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
        return switch (entries.get(key)) {
            case null -> Optional.empty();
            case GgufValue.Text text
            when text.utf8().byteSize() > GgufValue.MAX_TEXT_BYTES ->
                throw error(key, "has " + text.utf8().byteSize() + " bytes");
            case GgufValue.Text text -> Optional.of(GgufCursor.decode(text.utf8()));
            case GgufValue other -> throw mistyped(key, other, "a text");
        };
    }

    /** The whole number of {@code key}, if it is there, which must lie in {@code [min, max]}. */
    OptionalInt whole(String key, int min, int max) {
        return switch (entries.get(key)) {
            case null -> OptionalInt.empty();
            case GgufValue.Whole whole -> OptionalInt.of(inRange(key, whole.value(), min, max));
            case GgufValue other -> throw mistyped(key, other, "a whole number");
        };
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
        return switch (entries.get(key)) {
            case null -> OptionalDouble.empty();
            case GgufValue.Real real when Double.isFinite(real.value()) -> OptionalDouble.of(real.value());
            case GgufValue.Real real -> throw error(key, "is " + real.value());
            case GgufValue.Whole whole -> OptionalDouble.of((double) whole.value());
            case GgufValue other -> throw mistyped(key, other, "a number");
        };
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
        return switch (entries.get(key)) {
            case null -> Optional.empty();
            case GgufValue.Flag flag -> Optional.of(flag.value());
            case GgufValue other -> throw mistyped(key, other, "a truth value");
        };
    }

    /** The array of texts of {@code key} where it lies, if it is there. */
    Optional<GgufValue.Sequence> texts(String key) {
        return switch (entries.get(key)) {
            case null -> Optional.empty();
            case GgufValue.Sequence sequence when sequence.elementType() == GgufType.STRING -> Optional.of(sequence);
            case GgufValue other -> throw mistyped(key, other, "an array of texts");
        };
    }

    /** The array of {@code key} as 32-bit numbers, if it is there; it must have {@code count} elements. */
    Optional<int[]> ints(String key, int count) {
        return switch (entries.get(key)) {
            case null -> Optional.empty();
            case GgufValue.Sequence sequence
            when sequence.elementType() == GgufType.INT32 || sequence.elementType() == GgufType.UINT32 -> {
                if (sequence.count() != count) {
                    throw error(key, "has " + sequence.count() + " elements instead of " + count);
                }
                GgufCursor cursor = new GgufCursor(file, sequence.elements());
                int[] ints = new int[count];
                for (int i = 0; i < count; i++) {
                    ints[i] = cursor.u32(key);
                }
                yield Optional.of(ints);
            }
            case GgufValue other -> throw mistyped(key, other, "an array of 32-bit numbers");
        };
    }

    /** The short array of {@code key}, if it is there. */
    private Optional<GgufValue.Sequence> sequence(String key) {
        return switch (entries.get(key)) {
            case null -> Optional.empty();
            case GgufValue.Sequence sequence
            when sequence.count() > MAX_SHORT_ARRAY -> throw error(key, "has " + sequence.count() + " elements");
            case GgufValue.Sequence sequence -> Optional.of(sequence);
            case GgufValue other -> throw mistyped(key, other, "an array");
        };
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
