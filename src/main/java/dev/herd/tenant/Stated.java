package dev.herd.tenant;

import com.fasterxml.jackson.databind.JsonMappingException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import org.jspecify.annotations.Nullable;

/** Documents may be edited by people, who leave members out that must be there. */
final class Stated {
    private Stated() {}

    /**
     * Requires that a record, and those in it, have all members that are not declared nullable.
     *
     * @throws JsonMappingException if one is missing
     */
    static void require(@Nullable Object value) throws JsonMappingException {
        if (value instanceof Iterable<?> list && !(value instanceof com.fasterxml.jackson.databind.JsonNode)) {
            for (Object item : list) {
                require(item);
            }
        }
        if (!(value instanceof Record)) {
            return;
        }
        for (RecordComponent component : value.getClass().getRecordComponents()) {
            Object member = read(component, value);
            if (member == null && !component.getAnnotatedType().isAnnotationPresent(Nullable.class)) {
                throw new JsonMappingException(null, "the member '" + component.getName() + "' is missing");
            }
            require(member);
        }
    }

    private static @Nullable Object read(RecordComponent component, Object value) {
        try {
            return component.getAccessor().invoke(value);
        } catch (IllegalAccessException | InvocationTargetException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
