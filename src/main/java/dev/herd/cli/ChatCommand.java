package dev.herd.cli;

import dev.herd.kernels.TensorType;
import dev.herd.runtime.ModelSettings;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** {@code herd chat}: a conversation in the terminal. */
final class ChatCommand implements Command {
    private static final int INTERRUPTED = 130;
    private static final String IMAGE = "/image ";

    private final Console console;
    private final AtomicBoolean isAnswering = new AtomicBoolean();

    private final CommandOptions options = new CommandOptions();
    private final ModelOptions modelOptions = new ModelOptions(options);

    private final CommandOption<Optional<URI>> url = options.optional(
                    "--url",
                    "URL",
                    URI::create,
                    "talk to the server at this address, for example http://localhost:8080, and load no model here")
            .orVariable("HERD_URL");
    private final CommandOption<Optional<Integer>> context = options.optional(
            "--context", "N", CommandOption::integer, "longest conversation, in tokens, of a model in this process");
    private final CommandOption<TensorType> kvType =
            ModelOptions.kvType(options, "f16", "how a model in this process keeps keys and values");
    private final CommandOption<Optional<String>> system =
            options.optional("--system", "TEXT", Function.identity(), "system message of the conversation");
    private final ChatOptions chatOptions = new ChatOptions(options);

    ChatCommand(Console console) {
        this.console = console;
    }

    @Override
    public CommandOptions options() {
        return options;
    }

    @Override
    public CommandHelp help() {
        return new CommandHelp(
                "herd chat [OPTIONS]",
                "Talks to a model, in this process or on a server.",
                "Each line of input is a message; the answer is printed as it comes. /image FILE shows a picture along with"
                        + " the next message, /reset starts a new conversation, /exit or Ctrl-D ends, Ctrl-C stops the"
                        + " current answer. With piped input every line is answered and nothing else is printed.");
    }

    @Override
    public void run() throws IOException {
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
    }

    private ChatPartner open(Progress progress) {
        if (url.get().isPresent()) {
            URI server = url.get().get();
            progress.show("Connecting to " + server + " ...");
            return new ServerChat(server, chatOptions);
        }
        progress.show("Loading the model ...");
        ModelSettings settings = modelOptions.settings().withKvType(kvType.get());
        return LocalChat.open(context.get().map(settings::withContextLength).orElse(settings), chatOptions, progress);
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
        system.get().ifPresent(text -> conversation.add(new Turn("system", text)));
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
