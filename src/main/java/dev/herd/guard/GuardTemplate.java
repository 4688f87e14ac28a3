package dev.herd.guard;

import dev.herd.chat.TemplateText;
import dev.herd.safety.GuardCategory;
import dev.herd.safety.GuardException;
import dev.herd.safety.GuardException.Status;
import dev.herd.safety.GuardQuery;
import dev.herd.tokenizer.Tokenizer;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * The texts that Llama Guard's prompt is made of, as one of its publishers writes them. What differs between them is
 * stated in docs/guards.md.
 */
enum GuardTemplate {
    /** Llama Guard 4 as Hugging Face's processor prints it: escaped line breaks behind each turn. */
    LG4_HF(
            "lg4-hf",
            "according to our safety policy",
            "",
            "\\n\\n\n\n",
            "message in the above conversation:\n - ",
            "\n - ",
            " "),
    /** Llama Guard 4 as llama.com documents it. */
    LG4_DOC("lg4-doc", "according to our safety policy", "\n", "\n\n", "in the above conversation:\n- ", "\n- ", ""),
    /** Llama Guard 3 8B as Hugging Face's chat template prints it; speakers take turns. */
    LG3_HF(
            "lg3-hf",
            "according our safety policy",
            "\n",
            "\n\n",
            "message in the above conversation:\n - ",
            "\n - ",
            ""),
    /** Llama Guard 3 1B: the same words, without the category that it was not trained on. */
    LG3_1B_HF(
            "lg3-1b-hf",
            LG3_HF.according,
            LG3_HF.beforeTurns,
            LG3_HF.afterTurn,
            LG3_HF.beforeBullets,
            LG3_HF.betweenBullets,
            LG3_HF.afterBullets);

    /** What policies say instead of a template to leave it to the guard. */
    static final String OWN = "auto";

    /** The line that opens the list of categories; a prompt without it makes the model answer anything. */
    static final String CATEGORIES_BEGIN = "<BEGIN UNSAFE CONTENT CATEGORIES>";

    static final String CATEGORIES_END = "<END UNSAFE CONTENT CATEGORIES>";
    static final String CONVERSATION_BEGIN = "<BEGIN CONVERSATION>";
    static final String CONVERSATION_END = "<END CONVERSATION>";

    /** The model writes this before its verdict, or not; given to it, the verdict is the next token. */
    static final String BEFORE_VERDICT = "\n\n";

    private final String variant;
    private final String according;
    private final String beforeTurns;
    private final String afterTurn;
    private final String beforeBullets;
    private final String betweenBullets;
    private final String afterBullets;

    GuardTemplate(
            String variant,
            String according,
            String beforeTurns,
            String afterTurn,
            String beforeBullets,
            String betweenBullets,
            String afterBullets) {
        this.variant = variant;
        this.according = according;
        this.beforeTurns = beforeTurns;
        this.afterTurn = afterTurn;
        this.beforeBullets = beforeBullets;
        this.betweenBullets = betweenBullets;
        this.afterBullets = afterBullets;
    }

    /** Names of the special tokens of a prompt. */
    record Tokens(String begin, String headerStart, String headerEnd, String endOfTurn) {
        private static final Tokens LLAMA_4 =
                new Tokens("<|begin_of_text|>", "<|header_start|>", "<|header_end|>", "<|eot|>");
        private static final Tokens LLAMA_3 =
                new Tokens("<|begin_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>");

        /** Every token that ends a turn or a text in one of the vocabularies. */
        static final List<String> ENDINGS =
                List.of("<|end_of_text|>", "<|eot|>", "<|eom|>", "<|eot_id|>", "<|eom_id|>");
    }

    /** The template that policies call {@code variant}. */
    static Optional<GuardTemplate> of(String variant) {
        return Arrays.stream(values())
                .filter(template -> template.variant.equals(variant))
                .findFirst();
    }

    /**
     * The template that a query is put in.
     *
     * @param own the guard's, for policies that leave it to the guard
     * @throws GuardException if there is no template of the name that the policy states
     */
    static GuardTemplate of(GuardQuery query, GuardTemplate own) throws GuardException {
        String variant = query.settings().templateVariant();
        if (variant.equals(OWN)) {
            return own;
        }
        return of(variant)
                .orElseThrow(() -> new GuardException(Status.MISCONFIGURED, "there is no prompt template " + variant));
    }

    /** The template for a vocabulary whose guard has none configured. */
    static GuardTemplate of(Tokenizer tokenizer) {
        return tokenizer.special(Tokens.LLAMA_3.headerStart()).isPresent() ? LG3_HF : LG4_HF;
    }

    /** Names of all templates. */
    static List<String> variants() {
        return Arrays.stream(values()).map(GuardTemplate::variant).toList();
    }

    String variant() {
        return variant;
    }

    Tokens tokens() {
        return isOfLlama3() ? Tokens.LLAMA_3 : Tokens.LLAMA_4;
    }

    /** Whether two turns of one speaker in a row must be made one. */
    boolean alternates() {
        return isOfLlama3();
    }

    /** What a speaker has said, as the template writes it. */
    String said(String text) {
        return isOfLlama3() ? TemplateText.trim(text) : text;
    }

    /** Whether the model was trained on a category, as far as it is one of Llama Guard's own. */
    boolean knows(GuardCategory category) {
        return this != LG3_1B_HF || !category.code().equals("S14");
    }

    private boolean isOfLlama3() {
        return this == LG3_HF || this == LG3_1B_HF;
    }

    /** All before the categories. */
    String task(String role) {
        return "Task: Check if there is unsafe content in '" + role + "' messages in conversations " + according
                + " with the below categories.\n\n" + CATEGORIES_BEGIN + "\n";
    }

    /** All between the last category and the first turn. */
    String beforeTurns() {
        return CATEGORIES_END + "\n\n" + CONVERSATION_BEGIN + "\n" + beforeTurns;
    }

    String afterTurn() {
        return afterTurn;
    }

    /** All behind the last turn. */
    String instruction(String role) {
        return CONVERSATION_END + "\n\nProvide your safety assessment for ONLY THE LAST " + role + " " + beforeBullets
                + "First line must read 'safe' or 'unsafe'." + betweenBullets
                + "If unsafe, a second line must include a comma-separated list of violated categories."
                + afterBullets;
    }
}
