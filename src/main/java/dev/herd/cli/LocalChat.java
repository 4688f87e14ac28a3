package dev.herd.cli;

import dev.herd.runtime.ModelSettings;
import java.util.List;
import java.util.function.Consumer;

/** stub. */
final class LocalChat implements ChatPartner {
    static LocalChat open(ModelSettings settings, ChatOptions options, Progress progress) {
        throw new IllegalStateException(settings.toString() + options + progress);
    }

    @Override
    public String name() {
        return "";
    }

    @Override
    public String answer(List<Turn> conversation, Consumer<String> onText) {
        return "";
    }

    @Override
    public void stop() {}

    @Override
    public void close() {}
}
