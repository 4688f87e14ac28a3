package dev.herd.engine;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.List;

/**
 * Names for the beginnings of one sequence: the key of step {@code n} stands for everything up to its end, scope, tokens
 * and pictures. Two sequences with the same key have the same keys and values there. Owned by the engine's thread.
 */
final class PrefixKeys {
    private final List<Picture> pictures;
    private final MessageDigest digest;
    private final List<Key> keys = new ArrayList<>();
    private byte[] last;

    /**
     * @param scope whose sequences may share; a part of every key
     * @param images the pictures of the prompt
     */
    PrefixKeys(String scope, List<PromptImage> images) {
        this.pictures = images.stream()
                .map(image -> new Picture(image.runs().getFirst().position(), image.key()))
                .toList();
        try {
            this.digest = MessageDigest.getInstance("SHA-256"); // a collision would show one tenant another's prompt
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException(impossible);
        }
        this.last = digest.digest(scope.getBytes(StandardCharsets.UTF_8));
    }

    /** The key of step {@code step}, each of {@code blockSize} tokens; {@code tokens} must reach to the end of it. */
    Key key(int step, int[] tokens, int blockSize) {
        while (keys.size() <= step) {
            append(tokens, blockSize);
        }
        return keys.get(step);
    }

    private void append(int[] tokens, int blockSize) {
        int from = keys.size() * blockSize;
        ByteBuffer ids = ByteBuffer.allocate(Integer.BYTES * blockSize);
        for (int position = from; position < from + blockSize; position++) {
            ids.putInt(tokens[position]);
        }
        digest.update(last);
        digest.update(ids.array());
        for (Picture picture : pictures) {
            if (picture.start >= from && picture.start < from + blockSize) {
                // All later keys contain this one, so where a picture begins is enough.
                update(Integer.toString(picture.start));
                update(picture.key.scope());
                update(picture.key.content());
            }
        }
        last = digest.digest();
        ByteBuffer words = ByteBuffer.wrap(last);
        keys.add(new Key(words.getLong(), words.getLong(), words.getLong(), words.getLong()));
    }

    private void update(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(bytes.length).array());
        digest.update(bytes);
    }

    private record Picture(int start, PromptImage.Key key) {}

    /** 256 bits of a cryptographic hash. */
    record Key(long first, long second, long third, long fourth) {}
}
