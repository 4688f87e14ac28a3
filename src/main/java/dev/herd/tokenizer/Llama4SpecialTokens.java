package dev.herd.tokenizer;

import java.util.ArrayList;
import java.util.List;

/** The names of Llama 4's 2048 special tokens, which {@code tokenizer.model} does not list. */
final class Llama4SpecialTokens {
    private Llama4SpecialTokens() {}

    /** All names in the order of their ids, which follow the ordinary ones. */
    static List<String> names() {
        var names = new ArrayList<>(List.of(
                "<|begin_of_text|>",
                "<|end_of_text|>",
                "<|fim_prefix|>",
                "<|fim_middle|>",
                "<|fim_suffix|>",
                "<|header_start|>",
                "<|header_end|>",
                "<|eom|>",
                "<|eot|>",
                "<|step|>"));
        addReserved(names, "text_post_train_", 0, 5);
        names.addAll(List.of("<|python_start|>", "<|python_end|>", "<|finetune_right_pad|>"));
        addReserved(names, "text_post_train_", 8, 68);
        names.addAll(List.of("<|image_start|>", "<|image_end|>"));
        addReserved(names, "vision_", 0, 1);
        names.addAll(List.of("<|tile_x_separator|>", "<|tile_y_separator|>"));
        addReserved(names, "vision_", 2, 5);
        names.add("<|image|>");
        addReserved(names, "vision_", 6, 6);
        names.add("<|patch|>");
        addReserved(names, "vision_", 7, 1047);
        addReserved(names, "reasoning_", 0, 7);
        names.addAll(List.of("<|reasoning_thinking_start|>", "<|reasoning_thinking_end|>"));
        addReserved(names, "", 0, 903);
        return names;
    }

    /** Those that have a meaning, in the same order. */
    static List<String> meaningful() {
        return names().stream()
                .filter(name -> !name.contains("reserved") && !name.contains("reasoning"))
                .toList();
    }

    private static void addReserved(List<String> names, String group, int first, int last) {
        for (int number = first; number <= last; number++) {
            names.add("<|" + group + "reserved_special_token_" + number + "|>");
        }
    }
}
