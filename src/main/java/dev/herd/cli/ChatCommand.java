package dev.herd.cli;

import dev.herd.kernels.TensorType;
import dev.herd.runtime.ModelSettings;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code herd chat}: a conversation in the terminal. */
@Command(
        name = "chat",
        description = {
            "Talks to a model, in this process or on a server.",
            "",
            "Each line of input is a message; the answer is printed as it comes. /image FILE shows a picture along with"
                    + " the next message, /reset starts a new conversation,"
                    + " /exit or Ctrl-D ends, Ctrl-C stops the current answer. With piped input every line is answered"
                    + " and nothing else is printed."
        })
final class ChatCommand implements Callable<Integer> {
    private static final int INTERRUPTED = 130;
    private static final String IMAGE = "/image ";

    private final Console console;
    private final AtomicBoolean isAnswering = new AtomicBoolean();

    @Mixin
    private ModelOptions modelOptions = new ModelOptions();

    @Option(
            names = "--url",
            paramLabel = "URL",
            defaultValue = "${env:HERD_URL}",
            description = "talk to the server at this address, for example http://localhost:8080, and load no model"
                    + " here (also HERD_URL)")
    private Optional<URI> url = Optional.empty();

    @Option(
            names = "--context",
            paramLabel = "N",
            description = "longest conversation, in tokens, of a model in this process")
    private Optional<Integer> context = Optional.empty();

    @Option(
            names = "--kv-type",
            paramLabel = "TYPE",
            defaultValue = "f16",
            converter = ModelOptions.KvType.class,
            description = "how a model in this process keeps keys and values: f32, f16 or q8_0 (default:"
                    + " ${DEFAULT-VALUE})")
    private TensorType kvType = TensorType.F16;

    @Option(names = "--system", paramLabel = "TEXT", description = "system message of the conversation")
    private @Nullable String system;

    @ArgGroup(exclusive = false, validate = false)
    private ChatOptions options = new ChatOptions();

    ChatCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException {
        Progress progress = console.progress();
        try (ChatPartner partner = open(progress)) {
            progress.clear();
            if (console.isInteractive()) {
                InterruptSignal.handle(() -> interrupt(partner));
                console.out()
                        .println("Talking to " + partner.name()
                                + ". /image FILE shows a picture, /reset starts again, /exit or Ctrl-D ends.");
            }
            converse(partner);
        }
        return 0;
    }

    private ChatPartner open(Progress progress) {
        if (url.isPresent()) {
            progress.show("Connecting to " + url.get() + " ...");
            return new ServerChat(url.get(), options);
        }
        progress.show("Loading the model ...");
        ModelSettings settings = modelOptions.settings().withKvType(kvType);
        return LocalChat.open(context.map(settings::withContextLength).orElse(settings), options, progress);
    }

    private void converse(ChatPartner partner) throws IOException {
        List<Turn> conversation = newConversation();
        List<String> images = new ArrayList<>();
        for (String line = readLine(); line != null; line = readLine()) {
            switch (line.strip()) {
                case "" -> {}
                case "/exit" -> {
                    return;
                }
                case "/reset" -> {
                    conversation = newConversation();
                    images.clear();
                }
                default -> {
                    if (line.startsWith(IMAGE)) {
                        show(line.substring(IMAGE.length()).strip(), images);
                    } else {
                        reply(partner, conversation, new Turn("user", images, line));
                        images.clear();
                    }
                }
            }
        }
        if (console.isInteractive()) {
            console.out().println();
        }
    }

    /** Puts a picture before the text of the next message. */
    private void show(String file, List<String> images) throws IOException {
        try {
            images.add(ImageFiles.dataUrl(Path.of(file)));
        } catch (CommandException refused) {
            if (!console.isInteractive()) {
                throw refused;
            }
            console.err().println(refused.getMessage());
        }
    }

    private void reply(ChatPartner partner, List<Turn> conversation, Turn question) {
        conversation.add(question);
        isAnswering.set(true);
        try {
            String answer = partner.answer(conversation, this::print);
            conversation.add(new Turn("assistant", answer));
            print(System.lineSeparator());
        } catch (CommandException e) {
            if (!console.isInteractive()) {
                throw e;
            }
            conversation.removeLast();
            console.err().println(e.getMessage());
        } finally {
            isAnswering.set(false);
        }
    }

    private void print(String text) {
        console.out().print(text);
        console.out().flush();
    }

    private @Nullable String readLine() throws IOException {
        if (console.isInteractive()) {
            print("> ");
        }
        return console.in().readLine();
    }

    private List<Turn> newConversation() {
        List<Turn> conversation = new ArrayList<>();
        if (system != null) {
            conversation.add(new Turn("system", system));
        }
        return conversation;
    }

    private void interrupt(ChatPartner partner) {
        if (isAnswering.get()) {
            partner.stop();
        } else {
            console.out().println();
            console.out().flush();
            Runtime.getRuntime().halt(INTERRUPTED);
        }
    }
}
