package dev.herd.api.openai;

import com.fasterxml.jackson.databind.JsonMappingException.Reference;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.NamingBase;
import jakarta.validation.ElementKind;
import jakarta.validation.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Paths to the fields of a request as clients write them: {@code messages[0].content}. */
public final class JsonPaths {
    private static final NamingBase SNAKE_CASE = (NamingBase) PropertyNamingStrategies.SNAKE_CASE;

    private JsonPaths() {}

    /** The path at which a parser stopped; null at the top. */
    public static @Nullable String of(List<Reference> references) {
        StringBuilder path = new StringBuilder();
        for (Reference reference : references) {
            if (reference.getFieldName() != null) {
                append(path, reference.getFieldName());
            } else if (reference.getIndex() >= 0) {
                path.append('[').append(reference.getIndex()).append(']');
            }
        }
        return path.isEmpty() ? null : path.toString();
    }

    /** The path of a violation, without the method and parameter that it begins with; null for the body itself. */
    public static @Nullable String of(Path violation) {
        StringBuilder path = new StringBuilder();
        for (Path.Node node : violation) {
            if (node.getKind() == ElementKind.METHOD || node.getKind() == ElementKind.PARAMETER) {
                continue;
            }
            if (node.getIndex() != null) {
                path.append('[').append(node.getIndex()).append(']');
            } else if (node.getKey() != null) {
                append(path, node.getKey().toString());
            }
            if (node.getKind() == ElementKind.PROPERTY && !isListOfParts(node)) {
                append(path, SNAKE_CASE.translate(node.getName()));
            }
        }
        return path.isEmpty() ? null : path.toString();
    }

    /** The list of parts is the content itself on the wire. */
    private static boolean isListOfParts(Path.Node node) {
        return node.as(Path.PropertyNode.class).getContainerClass() == null
                && node.getName().equals("parts");
    }

    private static void append(StringBuilder path, String name) {
        if (!path.isEmpty()) {
            path.append('.');
        }
        path.append(name);
    }
}
