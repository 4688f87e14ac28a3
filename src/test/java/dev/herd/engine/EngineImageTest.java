package dev.herd.engine;

import static dev.herd.engine.FakeImages.image;
import static dev.herd.engine.FakeImages.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.herd.kernels.device.DeviceLostException;
import dev.herd.model.vision.PixelTiles;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Pictures in prompts: what is computed, when, and what is remembered. */
class EngineImageTest {
    private static final int CONTEXT = 80;
    private static final long TILE_BYTES = 4 * 8 * Float.BYTES;

    private final FakeModelRunner runner = runner();

    private static FakeModelRunner runner() {
        FakeModelRunner runner = new FakeModelRunner(16, 4, 1000, 40);
        runner.vision = Optional.of(FakeImages.TOWER);
        return runner;
    }

    private Engine engine(int prefillSlice, long cacheBytes) {
        return new Engine(runner, new EngineConfig(CONTEXT, 4, 8, prefillSlice, cacheBytes), () -> 0);
    }

    private static void runToEnd(Engine engine) {
        int steps = 0;
        while (engine.step()) {
            assertThat(++steps).isLessThan(1000);
        }
    }

    private static RecordingListener submit(Engine engine, GenerationRequest request) {
        RecordingListener listener = new RecordingListener();
        engine.submit(request, listener);
        return listener;
    }

