package dev.herd.guard;

import dev.herd.chat.Message.Picture;
import dev.herd.chat.PictureTokens;
import dev.herd.engine.PromptImage;
import dev.herd.model.vision.ImageTiler;
import dev.herd.model.vision.RgbImage;
import dev.herd.model.vision.TileLayout;
import dev.herd.safety.GuardImage;
import dev.herd.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** Makes token ids and pictures of a prompt. Immutable. */
final class PromptTokens {
    private final Tokenizer tokenizer;
    private final Optional<Sight> sight;

    /**
     * How a guard sees pictures.
     *
     * @param tileSize pixels per side of its tiles
     */
    record Sight(PictureTokens tokens, int tileSize) {}

    PromptTokens(Tokenizer tokenizer, Optional<Sight> sight) {
        this.tokenizer = tokenizer;
        this.sight = sight;
    }

    /** A prompt as the engine takes it. */
    record Encoded(int[] ids, List<PromptImage> images) {}

    /**
     * Encodes a prompt.
     *
     * @param scope who may share what is computed of its pictures
     * @param ending text behind it
     * @throws IllegalArgumentException if the vocabulary lacks one of its special tokens
     */
    Encoded encode(GuardPrompt prompt, String ending, String scope) {
        IntStream.Builder ids = IntStream.builder();
        List<PromptImage> images = new ArrayList<>();
        int count = 0;
        for (GuardPrompt.Part part : prompt.parts()) {
            switch (part) {
                case GuardPrompt.Part.Special(String name) -> {
                    ids.add(special(name));
                    count++;
                }
                case GuardPrompt.Part.Text(String text) -> count += add(ids, text);
                case GuardPrompt.Part.Picture(GuardImage image) -> {
                    if (sight.isPresent()) {
                        count += add(ids, image, count, scope, sight.get(), images);
                    }
                }
            }
        }
        add(ids, ending);
        return new Encoded(ids.build().toArray(), images);
    }

    /** Whether pictures reach the model. */
    boolean seesPictures() {
        return sight.isPresent();
    }

    int special(String name) {
        return tokenizer
                .special(name)
                .orElseThrow(() -> new IllegalArgumentException(
                        "the vocabulary lacks the special token " + name + ", which the prompt template needs"));
    }

    private int add(IntStream.Builder ids, String text) {
        int[] tokens = tokenizer.encode(text);
        for (int token : tokens) {
            ids.add(token);
        }
        return tokens.length;
    }

    private static int add(
            IntStream.Builder ids,
            GuardImage image,
            int position,
            String scope,
            Sight sight,
            List<PromptImage> images) {
        TileLayout layout = TileLayout.of(image.width(), image.height(), sight.tileSize(), TileLayout.MAX_TILES);
        IntStream.Builder own = IntStream.builder();
        sight.tokens().add(own, new Picture(layout.rows(), layout.columns()));
        int[] tokens = own.build().toArray();
        List<PromptImage.Run> runs = new ArrayList<>();
        for (int at = 0; at < tokens.length; at++) {
            ids.add(tokens[at]);
            boolean isFirst = tokens[at] == sight.tokens().patch()
                    && (at == 0 || tokens[at - 1] != sight.tokens().patch());
            if (isFirst) {
                runs.add(new PromptImage.Run(position + at, sight.tokens().tokensPerTile()));
            }
        }
        images.add(new PromptImage(
                new PromptImage.Key(scope, image.key() + "/" + layout),
                runs,
                layout.tileCount(),
                () -> ImageTiler.tiles(new RgbImage(image.width(), image.height(), image.rgb()), layout)));
        return tokens.length;
    }
}
