package dev.herd.tokenizer;

import dev.herd.weights.CheckpointException;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;

/** Meta's {@code tokenizer.model}: a line for each rank, base64 bytes and the rank; special tokens follow the ranks. */
final class TiktokenReader {
    private static final long MOST_BYTES = 1L << 24;
    private static final int LONGEST_TOKEN = 512;
    private static final int MOST_RANK_DIGITS = 9;

    private TiktokenReader() {}

    static Tokenizer read(Path file) {
        var draft = new VocabularyDraft(file.toString());
        try {
            if (Files.size(file) > MOST_BYTES) {
                throw draft.error("the file is far too large for a tokenizer.model");
            }
            try (BufferedReader lines = Files.newBufferedReader(file, StandardCharsets.ISO_8859_1)) {
                int number = 0;
                for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                    number++;
                    if (!line.isEmpty()) {
                        addLine(draft, number, line);
                    }
                }
            }
        } catch (IOException e) {
            throw new CheckpointException(file + " cannot be read: " + e.getMessage(), e);
        }
        return finish(draft);
    }

    private static void addLine(VocabularyDraft draft, int number, String line) {
        int blank = line.indexOf(' ');
        int digits = line.length() - blank - 1;
        boolean isRank = blank > 0
                && digits > 0
                && digits <= MOST_RANK_DIGITS
                && line.chars().skip(blank + 1L).allMatch(digit -> digit >= '0' && digit <= '9');
        if (!isRank) {
            throw draft.error("line " + number + " is not base64 bytes and a rank");
        }
        int rank = Integer.parseInt(line, blank + 1, line.length(), 10);
        if (rank != draft.size()) {
            throw draft.error("line " + number + " has rank " + rank + " where " + draft.size() + " was expected");
        }
        draft.addOrdinary(rank, decode(draft, number, line.substring(0, blank)));
    }

    private static byte[] decode(VocabularyDraft draft, int number, String base64) {
        if (base64.length() > LONGEST_TOKEN) {
            throw draft.error("line " + number + " has a token of " + base64.length() + " base64 characters");
        }
        try {
            return Base64.getDecoder().decode(base64);
        } catch (IllegalArgumentException e) {
            throw draft.error("line " + number + " is not base64 bytes and a rank", e);
        }
    }

    private static Tokenizer finish(VocabularyDraft draft) {
        if (draft.size() == 0) {
            throw draft.error("the file has no ranks");
        }
        int base = draft.size();
        List<String> names = Llama4SpecialTokens.names();
        for (int index = 0; index < names.size(); index++) {
            draft.addSpecial(base + index, names.get(index));
        }
        return draft.buildRanked(new Llama4Splitter());
    }
}
