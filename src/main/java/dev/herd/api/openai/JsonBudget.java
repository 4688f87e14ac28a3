package dev.herd.api.openai;

import com.fasterxml.jackson.databind.JsonNode;
import jakarta.validation.Constraint;
import jakarta.validation.ConstraintValidator;
import jakarta.validation.ConstraintValidatorContext;
import jakarta.validation.Payload;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.jspecify.annotations.Nullable;

/** Bounds a JSON value that is taken as it is: its length when written compactly, and its nesting. */
@Target({ElementType.FIELD, ElementType.PARAMETER, ElementType.TYPE_USE})
@Retention(RetentionPolicy.RUNTIME)
@Constraint(validatedBy = JsonBudget.Validator.class)
public @interface JsonBudget {
    /** Characters at most. */
    int maxLength();

    /** Objects and arrays in each other at most. */
    int maxDepth();

    /** What is said of a value beyond that. */
    String message() default "must have at most {maxLength} characters and {maxDepth} levels";

    /** Validation groups; unused. */
    Class<?>[] groups() default {};

    /** Validation payload; unused. */
    Class<? extends Payload>[] payload() default {};

    /** Measures a value. */
    final class Validator implements ConstraintValidator<JsonBudget, @Nullable JsonNode> {
        private int maxLength;
        private int maxDepth;

        @Override
        public void initialize(JsonBudget budget) {
            maxLength = budget.maxLength();
            maxDepth = budget.maxDepth();
        }

        @Override
        public boolean isValid(@Nullable JsonNode value, ConstraintValidatorContext context) {
            return value == null
                    || (isWithin(value, maxDepth) && value.toString().length() <= maxLength);
        }

        private static boolean isWithin(JsonNode value, int depth) {
            if (value.isContainerNode() && depth == 0) {
                return false;
            }
            for (JsonNode child : value) {
                if (!isWithin(child, depth - 1)) {
                    return false;
                }
            }
            return true;
        }
    }
}
