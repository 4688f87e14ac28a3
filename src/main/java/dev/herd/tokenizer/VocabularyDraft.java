package dev.herd.tokenizer;

import dev.herd.weights.CheckpointException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** A vocabulary while it is read: collects tokens by id, then checks them and builds the tokenizer. */
final class VocabularyDraft {
    /** More ids than this are a mistake or an attack; Llama 4 has 202,048. */
    static final int MOST_TOKENS = 1 << 20;

    /** Control tokens by their looks: no split rule lets letters and bars into one piece, so no merge makes one. */
    private static final Pattern CONTROL_NAME = Pattern.compile("<\\|[A-Za-z0-9_]+\\|>");

    private final String source;
    private final BitSet ordinary = new BitSet();
    private final Map<String, Integer> specialIds = new HashMap<>();
    private final Map<Integer, String> literals = new HashMap<>();
    private byte[][] tokens = new byte[1 << 10][];
    private int size;

    /** {@code source} begins every error: the file, or what else the vocabulary comes from. */
    VocabularyDraft(String source) {
        this.source = source;
    }

    /** An error about this vocabulary. */
    CheckpointException error(String problem) {
        return new CheckpointException(source + ": " + problem);
    }

    /** An error about this vocabulary, and what it comes from. */
    CheckpointException error(String problem, Exception cause) {
        return new CheckpointException(source + ": " + problem, cause);
    }

    /** Whether a token of this name is special whatever the file says of it: no user may type it. */
    static boolean isControlName(String text) {
        return text.startsWith("<|") && CONTROL_NAME.matcher(text).matches();
    }

    /** Ids run to this, exclusive. */
    int size() {
        return size;
    }

    /** Enters a token that text may contain; special if its name says so. */
    void addOrdinary(long id, byte[] bytes) {
        if (bytes.length == 0) {
            throw error("token " + id + " is empty");
        }
        String text = bytes[0] == '<' ? new String(bytes, StandardCharsets.ISO_8859_1) : "";
        if (isControlName(text)) {
            addSpecial(id, text);
        } else {
            enter(id, bytes);
            ordinary.set((int) id);
        }
    }

    /** Enters an ordinary token that is written in the byte alphabet. */
    void addEncoded(long id, String text) {
        byte[] bytes = new byte[text.length()];
        if (!ByteAlphabet.decode(text, 0, text.length(), bytes)) {
            throw error("token " + id + " (" + shown(text) + ") is not in the byte-level alphabet");
        }
        addOrdinary(id, bytes);
    }

    /** Enters a token that only a prompt's structure may contain. */
    void addSpecial(long id, String name) {
        if (name.isEmpty()) {
            throw error("special token " + id + " has no name");
        }
        enter(id, name.getBytes(StandardCharsets.UTF_8));
        Integer other = specialIds.put(name, (int) id);
        if (other != null && other != id) {
            throw error("tokens " + other + " and " + id + " are both the special token " + shown(name));
        }
        ordinary.clear((int) id);
        literals.remove((int) id);
    }

    /** Enters an added token that is found in text before it is split; special if its name says so. */
    void addLiteral(long id, String text) {
        if (text.isEmpty()) {
            throw error("added token " + id + " is empty");
        }
        if (isControlName(text)) {
            addSpecial(id, text);
        } else {
            enter(id, text.getBytes(StandardCharsets.UTF_8));
            ordinary.clear((int) id);
            literals.put((int) id, text);
        }
    }

    /** Enters an id that means nothing. */
    void addUnused(long id) {
        enter(id, new byte[0]);
    }

    private void enter(long id, byte[] bytes) {
        if (id < 0 || id >= MOST_TOKENS) {
            throw error("token id " + id + " is not in 0.." + (MOST_TOKENS - 1));
        }
        if (id >= tokens.length) {
            tokens = Arrays.copyOf(tokens, (int) Math.min(MOST_TOKENS, Math.max(id + 1, 2L * tokens.length)));
        }
        byte[] other = tokens[(int) id];
        if (other != null && !Arrays.equals(other, bytes)) {
            throw error("token id " + id + " is given to both " + shown(new String(other, StandardCharsets.UTF_8))
                    + " and " + shown(new String(bytes, StandardCharsets.UTF_8)));
        }
        tokens[(int) id] = bytes;
        size = Math.max(size, (int) id + 1);
    }

