package dev.herd.weights;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** A metadata value of a GGUF file. */
sealed interface GgufValue {
    /** Longest text that is ever made a string; chat templates have some 10 kB. */
    int MAX_TEXT_BYTES = 16 << 20;

    /** What messages call this kind of value. */
    String kind();

    /** Any integer type; unsigned 64-bit values beyond the signed range are refused where they are read. */
    record Whole(long value) implements GgufValue {
        @Override
        public String kind() {
            return "a whole number";
        }
    }

    /** 32- or 64-bit floating point. */
    record Real(double value) implements GgufValue {
        @Override
        public String kind() {
            return "a real number";
        }
    }

    /** A truth value. */
    record Flag(boolean value) implements GgufValue {
        @Override
        public String kind() {
            return "a truth value";
        }
    }

    /** UTF-8 text where it lies in the file. */
    record Text(MemorySegment utf8) implements GgufValue {
        @Override
        public String kind() {
            return "a text";
        }
    }

    /**
     * An array where it lies in the file, already walked once, so that its elements are known to lie within it.
     *
     * @param elements the bytes of the elements
     */
    record Sequence(GgufType elementType, long count, MemorySegment elements) implements GgufValue {
        @Override
        public String kind() {
            return "an array of " + elementType.name().toLowerCase(Locale.ROOT);
        }

        /** The elements as values, for arrays that are known to be short. */
        List<GgufValue> values(String file) {
            GgufCursor cursor = new GgufCursor(file, elements);
            GgufReader.ValueReader reader = new GgufReader.ValueReader(cursor);
            List<GgufValue> values = new ArrayList<>();
            for (long i = 0; i < count; i++) {
                values.add(reader.value(elementType, "an array element", 0));
            }
            return values;
        }

        /** The elements of an array of texts. */
        List<String> strings(String file) {
            GgufCursor cursor = new GgufCursor(file, elements);
            List<String> strings = new ArrayList<>(Math.toIntExact(count));
            for (long i = 0; i < count; i++) {
                strings.add(cursor.string("an array element", MAX_TEXT_BYTES));
            }
            return strings;
        }
    }
}
