package dev.herd.kernels.tornado;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Loads of four words that lie side by side in an array, joined to one of 16 bytes; TornadoVM prints none that is wider than an
 * element.
 *
 * <p>Four loads of the same block of statements are joined where they are of the same array, at {@code x}, {@code x + 1},
 * {@code x + 2} and {@code x + 3}, and {@code x} is a multiple of four by what the source itself says (a product with such a
 * number, a shift). Arrays begin at a multiple of 16 bytes, with a header of as many. Between the four there may be nothing
 * but arithmetic and stores to local or private arrays, which are no part of them; whatever is not known to be that ends the block.
 */
final class WideLoads {
    private static final int WIDTH = 4;
    private static final String[] PARTS = {"x", "y", "z", "w"};
    private static final int HEADER = 4; // words
    private static final int UNKNOWN = -1;
    private static final int DEEPEST = 64;

    private static final Pattern DEFINITION = Pattern.compile("\\s*([a-z]+_\\d+)  =  (.+);");
    private static final Pattern LOCAL_STORE = Pattern.compile("\\s*(?:ad[a-z]*|ul)_\\d+\\[[^\\]]+\\]  =  .+;");
    private static final Pattern COMMENT = Pattern.compile("\\s*//.*");
    private static final Pattern DP4A = Pattern.compile("\\s*asm\\(\"dp4a[^;]*;\" : \"=r\"\\((\\w+)\\).*");
    private static final Pattern LOAD = Pattern.compile("\\*\\(\\( (int|float) \\*\\) \\((\\w+) \\+ (l_\\d+)\\)\\)");
    private static final Pattern WIDENED = Pattern.compile("\\(long long\\) (i_\\d+)");
    private static final Pattern OPERATION = Pattern.compile("(i_\\d+|l_\\d+) (\\+|-|\\*|<<|&|%) (i_\\d+|-?\\d+)L?");
    private static final Pattern NUMBER = Pattern.compile("-?\\d+");

    private final List<String> lines;
    private final Map<String, String> definitions = new HashMap<>();
    private final Set<String> changing = new HashSet<>();
    private final Map<Place, List<Load>> block = new LinkedHashMap<>();
    private int joined;

    /** Which four words of an array, counted from a sum of terms on. */
    private record Place(String type, String array, Set<String> terms, int four) {}

    /** @param part which of the four words */
    private record Load(int line, String variable, String offset, int part) {}

    /** A sum of variables and a number. */
    private record Sum(TreeSet<String> terms, int number) {}

    private WideLoads(String source) {
        lines = new ArrayList<>(Arrays.asList(source.split("\n", -1)));
        for (String line : lines) {
            Matcher definition = DEFINITION.matcher(line);
            if (definition.matches()) {
                define(definition.group(1), definition.group(2));
            }
            Matcher product = DP4A.matcher(line);
            if (product.matches()) {
                define(product.group(1), "");
            }
        }
    }

    /** The source with loads joined. */
    static String joined(String source) {
        WideLoads loads = new WideLoads(source);
        loads.join();
        return String.join("\n", loads.lines);
    }

    private void define(String variable, String value) {
        if (definitions.put(variable, value) != null) {
            changing.add(variable);
        }
    }

    private void join() {
        int count = lines.size();
        for (int i = 0; i < count; i++) {
            String line = lines.get(i);
            Matcher definition = DEFINITION.matcher(line);
            if (definition.matches() && !changing.contains(definition.group(1))) {
                Matcher load = LOAD.matcher(definition.group(2));
                if (load.matches()) {
                    add(i, definition.group(1), load);
                } else if (definition.group(2).contains("atomic")) {
                    end();
                }
            } else if (!isHarmless(line)) {
                end();
            }
        }
        end();
    }

    private boolean isHarmless(String line) {
        return COMMENT.matcher(line).matches()
                || LOCAL_STORE.matcher(line).matches()
                || DP4A.matcher(line).matches();
    }

    private void add(int line, String variable, Matcher load) {
        Sum index = index(load.group(3));
        if (index == null) {
            return;
        }
        int remainder = index.terms().stream()
                .mapToInt(term -> remainder(term, 0))
                .reduce(0, (a, b) -> a == UNKNOWN || b == UNKNOWN ? UNKNOWN : a + b);
        if (remainder == UNKNOWN) {
            return;
        }
        int from = index.number() + remainder % WIDTH;
        Place place = new Place(load.group(1), load.group(2), index.terms(), Math.floorDiv(from, WIDTH));
        block.computeIfAbsent(place, same -> new ArrayList<>())
                .add(new Load(line, variable, load.group(3), Math.floorMod(from, WIDTH)));
    }

