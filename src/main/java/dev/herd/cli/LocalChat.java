package dev.herd.cli;

import dev.herd.chat.AnswerText;
import dev.herd.chat.Message;
import dev.herd.chat.Message.Part;
import dev.herd.chat.Message.Picture;
import dev.herd.chat.Message.Text;
import dev.herd.chat.PromptFormat;
import dev.herd.chat.PromptFormat.Ending;
import dev.herd.chat.Role;
import dev.herd.engine.ContextLengthException;
import dev.herd.engine.FinishReason;
import dev.herd.engine.Generation;
import dev.herd.engine.GenerationListener;
import dev.herd.engine.GenerationRequest;
import dev.herd.engine.GenerationStats;
import dev.herd.engine.PromptImage;
import dev.herd.engine.SampledToken;
import dev.herd.engine.SamplingParams;
import dev.herd.media.FetchPolicy;
import dev.herd.media.ImageDetail;
import dev.herd.media.MediaException;
import dev.herd.media.MediaInput;
import dev.herd.media.MediaIntake;
import dev.herd.media.MediaSettings;
import dev.herd.media.PromptPictures;
import dev.herd.runtime.LoadedModel;
import dev.herd.runtime.ModelSettings;
import dev.herd.weights.Checkpoint.GenerationDefaults;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A model in this process; the calling thread drives its engine. */
final class LocalChat implements ChatPartner {
    private final LoadedModel model;
    private final PromptFormat format;
    private final ChatOptions options;
    private final Progress progress;
    private final MediaIntake intake = new MediaIntake(MediaSettings.defaults());
    private volatile @Nullable Generation current;

    private LocalChat(LoadedModel model, ChatOptions options, Progress progress) {
        this.model = model;
        this.format = model.promptFormat();
        this.options = options;
        this.progress = progress;
    }

    /** Loads the model. */
    static LocalChat open(ModelSettings settings, ChatOptions options, Progress progress) {
        LoadedModel model = ModelOptions.open(settings);
        try {
            return new LocalChat(model, options, progress);
        } catch (RuntimeException failure) {
            model.close();
            throw failure;
        }
    }

    @Override
    public String name() {
        return model.name();
    }

    @Override
    public String answer(List<Turn> conversation, Consumer<String> onText) {
        Answer answer = new Answer(onText);
        try {
            current = model.engine().submit(request(conversation), answer);
        } catch (ContextLengthException | IllegalArgumentException | MediaException refused) {
            throw new CommandException(String.valueOf(refused.getMessage()), refused);
        }
        try {
            while (model.engine().step()) {
                answer.rethrow();
            }
        } finally {
            current = null;
        }
        return answer.text();
    }

    private GenerationRequest request(List<Turn> conversation) {
        List<MediaInput> inputs = new ArrayList<>();
        List<Message> messages = new ArrayList<>();
        for (Turn turn : conversation) {
            List<Part> parts = new ArrayList<>();
            for (String image : turn.images()) {
                MediaInput input = picture(image);
                inputs.add(input);
                input.grids().forEach(grid -> parts.add(new Picture(grid.rows(), grid.columns())));
            }
            parts.add(new Text(turn.text()));
            messages.add(new Message(Role.valueOf(turn.role().toUpperCase(Locale.ROOT)), parts));
        }
        int[] prompt = format.render(messages, Ending.ANSWER);
        return new GenerationRequest(
                prompt,
                sampling(),
                options.maxTokens().orElse(model.contextLength()),
                model.stopTokens(),
                images(prompt, inputs));
    }

    private MediaInput picture(String url) {
        int tileSize = model.vision()
                .orElseThrow(() -> new CommandException("the model " + model.name() + " sees no pictures"))
                .tileSize();
        return intake.picture(url, ImageDetail.AUTO, tileSize, FetchPolicy.OFF);
    }

    private List<PromptImage> images(int[] prompt, List<MediaInput> inputs) {
        return model.pictureTokens()
                .map(tokens -> new PromptPictures(inputs)
                        .images(prompt, tokens.patch(), tokens.tokensPerTile(), "", intake.pool()))
                .orElse(List.of());
    }

    private SamplingParams sampling() {
        GenerationDefaults defaults = model.checkpoint().generationDefaults();
        Float temperature = defaults.temperature();
        Float topP = defaults.topP();
        Integer topK = defaults.topK();
        return new SamplingParams(
                options.temperature().orElse(temperature == null ? 1 : temperature),
                options.topP().orElse(topP == null ? 1 : topP),
                topK == null ? 0 : topK,
                0,
                1,
                0,
                0,
                Map.of(),
                options.seed().orElseGet(() -> ThreadLocalRandom.current().nextLong()),
                -1);
    }

    @Override
    public void stop() {
        Generation generation = current;
        if (generation != null) {
            generation.cancel();
        }
    }

    @Override
    public void close() {
        intake.close();
        model.close();
    }

    /** Turns tokens into text as they come. */
    private final class Answer implements GenerationListener {
        private final AnswerText decoder = new AnswerText(model.tokenizer(), List.of());
        private final StringBuilder text = new StringBuilder();
        private final Consumer<String> onText;
        private @Nullable Throwable failure;

        Answer(Consumer<String> onText) {
            this.onText = onText;
        }

        @Override
        public void onPrefill(int done, int total) {
            progress.show("Reading", done, total);
        }

        @Override
        public void onToken(SampledToken token) {
            emit(decoder.accept(token.id()).text());
        }

        @Override
        public void onFinish(FinishReason reason, GenerationStats stats) {
            emit(decoder.finish());
            progress.clear();
        }

        @Override
        public void onFailure(Throwable thrown) {
            progress.clear();
            failure = thrown;
        }

        void rethrow() {
            if (failure != null) {
                throw new CommandException("the model could not go on: " + failure.getMessage(), failure);
            }
        }

        String text() {
            rethrow();
            return text.toString();
        }

        private void emit(String piece) {
            if (!piece.isEmpty()) {
                progress.clear();
                text.append(piece);
                onText.accept(piece);
            }
        }
    }
}
