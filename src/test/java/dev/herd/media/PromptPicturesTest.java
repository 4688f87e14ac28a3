package dev.herd.media;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.herd.engine.PromptImage;
import dev.herd.engine.PromptImage.Run;
import dev.herd.model.vision.ImageTiler;
import dev.herd.model.vision.TileLayout;
import java.util.List;
import org.junit.jupiter.api.Test;

final class PromptPicturesTest {
    private static final int TILE = 56;
    private static final int PATCH = 9;
    private final MediaIntake intake = new MediaIntake(MediaSettings.defaults());

    private MediaInput picture(byte[] file, ImageDetail detail) {
        return intake.picture(file, detail, TILE);
    }

    @Test
    void placeholdersOfEachTileAreFoundInOrder() throws InterruptedException {
        byte[] png = Pictures.png();
        PromptPictures pictures =
                new PromptPictures(List.of(picture(png, ImageDetail.LOW), picture(png, ImageDetail.HIGH)));
        int[] prompt = {1, 2, 9, 9, 3, 4, 9, 9, 5, 9, 9, 6, 7, 9, 9, 8};

        List<PromptImage> images = pictures.images(prompt, PATCH, 2, "tenant", intake.pool());

        assertThat(TileLayout.of(64, 48, TILE, 16).tileCount()).isEqualTo(3);
        assertThat(images).extracting(PromptImage::tileCount).containsExactly(1, 3);
        assertThat(images.get(0).runs()).containsExactly(new Run(2, 2));
        assertThat(images.get(1).runs()).containsExactly(new Run(6, 2), new Run(9, 2), new Run(13, 2));
        assertThat(images.get(1).pixels().tiles().values())
                .isEqualTo(ImageTiler.tiles(Pictures.decode(png), TileLayout.of(64, 48, TILE, 16))
                        .values());
    }

    @Test
    void keySaysWhosePictureItIsAndHowItIsCut() {
        int[] prompt = {9, 9, 9};
        byte[] png = Pictures.png();

        PromptImage low = only(prompt, picture(png, ImageDetail.LOW), "a");

        assertThat(only(prompt, picture(png.clone(), ImageDetail.LOW), "a").key())
                .isEqualTo(low.key());
        assertThat(only(prompt, picture(png, ImageDetail.LOW), "b").key()).isNotEqualTo(low.key());
        assertThat(only(prompt, picture(png, ImageDetail.HIGH), "a").key()).isNotEqualTo(low.key());
        assertThat(only(prompt, picture(Pictures.jpeg(), ImageDetail.LOW), "a").key())
                .isNotEqualTo(low.key());
    }

    private PromptImage only(int[] prompt, MediaInput input, String scope) {
        return new PromptPictures(List.of(input))
                .images(prompt, PATCH, 1, scope, intake.pool())
                .getFirst();
    }

    @Test
    void costIsKnownBeforeDecoding() {
        byte[] claim = Pictures.rawPng(4000, 200, 8, 2, new byte[0]);
        MediaInput input = picture(claim, ImageDetail.AUTO);
        PromptPictures pictures = new PromptPictures(List.of(input, picture(claim, ImageDetail.LOW)));

        assertThat(pictures.promptTokens(144)).isEqualTo(145 * 16 + 147 + 147);
        assertThat(pictures.tileBytes()).isEqualTo(18L * 3 * TILE * TILE * 4);
        assertThatThrownBy(() -> input.decode(intake.pool())).isInstanceOf(MediaException.class);
    }

    @Test
    void promptWithoutTheRightPlaceholdersIsRefused() {
        MediaInput input = picture(Pictures.png(), ImageDetail.LOW);

        assertThatThrownBy(() -> only(new int[] {1, 9, 2, 9}, picture(Pictures.png(), ImageDetail.HIGH), "a"))
                .isInstanceOf(RuntimeException.class);
        assertThatThrownBy(
                        () -> new PromptPictures(List.of(input)).images(new int[] {9, 1}, PATCH, 2, "a", intake.pool()))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
