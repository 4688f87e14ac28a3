package dev.herd.guard;

import dev.herd.safety.Direction;
import dev.herd.safety.GuardCategory;
import dev.herd.safety.GuardImage;
import dev.herd.safety.GuardTurn;
import java.util.ArrayList;
import java.util.List;

/**
 * Llama Guard's prompt: what stays the same for all texts comes first, so that it is computed once.
 *
 * @param parts what it is made of, in order
 */
record GuardPrompt(List<Part> parts) {
    GuardPrompt {
        parts = List.copyOf(parts);
    }

    /** A piece of a prompt. */
    sealed interface Part {
        /** A special token. */
        record Special(String name) implements Part {}

        /** Text, in which nothing is a special token. */
        record Text(String text) implements Part {}

        /** A picture, where it stands in its turn. */
        record Picture(GuardImage image) implements Part {}
    }

    /**
     * The prompt that asks whether the last turn is unsafe.
     *
     * @throws IllegalArgumentException if the template wants the speakers to take turns and they do not
     */
    static GuardPrompt of(
            GuardTemplate template, Direction direction, List<GuardTurn> turns, List<GuardCategory> categories) {
        requireTurns(template, turns);
        String role = role(direction);
        List<Part> parts = new ArrayList<>();
        GuardTemplate.Tokens tokens = template.tokens();
        parts.add(new Part.Special(tokens.begin()));
        addHeader(parts, tokens, "user");
        StringBuilder text = new StringBuilder("\n\n").append(template.task(role));
        categories.forEach(category -> append(text, category));
        text.append(template.beforeTurns());
        for (GuardTurn turn : turns) {
            text.append(turn.speaker() == GuardTurn.Speaker.USER ? "User: " : "Agent: ");
            for (GuardImage image : turn.images()) {
                parts.add(new Part.Text(text.toString()));
                text.setLength(0);
                parts.add(new Part.Picture(image));
            }
            text.append(NeutralText.of(template.said(turn.text()))).append(template.afterTurn());
        }
        parts.add(new Part.Text(text.append(template.instruction(role)).toString()));
        parts.add(new Part.Special(tokens.endOfTurn()));
        addHeader(parts, tokens, "assistant");
        return new GuardPrompt(parts);
    }

    private static void requireTurns(GuardTemplate template, List<GuardTurn> turns) {
        for (int turn = 0; template.alternates() && turn < turns.size(); turn++) {
            boolean isUsersTurn = turn % 2 == 0;
            if (isUsersTurn != (turns.get(turn).speaker() == GuardTurn.Speaker.USER)) {
                throw new IllegalArgumentException(
                        template.variant() + ": the speakers must take turns, beginning with the user");
            }
        }
    }

    /** The role as prompts spell it. */
    static String role(Direction direction) {
        return direction == Direction.INPUT ? "User" : "Agent";
    }

    private static void addHeader(List<Part> parts, GuardTemplate.Tokens tokens, String role) {
        parts.add(new Part.Special(tokens.headerStart()));
        parts.add(new Part.Text(role));
        parts.add(new Part.Special(tokens.headerEnd()));
    }

    private static void append(StringBuilder text, GuardCategory category) {
        text.append(category.code())
                .append(": ")
                .append(NeutralText.of(category.name()))
                .append(".\n");
        if (!category.description().isEmpty()) {
            text.append(NeutralText.of(category.description())).append('\n');
        }
    }

    /** The prompt as one text, pictures as {@code <|image|>}. */
    String text() {
        StringBuilder text = new StringBuilder();
        for (Part part : parts) {
            text.append(
                    switch (part) {
                        case Part.Special(String name) -> name;
                        case Part.Text(String some) -> some;
                        case Part.Picture picture -> "<|image|>";
                    });
        }
        return text.toString();
    }

    /** What the one user turn says, without the tokens around it: for servers that put these there themselves. */
    String userText() {
        StringBuilder text = new StringBuilder();
        for (Part part : parts.subList(4, parts.size() - 4)) {
            if (part instanceof Part.Text(String some)) {
                text.append(some);
            }
        }
        return text.toString().strip();
    }
}
