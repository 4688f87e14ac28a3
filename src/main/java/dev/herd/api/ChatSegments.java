package dev.herd.api;

import dev.herd.api.openai.ApiException;
import dev.herd.api.openai.ChatCompletionRequest;
import dev.herd.api.openai.ChatMessage;
import dev.herd.api.openai.ChatToolCall;
import dev.herd.api.openai.MessageContent;
import dev.herd.api.openai.MessageContent.Part;
import dev.herd.chat.PromptFormat;
import dev.herd.safety.Exchange.Segment;
import dev.herd.safety.PolicyAnswers;
import dev.herd.safety.TextSource;
import java.net.URI;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The texts of a chat request as its safety policy sees them, and the request with other texts in their places. Texts
 * that follow each other in a message are one, as they are for the model.
 */
final class ChatSegments {
    private static final Pattern MESSAGE = Pattern.compile("^messages\\[(\\d{1,6})]");

    private ChatSegments() {}

    /** The texts, in order. */
    static List<Segment> of(ChatCompletionRequest request) {
        return of(request.messages());
    }

    /** The texts of a conversation, in order. */
    static List<Segment> of(List<ChatMessage> messages) {
        List<Segment> segments = new ArrayList<>();
        for (int i = 0; i < messages.size(); i++) {
            segments.addAll(of(messages.get(i), "messages[" + i + "]"));
        }
        return segments;
    }

    /** The same with the pictures of each message: beside its first text, or without one if it has none. */
    static List<Segment> of(ChatCompletionRequest request, GuardPictures pictures) {
        List<Segment> segments = new ArrayList<>();
        for (int i = 0; i < request.messages().size(); i++) {
            ChatMessage message = request.messages().get(i);
            String path = "messages[" + i + "]";
            List<Segment> own = of(message, path);
            if (!pictures.of(path).isEmpty()) {
                show(new Segment(source(message.role()), "", pictures.of(path), path), own);
            }
            segments.addAll(own);
        }
        return segments;
    }

    private static List<Segment> of(ChatMessage message, String path) {
        List<Segment> segments = new ArrayList<>();
        rewrite(message, new Visitor(source(message.role()), path, segments));
        return segments;
    }

    private static void show(Segment bare, List<Segment> texts) {
        for (int i = 0; i < texts.size(); i++) {
            Segment text = texts.get(i);
            if (text.path().endsWith(".content")) {
                texts.set(i, new Segment(text.source(), text.text(), bare.images(), text.path()));
                return;
            }
        }
        texts.addFirst(bare);
    }

    /** Whether a segment is a message's pictures and no text of it. */
    private static boolean isBare(Segment segment) {
        return segment.path().endsWith("]");
    }

    /** The request with the texts of what {@link #of} gave, after they have been judged. */
    static ChatCompletionRequest replaced(ChatCompletionRequest request, List<Segment> segments) {
        List<Segment> judged = segments.stream()
                .filter(segment -> !isBare(segment))
                .map(segment -> new Segment(segment.source(), segment.text(), List.of(), segment.path()))
                .toList();
        if (judged.equals(of(request))) {
            return request;
        }
        Iterator<Segment> texts = judged.iterator();
        return request.withMessages(request.messages().stream()
                .map(message -> rewrite(message, (text, path) -> texts.next().text()))
                .toList());
    }

    /** The request with the policy's own words in its system message, which comes first. */
    static ChatCompletionRequest withPreamble(ChatCompletionRequest request, PolicyAnswers policy) {
        String preamble = policy.preamble();
        if (preamble.isEmpty()) {
            return request;
        }
        List<ChatMessage> messages = new ArrayList<>(request.messages());
        ChatMessage first = messages.getFirst();
        if (source(first.role()) != TextSource.SYSTEM) {
            messages.addFirst(system(preamble));
            return request.withMessages(messages);
        }
        StringBuilder own = new StringBuilder();
        rewrite(first, (text, path) -> {
            own.append(text);
            return text;
        });
        messages.set(0, system(policy.isPreambleFirst() ? preamble + "\n\n" + own : own + "\n\n" + preamble));
        return request.withMessages(messages);
    }

    /** A path in a request that has {@code by} messages more before the one that it names. */
    static String shifted(String path, int by) {
        Matcher index = MESSAGE.matcher(path);
        return index.find() && by != 0
                ? "messages[" + (Integer.parseInt(index.group(1)) + by) + "]" + path.substring(index.end())
                : path;
    }

    private static ChatMessage system(String text) {
        return new ChatMessage(
                ChatMessage.Role.SYSTEM, new MessageContent.Text(text), null, null, null, null, null, null, null);
    }