    /** The tokenizer whose merges are listed, best first, each as {@code "left right"} in the byte alphabet. */
    Tokenizer build(Splitter splitter, boolean isWholePieceFirst, List<String> merges) {
        TokenTable table = table();
        var mergeTable = new MergeTable();
        byte[] scratch = new byte[merges.stream().mapToInt(String::length).max().orElse(0)];
        for (int rank = 0; rank < merges.size(); rank++) {
            addMerge(table, mergeTable, rank, merges.get(rank), scratch);
        }
        return build(table, mergeTable, splitter, isWholePieceFirst);
    }

    /** The tokenizer in which two tokens merge whenever both together are a token; the lower that one's id, the earlier. */
    Tokenizer buildRanked(Splitter splitter) {
        TokenTable table = table();
        var mergeTable = new MergeTable();
        for (int id = ordinary.nextSetBit(0); id >= 0; id = ordinary.nextSetBit(id + 1)) {
            byte[] bytes = tokens[id];
            for (int middle = 1; middle < bytes.length; middle++) {
                int left = table.find(bytes, 0, middle);
                int right = table.find(bytes, middle, bytes.length);
                if (left != TokenTable.ABSENT && right != TokenTable.ABSENT) {
                    mergeTable.add(left, right, id, id);
                }
            }
        }
        return build(table, mergeTable, splitter, true);
    }

    private Tokenizer build(TokenTable table, MergeTable merges, Splitter splitter, boolean isWholePieceFirst) {
        var rules = new BytePairTokenizer.Rules(splitter, isWholePieceFirst, new LiteralTokens(literals));
        return new BytePairTokenizer(table, merges, byteTokens(table), rules, specialIds);
    }

    private TokenTable table() {
        byte[][] known = Arrays.copyOf(tokens, size);
        for (int id = 0; id < size; id++) {
            if (known[id] == null) {
                known[id] = new byte[0];
            }
        }
        var table = new TokenTable(known, ordinary);
        for (int id = ordinary.nextSetBit(0); id >= 0; id = ordinary.nextSetBit(id + 1)) {
            int other = table.duplicateOf(id);
            if (other != id) {
                throw error("tokens " + other + " and " + id + " are the same");
            }
        }
        return table;
    }

    private int[] byteTokens(TokenTable table) {
        int[] ids = new int[256];
        for (int value = 0; value < ids.length; value++) {
            ids[value] = table.find(new byte[] {(byte) value}, 0, 1);
            if (ids[value] == TokenTable.ABSENT) {
                throw error(
                        "no token stands for the single byte %d, so not every text could be encoded".formatted(value));
            }
        }
        return ids;
    }

    private void addMerge(TokenTable table, MergeTable merges, int rank, String merge, byte[] scratch) {
        int middle = merge.indexOf(' ');
        int length = merge.length() - 1;
        if (middle <= 0
                || middle == length
                || !ByteAlphabet.decode(merge.substring(0, middle) + merge.substring(middle + 1), 0, length, scratch)) {
            throw error("merge " + rank + " (" + shown(merge) + ") is not two tokens in the byte-level alphabet");
        }
        int left = table.find(scratch, 0, middle);
        int right = table.find(scratch, middle, length);
        int merged = table.find(scratch, 0, length);
        if (left == TokenTable.ABSENT || right == TokenTable.ABSENT || merged == TokenTable.ABSENT) {
            throw error("merge " + rank + " (" + shown(merge) + ") names a token that the vocabulary lacks");
        }
        merges.add(left, right, rank, merged);
    }

    /** {@code text} fit for an error: short, and in one line. */
    static String shown(String text) {
        String head = text.length() > 40 ? text.substring(0, 40) + "…" : text;
        return "'" + head.replaceAll("\\p{Cntrl}", "?") + "'";
    }
}