    private static int sum(List<Integer> counts) {
        return counts.stream().mapToInt(Integer::intValue).sum();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 5, 7, 16, 36})
    void anAnswerDoesNotDependOnWhereSlicesCutAPicture(int slice) {
        GenerationRequest request = request(40, 6, image("a", 1, 1, 6, 11), image("a", 2, 20), image("a", 3, 24, 36));

        Engine engine = engine(slice, 0);
        RecordingListener listener = submit(engine, request);
        runToEnd(engine);

        assertThat(listener.tokens()).isEqualTo(Requests.answer(runner, FakeImages.spelledOut(request), CONTEXT));
        assertThat(sum(runner.encodedTiles)).isEqualTo(6);
    }

    @Test
    void aPictureMayEndThePrompt() {
        GenerationRequest request = request(12, 3, image("a", 1, 8));

        Engine engine = engine(11, 0);
        RecordingListener listener = submit(engine, request);
        runToEnd(engine);

        assertThat(listener.tokens()).isEqualTo(Requests.answer(runner, FakeImages.spelledOut(request), CONTEXT));
    }

    @Test
    void runningAnswersGoOnWhilePicturesAreEncodedAFewTilesAtATime() {
        Engine engine = engine(16, 0);
        RecordingListener text = submit(engine, Requests.greedy(30, 1, 2, 3));
        engine.step();
        RecordingListener picture = submit(engine, request(60, 2, image("a", 1, 1, 6, 11, 16, 21, 26, 31)));

        for (int step = 1; step <= 3; step++) {
            assertThat(engine.step()).isTrue();
            assertThat(text.tokens()).hasSize(1 + step);
            assertThat(runner.encodedTiles).hasSize(step).containsOnly(2);
        }
        runToEnd(engine);

        assertThat(sum(runner.encodedTiles)).isEqualTo(7);
        assertThat(picture.tokens()).hasSize(2);
    }

    @Test
    void theTextBeforeAnUnfinishedPictureWaitsForAWholeSlice() {
        Engine engine = engine(8, 0);
        submit(engine, request(40, 2, image("a", 1, 20, 25, 30)));

        engine.step();

        assertThat(runner.sliceSizes).containsExactly(List.of(8));
        engine.step();
        assertThat(runner.sliceSizes).containsExactly(List.of(8), List.of(8));
        assertThat(sum(runner.encodedTiles)).isEqualTo(3);
    }

    @Test
    void aPictureIsEncodedOnceForAConversation() {
        Engine engine = engine(16, 10 * TILE_BYTES);
        GenerationRequest request = request(20, 2, image("a", 1, 1, 6));
        RecordingListener first = submit(engine, request);
        runToEnd(engine);
        PromptImage again = image(request.images().getFirst().key(), EngineImageTest::unwanted, 1, 6);
        RecordingListener second = submit(engine, request(20, 2, again));
        runToEnd(engine);

        assertThat(second.tokens()).isEqualTo(first.tokens());
        assertThat(sum(runner.encodedTiles)).isEqualTo(2);
        assertThat(engine.status().images()).isEqualTo(new EngineStatus.Images(1, 1, 2, 2 * TILE_BYTES));
    }

    private static PixelTiles unwanted() {
        throw new AssertionError("a remembered picture was asked for its pixels");
    }

    @Test
    void twoRequestsUnderWayShareOnePicture() {
        Engine engine = engine(16, 0);
        RecordingListener first = submit(engine, request(30, 2, image("a", 1, 1, 6, 11)));
        engine.step();
        RecordingListener second = submit(engine, request(30, 2, image("a", 1, 1, 6, 11)));
        runToEnd(engine);

        assertThat(second.tokens()).isEqualTo(first.tokens()).hasSize(2);
        assertThat(sum(runner.encodedTiles)).isEqualTo(3);
        assertThat(engine.status().images()).isEqualTo(new EngineStatus.Images(1, 1, 3, 0));
    }

    @Test
    void scopesDoNotSeeEachOthersPictures() {
        Engine engine = engine(16, 10 * TILE_BYTES);
        submit(engine, request(20, 2, image("a", 1, 1)));
        runToEnd(engine);
        submit(engine, request(20, 2, image("b", 1, 1)));
        runToEnd(engine);

        assertThat(engine.status().images()).isEqualTo(new EngineStatus.Images(0, 2, 2, 2 * TILE_BYTES));
    }

    @Test
    void thePictureThatWasNotWantedForLongestIsForgotten() {
        Engine engine = engine(16, 3 * TILE_BYTES);
        for (int picture : new int[] {1, 2, 3, 1, 4, 1, 2}) {
            submit(engine, request(20, 1, image("a", picture, 1)));
            runToEnd(engine);
        }

        assertThat(engine.status().images()).isEqualTo(new EngineStatus.Images(2, 5, 5, 3 * TILE_BYTES));
    }

    @Test
    void aPictureLargerThanTheCacheIsNotRemembered() {
        Engine engine = engine(16, 3 * TILE_BYTES);
        submit(engine, request(20, 1, image("a", 1, 1)));
        runToEnd(engine);
        submit(engine, request(30, 1, image("a", 2, 1, 6, 11, 16)));
        runToEnd(engine);

        assertThat(engine.status().images().cachedBytes()).isEqualTo(TILE_BYTES);
    }

    @Test
    void cancellingEndsTheEncoding() {
        Engine engine = engine(16, 10 * TILE_BYTES);
        RecordingListener listener = new RecordingListener();
        Generation generation = engine.submit(request(60, 2, image("a", 1, 1, 6, 11, 16, 21, 26)), listener);
        engine.step();
        generation.cancel();
        runToEnd(engine);

        assertThat(listener.reason()).isEqualTo(FinishReason.CANCELLED);
        assertThat(sum(runner.encodedTiles)).isEqualTo(2);
        assertThat(engine.status().usedBlocks()).isZero();
        RecordingListener again = submit(engine, request(60, 2, image("a", 1, 1, 6, 11, 16, 21, 26)));
        runToEnd(engine);
        assertThat(again.tokens()).hasSize(2);
        assertThat(sum(runner.encodedTiles)).isEqualTo(8);
    }

    @Test
    void aSourceThatFailsEndsItsRequestOnly() {
        Engine engine = engine(16, 10 * TILE_BYTES);
        IllegalStateException broken = new IllegalStateException("broken");
        RecordingListener good = submit(engine, request(20, 2, image("a", 1, 1)));
        PromptImage bad = image(
                new PromptImage.Key("a", "bad"),
                () -> {
                    throw broken;
                },
                1);
        RecordingListener lost = submit(engine, request(20, 2, bad));
        PromptImage lying = image(new PromptImage.Key("a", "lying"), () -> FakeImages.tiles(1, 2), 1);
        RecordingListener refused = submit(engine, request(20, 2, lying));
        runToEnd(engine);

        assertThat(good.tokens()).hasSize(2);
        assertThat(lost.failure()).isSameAs(broken);
        assertThat(refused.failure()).hasMessage("a picture was announced with 1 tiles, but supplied 2");
        assertThat(engine.status().failures()).isEqualTo(2);
    }

    @Test
    void aTowerThatFailsEndsTheRequestsWhoseTilesItHad() {
        Engine engine = engine(16, 10 * TILE_BYTES);
        runner.encodeFailure = tiles -> runner.encodedTiles.size() == 1;
        RecordingListener lost = submit(engine, request(20, 2, image("a", 1, 1, 6)));
        RecordingListener good = submit(engine, request(20, 2, image("a", 2, 1)));
        runToEnd(engine);

        assertThat(lost.failure()).isNotNull();
        assertThat(good.tokens()).hasSize(2);
        assertThat(submitAndRun(engine, request(20, 2, image("a", 1, 1, 6))).tokens())
                .hasSize(2);
    }

    /** The device that the tower runs on is the decoder's, so the engine can do nothing more. */
    @Test
    void aDeviceLostInTheTowerEndsAllRequestsAndTheEngine() throws InterruptedException {
        Engine engine = engine(16, 10 * TILE_BYTES);
        CountDownLatch isBroken = new CountDownLatch(1);
        DeviceLostException lost =
                new DeviceLostException("the device failed: it is gone", new IllegalStateException());
        runner.encodeFailure = tiles -> {
            throw lost;
        };
        RecordingListener picture = submit(engine, request(20, 2, image("a", 1, 1, 6)));
        RecordingListener text = submit(engine, Requests.greedy(30, 1, 2, 3));

        engine.start(isBroken::countDown);

        assertThat(isBroken.await(10, TimeUnit.SECONDS)).isTrue();
        assertThat(picture.failure()).isSameAs(lost);
        assertThat(text.failure()).isSameAs(lost);
        assertThat(engine.status().failures()).isEqualTo(2);
        assertThatThrownBy(() -> engine.submit(Requests.greedy(3, 3), new RecordingListener()))
                .isInstanceOf(EngineClosedException.class);
    }

    @Test
    void aKeyOfAnotherPictureIsRefused() {
        Engine engine = engine(16, 10 * TILE_BYTES);
        submitAndRun(engine, request(20, 2, image("a", 1, 1)));

        RecordingListener listener = submitAndRun(engine, request(20, 2, image("a", 1, 1, 6)));

        assertThat(listener.failure())
                .hasMessage("a picture has 2 tiles, but the one that is remembered by its key has 1");
    }

    private static RecordingListener submitAndRun(Engine engine, GenerationRequest request) {
        RecordingListener listener = submit(engine, request);
        runToEnd(engine);
        return listener;
    }

    @Test
    void placeholdersThatDoNotFitTheTilesAreRefused() {
        Engine engine = engine(16, 0);
        PromptImage.Key key = new PromptImage.Key("a", "1");
        PromptImage tooFew = new PromptImage(key, List.of(new PromptImage.Run(1, 3)), 2, () -> FakeImages.tiles(1, 2));
        PromptImage beyond = image("a", 1, 18);

        assertThatThrownBy(() -> engine.submit(request(20, 2, tooFew), new RecordingListener()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("images[0] has 3 placeholder tokens, but its 2 tiles are 8 image tokens");
        assertThatThrownBy(() ->
                        engine.submit(request(20, 2, image("a", 1, 6), image("a", 2, 8)), new RecordingListener()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("images[1] has a placeholder token at 8, before the end of another run at 10");
        GenerationRequest outside =
                new GenerationRequest(new int[20], SamplingParams.greedy(), 2, Set.of(), List.of(beyond));
        assertThatThrownBy(() -> engine.submit(outside, new RecordingListener()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("images[0] has placeholder tokens at 18..21, but the prompt has 20 tokens");
    }

    @Test
    void aModelWithoutATowerRefusesPictures() {
        runner.vision = Optional.empty();
        Engine engine = engine(16, 0);

        assertThatThrownBy(() -> engine.submit(request(20, 2, image("a", 1, 1)), new RecordingListener()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("images[0] cannot be seen: the model has no vision tower");
    }
}
