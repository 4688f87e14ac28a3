package dev.herd.chat;

import dev.herd.chat.Message.Part;
import dev.herd.chat.Message.Picture;
import dev.herd.chat.Message.Text;
import dev.herd.tokenizer.Tokenizer;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Llama 4's conversation format as token ids, the same as Hugging Face's chat template gives for messages without
 * special-token names in their text:
 *
 * <pre>
 * &lt;|begin_of_text|&gt; ( &lt;|header_start|&gt; role &lt;|header_end|&gt; "\n\n" content &lt;|eot|&gt; )*
 * </pre>
 *
 * <p>Content is encoded together with the line breaks before it, because the two merge when it begins with white space.
 * Only the structure consists of special tokens: whatever a message says, it is encoded as ordinary text. Immutable and
 * safe for use by many threads.
 */
public final class PromptFormat {
    private static final String AFTER_HEADER = "\n\n";

    private final Tokenizer tokenizer;
    private final int beginOfText;
    private final int headerStart;
    private final int headerEnd;
    private final int endOfTurn;
    private final Set<Integer> stopTokens;
    private final Optional<PictureTokens> pictures;

    /** How a prompt ends. */
    public enum Ending {
        /** With the header of an assistant's message, so that the model answers. */
        ANSWER,
        /** With the text of the last message, so that the model goes on with it. */
        CONTINUATION,
        /** With the end of the last message. */
        TRANSCRIPT
    }

    /**
     * The format in the ids of {@code tokenizer}.
     *
     * @throws IllegalArgumentException if the vocabulary lacks one of the special tokens; the message names it
     */
    public PromptFormat(Tokenizer tokenizer) {
        this(tokenizer, Optional.empty());
    }

    /**
     * The format in the ids of {@code tokenizer}, for conversations with pictures.
     *
     * @param pictures how pictures are written; empty if the model sees none
     * @throws IllegalArgumentException if the vocabulary lacks one of the special tokens; the message names it
     */
    public PromptFormat(Tokenizer tokenizer, Optional<PictureTokens> pictures) {
        if (tokenizer.special("<|start_header_id|>").isPresent()) {
            throw new IllegalArgumentException(
                    "The vocabulary is Llama 3's, whose chat format Herd does not write; such a"
                            + " model can be a guard (herd.guard.model) or be run on token ids.");
        }
        this.tokenizer = tokenizer;
        this.pictures = pictures;
        this.beginOfText = special("<|begin_of_text|>");
        this.headerStart = special("<|header_start|>");
        this.headerEnd = special("<|header_end|>");
        this.endOfTurn = special("<|eot|>");
        this.stopTokens = Set.of(endOfTurn, special("<|eom|>"), special("<|end_of_text|>"));
    }

    /** Ids that end an answer: {@code <|eot|>}, {@code <|eom|>} and {@code <|end_of_text|>}. */
    public Set<Integer> stopTokens() {
        return stopTokens;
    }

    /**
     * The prompt for a conversation, with exactly one {@code <|begin_of_text|>}. A leading system message is trimmed,
     * everything else stays as it is; a tool's result is written as a JSON string, or as several if there are pictures
     * between its texts.
     *
     * @throws IllegalArgumentException if a conversation without messages is to be continued, or there is a picture and
     *     the model sees none
     */
    public int[] render(List<Message> messages, Ending ending) {
        return render(messages, List.of(), ending);
    }

    /**
     * The prompt for a conversation in which the model may ask for calls of {@code tools}: it is told of them at the
     * beginning of the first user message or, if there is none, in the system message.
     *
     * @throws IllegalArgumentException if a conversation without messages is to be continued
     */
    public int[] render(List<Message> conversation, List<ToolDefinition> tools, Ending ending) {
        List<Message> messages = ToolPrompt.introduce(conversation, tools);
        if (messages.isEmpty() && ending == Ending.CONTINUATION) {
            throw new IllegalArgumentException("A conversation without messages has none to be continued.");
        }
        IntStream.Builder ids = IntStream.builder();
        ids.add(beginOfText);
        for (int index = 0; index < messages.size(); index++) {
            Message message = messages.get(index);
            addHeader(ids, message.role());
            if (message.calls().isEmpty()) {
                addContent(ids, message, index == 0);
            } else {
                addText(ids, AFTER_HEADER);
                addCalls(ids, message);
            }
            if (index < messages.size() - 1 || ending != Ending.CONTINUATION) {
                ids.add(endOfTurn);
            }
        }
        if (ending == Ending.ANSWER) {
            addHeader(ids, Role.ASSISTANT);
            addText(ids, AFTER_HEADER);
        }
        return ids.build().toArray();
    }

    private void addCalls(IntStream.Builder ids, Message message) {
        tokenizer.special(ToolPrompt.PYTHON_START).ifPresent(ids::add);
        addText(ids, message.text());
        tokenizer.special(ToolPrompt.PYTHON_END).ifPresent(ids::add);
        addText(ids, ToolPrompt.calls(message.calls()));
    }

    /** The prompt that is a text and nothing else: {@code <|begin_of_text|>} and the text as ordinary text. */
    public int[] bare(String text) {
        IntStream.Builder ids = IntStream.builder();
        ids.add(beginOfText);
        addText(ids, text);
        return ids.build().toArray();
    }

    private void addHeader(IntStream.Builder ids, Role role) {
        ids.add(headerStart);
        addText(ids, role.header());
        ids.add(headerEnd);
    }

    private void addText(IntStream.Builder ids, String text) {
        for (int id : tokenizer.encode(text)) {
            ids.add(id);
        }
    }

    /** Texts that follow each other are one; the first is encoded together with the line breaks before it. */
    private void addContent(IntStream.Builder ids, Message message, boolean isFirst) {
        String before = AFTER_HEADER;
        StringBuilder text = new StringBuilder();
        boolean hasText = message.parts().isEmpty();
        for (Part part : message.parts()) {
            switch (part) {
                case Text(String more) -> {
                    text.append(more);
                    hasText = true;
                }
                case Picture picture -> {
                    addText(ids, before + (hasText ? content(message.role(), text.toString(), isFirst) : ""));
                    pictures.orElseThrow(() -> new IllegalArgumentException("The model sees no pictures."))
                            .add(ids, picture);
                    before = "";
                    text.setLength(0);
                    hasText = false;
                }
            }
        }
        if (hasText || !before.isEmpty()) {
            addText(ids, before + content(message.role(), text.toString(), isFirst));
        }
    }

    private static String content(Role role, String text, boolean isFirst) {
        return switch (role) {
            case SYSTEM -> isFirst ? TemplateText.trim(text) : text;
            case TOOL -> TemplateText.json(text);
            case USER, ASSISTANT -> text;
        };
    }

    private int special(String name) {
        return tokenizer
                .special(name)
                .orElseThrow(() -> new IllegalArgumentException(
                        "The vocabulary lacks the special token " + name + ", which Llama 4's chat format needs."));
    }
}
