package dev.herd.api.openai;

import dev.herd.grammar.Constraint;
import dev.herd.grammar.ConstraintException;
import dev.herd.grammar.Syntax;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * What an answer must look like: text of a form that was asked for, calls of tools, or either. Calls are held to the form
 * that the model has learned, {@code {"name": "f", "parameters": {…}}}. Two are equal if they ask for the same.
 *
 * @param format the form of text; empty for any
 * @param offer the tools
 */
public record AnswerForm(Optional<ResponseFormat> format, ToolOffer offer) {
    /** What these ask for; empty if an answer may be any text. */
    public static Optional<AnswerForm> of(Optional<ResponseFormat> format, ToolOffer offer) {
        boolean asksForNothing =
                format.isEmpty() && !offer.isForced() && offer.tools().stream().noneMatch(ToolOffer.Tool::isStrict);
        return asksForNothing ? Optional.empty() : Optional.of(new AnswerForm(format, offer));
    }

    /**
     * The automaton for such answers. May take a second for great schemas.
     *
     * @throws ApiException 400 naming what is malformed or not supported
     */
    public Constraint compile() {
        Syntax syntax = syntax();
        return refusing(format.map(ResponseFormat::path).orElse("tools"), () -> Constraint.of(syntax));
    }

    private Syntax syntax() {
        if (offer.isForced()) {
            return calls();
        }
        if (format.isPresent()) {
            Syntax text = refusing(format.get().path(), format.get()::syntax);
            return offer.tools().isEmpty() ? text : Syntax.oneOf(List.of(text, calls()));
        }
        return textWithCalls();
    }

    private Syntax calls() {
        Syntax call = Syntax.oneOf(offer.tools().stream().map(AnswerForm::call).toList());
        return offer.isParallel() ? Syntax.repeat(call, 1) : call;
    }

    /** Any text in which the strict tools are called in one form only. */
    private Syntax textWithCalls() {
        List<String> otherForms = new ArrayList<>();
        List<Syntax> calls = new ArrayList<>();
        for (ToolOffer.Tool tool : offer.tools()) {
            if (tool.isStrict()) {
                String name = tool.definition().name();
                otherForms.addAll(List.of("\"" + name + "\"", name + "(", "<function=" + name + ">"));
                calls.add(call(tool));
            }
        }
        Syntax text = Syntax.textWithout(otherForms);
        return Syntax.sequence(text, Syntax.repeat(Syntax.sequence(Syntax.oneOf(calls), text), 0));
    }

    private static Syntax call(ToolOffer.Tool tool) {
        return Syntax.sequence(
                Syntax.literal("{\"name\": \"" + tool.definition().name() + "\", \"parameters\": "),
                tool.isStrict() ? refusing(tool.path(), () -> Syntax.jsonSchema(tool.schema())) : arguments(tool),
                Syntax.literal("}"));
    }

    /** The arguments of a tool that is not strict: a schema that is not supported is no reason to refuse it. */
    private static Syntax arguments(ToolOffer.Tool tool) {
        try {
            Syntax syntax = Syntax.jsonSchema(tool.schema());
            Constraint.of(syntax); // some schemas turn out to be too large only here
            return syntax;
        } catch (ConstraintException notSupported) {
            return Syntax.jsonObject();
        }
    }

    private static <T> T refusing(String path, Attempt<T> attempt) {
        try {
            return attempt.make();
        } catch (ConstraintException refused) {
            throw ApiException.invalidValue(
                    refused.path().isEmpty() ? path : path + "." + refused.path(),
                    Objects.requireNonNullElse(refused.getMessage(), ""));
        }
    }

    private interface Attempt<T> {
        T make();
    }
}
