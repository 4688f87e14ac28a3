package dev.herd.grammar;

import dev.herd.grammar.JsonTree.Arr;
import dev.herd.grammar.JsonTree.Bool;
import dev.herd.grammar.JsonTree.Num;
import dev.herd.grammar.JsonTree.Obj;
import dev.herd.grammar.JsonTree.Str;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A schema that is an object, and where it stands. Its methods read keywords and refuse values of a wrong type by name.
 *
 * @param path names of members and positions of elements from the root, with points between them
 */
record Schema(Obj tree, String path) {
    boolean has(String keyword) {
        return tree.has(keyword);
    }

    Optional<JsonTree> find(String keyword) {
        return Optional.ofNullable(tree.get(keyword));
    }

    /** Where a keyword's value stands. */
    String pathOf(String keyword) {
        return path.isEmpty() ? keyword : path + "." + keyword;
    }

    ConstraintException error(String keyword, String message) {
        return new ConstraintException(pathOf(keyword), message);
    }

    /** Members of an object; none if the keyword is absent. */
    Map<String, JsonTree> members(String keyword) {
        return switch (find(keyword).orElse(new Obj(Map.of()))) {
            case Obj(Map<String, JsonTree> members) -> members;
            default -> throw error(keyword, "'" + keyword + "' must be an object.");
        };
    }

    /** Elements of an array; none if the keyword is absent. */
    List<JsonTree> elements(String keyword) {
        return switch (find(keyword).orElse(new Arr(List.of()))) {
            case Arr(List<JsonTree> elements) -> elements;
            default -> throw error(keyword, "'" + keyword + "' must be an array.");
        };
    }

    /** Strings of an array; none if the keyword is absent. */
    List<String> strings(String keyword) {
        List<String> strings = new ArrayList<>();
        for (JsonTree element : elements(keyword)) {
            if (!(element instanceof Str(String value))) {
                throw error(keyword, "'" + keyword + "' must be an array of strings.");
            }
            strings.add(value);
        }
        return strings;
    }

    Optional<String> string(String keyword) {
        return find(keyword).map(value -> {
            if (!(value instanceof Str(String string))) {
                throw error(keyword, "'" + keyword + "' must be a string.");
            }
            return string;
        });
    }

    Optional<BigDecimal> number(String keyword) {
        return find(keyword).map(value -> {
            if (!(value instanceof Num(BigDecimal number))) {
                throw error(keyword, "'" + keyword + "' must be a number.");
            }
            return number;
        });
    }

    boolean isTrue(String keyword) {
        return find(keyword).orElse(new Bool(false)).equals(new Bool(true));
    }

    /** A count that is at most {@code most}; a greater one is an error. */
    int count(String keyword, int otherwise, int most) {
        BigDecimal count = number(keyword).orElse(BigDecimal.valueOf(otherwise));
        if (count.signum() < 0 || count.stripTrailingZeros().scale() > 0) {
            throw error(keyword, "'" + keyword + "' must be an integer of at least 0.");
        }
        if (count.compareTo(BigDecimal.valueOf(most)) > 0) {
            throw error(keyword, "'" + keyword + "' must be at most " + most + ".");
        }
        return count.intValue();
    }

    /** A count, {@link Node#UNBOUNDED} if absent; a greater one than {@code most} counts as {@code most}. */
    int cappedCount(String keyword, int most) {
        Optional<BigDecimal> count = number(keyword);
        if (count.isEmpty()) {
            return Node.UNBOUNDED;
        }
        return count.get().compareTo(BigDecimal.valueOf(most)) > 0 ? most : count(keyword, 0, most);
    }
}