    /** Joins what is complete in the block that ends. */
    private void end() {
        block.forEach((place, loads) -> {
            if (loads.stream().map(Load::part).distinct().count() == WIDTH) {
                write(place.type(), place.array(), loads);
            }
        });
        block.clear();
    }

    /** All loads of the same four words become parts of one, which takes the place of the first. */
    private void write(String type, String array, List<Load> loads) {
        String name = "four_" + joined++;
        Load first = loads.getFirst();
        for (Load load : loads) {
            String line = lines.get(load.line());
            String indent = line.substring(0, line.indexOf(load.variable()));
            lines.set(load.line(), indent + load.variable() + "  =  " + name + "." + PARTS[load.part()] + ";");
            if (load.equals(first)) {
                // Not an initialisation, which labels of a switch must not jump over.
                String all = indent + type + "4 " + name + ";\n" + indent + name + "  =  *(( " + type + "4 *) (" + array
                        + " + " + load.offset() + " - " + load.part() * Integer.BYTES + "L));\n";
                lines.set(load.line(), all + lines.get(load.line()));
            }
        }
    }

    /** The index of an element of four bytes, behind the header; null if the offset is not of such a form. */
    private @Nullable Sum index(String offset) {
        Matcher bytes = OPERATION.matcher(definition(offset));
        if (!bytes.matches() || !bytes.group(2).equals("<<") || !bytes.group(3).equals("2")) {
            return null;
        }
        String withHeader = bytes.group(1);
        Matcher words = OPERATION.matcher(definition(withHeader));
        if (words.matches() && words.group(2).equals("+") && words.group(3).equals("" + HEADER)) {
            return widened(words.group(1), 0);
        }
        return widened(withHeader, HEADER); // part of a constant already
    }

    private @Nullable Sum widened(String offset, int less) {
        Matcher widened = WIDENED.matcher(definition(offset));
        Sum sum = widened.matches() ? sum(widened.group(1), 0) : null;
        return sum == null ? null : new Sum(sum.terms(), sum.number() - less);
    }

    /** What a variable is by its only definition; empty if it has others. */
    private String definition(String variable) {
        return changing.contains(variable) ? "" : definitions.getOrDefault(variable, "");
    }

    /** Null if a term comes more than once. */
    private @Nullable Sum sum(String term, int depth) {
        if (NUMBER.matcher(term).matches()) {
            return new Sum(new TreeSet<>(), Integer.parseInt(term));
        }
        Matcher operation = OPERATION.matcher(definition(term));
        if (depth < DEEPEST && operation.matches() && operation.group(2).equals("+")) {
            Sum a = sum(operation.group(1), depth + 1);
            Sum b = sum(operation.group(3), depth + 1);
            if (a == null || b == null) {
                return null;
            }
            TreeSet<String> terms = new TreeSet<>(a.terms());
            terms.addAll(b.terms());
            return terms.size() == a.terms().size() + b.terms().size() ? new Sum(terms, a.number() + b.number()) : null;
        }
        return new Sum(new TreeSet<>(Set.of(term)), 0);
    }

    /** What is left of a variable, or a number, divided by four. */
    private int remainder(String term, int depth) {
        if (NUMBER.matcher(term).matches()) {
            return Math.floorMod(Integer.parseInt(term), WIDTH);
        }
        Matcher operation = OPERATION.matcher(definition(term));
        if (depth == DEEPEST || !operation.matches()) {
            return UNKNOWN;
        }
        int a = remainder(operation.group(1), depth + 1);
        int b = remainder(operation.group(3), depth + 1);
        return switch (operation.group(2)) {
            case "+" -> a == UNKNOWN || b == UNKNOWN ? UNKNOWN : (a + b) % WIDTH;
            case "-" -> a == UNKNOWN || b == UNKNOWN ? UNKNOWN : Math.floorMod(a - b, WIDTH);
            case "*" -> a == 0 || b == 0 ? 0 : a == UNKNOWN || b == UNKNOWN ? UNKNOWN : a * b % WIDTH;
            case "%" -> b == 0 ? a : UNKNOWN;
            case "&" ->
                b == 0
                        ? 0
                        : b == WIDTH - 1 && NUMBER.matcher(operation.group(3)).matches() ? a : UNKNOWN;
            default -> shifted(a, operation.group(3));
        };
    }

    private static int shifted(int remainder, String by) {
        if (!NUMBER.matcher(by).matches()) {
            return UNKNOWN;
        }
        int places = Integer.parseInt(by) & 31;
        if (places >= 2) {
            return 0;
        }
        return remainder == UNKNOWN ? UNKNOWN : (remainder << places) % WIDTH;
    }
}