    /** The text that the answer goes on with; empty if it begins anew. */
    static String beginning(ChatCompletionRequest request) {
        if (request.ending() != PromptFormat.Ending.CONTINUATION) {
            return "";
        }
        StringBuilder text = new StringBuilder();
        rewrite(request.messages().getLast(), (part, path) -> {
            text.append(path.endsWith("content") ? part : "");
            return part;
        });
        return text.toString();
    }

    /**
     * Requires that the pictures are as many and from where the policy permits.
     *
     * @throws ApiException 400
     */
    static void requireImages(ChatCompletionRequest request, PolicyAnswers policy) {
        int count = 0;
        for (int i = 0; i < request.messages().size(); i++) {
            if (request.messages().get(i).content() instanceof MessageContent.Parts(List<Part> parts)) {
                for (int j = 0; j < parts.size(); j++) {
                    String path = "messages[" + i + "].content[" + j + "]";
                    String url = url(parts.get(j));
                    count += url == null ? 0 : 1;
                    if (count > policy.maxImages()) {
                        throw ApiException.invalidRequest(
                                400,
                                "The safety policy permits " + policy.maxImages() + " pictures in a request.",
                                path,
                                "too_many_images");
                    }
                    if (url != null && isRemote(url) && !policy.permitsImagesFrom(host(url))) {
                        throw ApiException.invalidRequest(
                                400,
                                "The safety policy does not permit pictures from there.",
                                path,
                                "invalid_image_url");
                    }
                }
            }
        }
    }

    private static @Nullable String url(Part part) {
        if (part.imageUrl() != null) {
            return part.imageUrl().url();
        }
        return part.videoUrl() == null ? null : part.videoUrl().url();
    }

    private static boolean isRemote(String url) {
        return !url.regionMatches(true, 0, "data:", 0, 5);
    }

    private static String host(String url) {
        try {
            String host = URI.create(url).getHost();
            return host == null ? "" : host.toLowerCase(Locale.ROOT);
        } catch (IllegalArgumentException malformed) {
            return "";
        }
    }

    private static TextSource source(ChatMessage.Role role) {
        return switch (role) {
            case DEVELOPER, SYSTEM -> TextSource.SYSTEM;
            case USER -> TextSource.USER;
            case ASSISTANT -> TextSource.ASSISTANT;
            case TOOL, FUNCTION -> TextSource.TOOL;
        };
    }

    private interface Rewriter {
        /** What stands in the place of a text. */
        String rewrite(String text, String path);
    }

    /** Collects texts and leaves them as they are. */
    private record Visitor(TextSource source, String base, List<Segment> segments) implements Rewriter {
        @Override
        public String rewrite(String text, String path) {
            segments.add(new Segment(source, text, List.of(), base + "." + path));
            return text;
        }
    }

    private static ChatMessage rewrite(ChatMessage message, Rewriter rewriter) {
        MessageContent content = switch (message.content()) {
            case MessageContent.Text(String text) -> new MessageContent.Text(rewriter.rewrite(text, "content"));
            case MessageContent.Parts(List<Part> parts) -> new MessageContent.Parts(parts(parts, rewriter));
            case null -> null;
        };
        String refusal = message.refusal() == null ? null : rewriter.rewrite(message.refusal(), "refusal");
        List<ChatToolCall> calls = message.toolCalls() == null
                ? null
                : message.toolCalls().stream()
                        .map(call -> ChatSegments.rewrite(call, rewriter))
                        .toList();
        return new ChatMessage(
                message.role(),
                content,
                message.name(),
                refusal,
                message.toolCallId(),
                calls,
                message.functionCall(),
                message.audio(),
                message.others());
    }

    private static ChatToolCall rewrite(ChatToolCall call, Rewriter rewriter) {
        return new ChatToolCall(
                call.id(),
                call.type(),
                new ChatToolCall.Function(
                        call.function().name(), rewriter.rewrite(call.function().arguments(), "tool_calls")));
    }

    private static List<Part> parts(List<Part> parts, Rewriter rewriter) {
        List<Part> rewritten = new ArrayList<>();
        for (int from = 0; from < parts.size(); ) {
            int to = from;
            StringBuilder text = new StringBuilder();
            while (to < parts.size() && text(parts.get(to)) != null) {
                text.append(text(parts.get(to++)));
            }
            if (to == from) {
                rewritten.add(parts.get(to++));
            } else {
                String other = rewriter.rewrite(text.toString(), "content");
                boolean isSame = other.contentEquals(text);
                rewritten.addAll(isSame ? parts.subList(from, to) : List.of(withText(parts.get(from), other)));
            }
            from = to;
        }
        return rewritten;
    }

    private static Part withText(Part part, String text) {
        return part.type().equals("refusal")
                ? new Part("refusal", null, text, null, null, null)
                : new Part("text", text, null, null, null, null);
    }

    private static @Nullable String text(Part part) {
        return switch (part.type()) {
            case "text" -> part.text();
            case "refusal" -> part.refusal();
            default -> null;
        };
    }
}
