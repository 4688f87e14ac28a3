package dev.herd.chat;

import dev.herd.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Finds the calls in an answer's text, in every shape that Llama 4 writes them: a Python list of calls, JSON objects or
 * an array of them, {@code <function=name>} tags, between {@code <|python_start|>} and {@code <|python_end|>} or not,
 * alone or behind prose. What is fed in which pieces makes no difference. For one answer and one thread.
 *
 * <p>Only calls of the offered functions are calls; whatever else looks like one stays text. The arguments of a call are
 * always a valid JSON object, also if the text breaks off within them. Work is linear in the length of the text.
 */
public final class ToolCallParser {
    /*
     * Text in which a call may begin is held back until that is decided: `pending` from `start` on. If it is none, its
     * first character is text and the rest is looked at again, so that a call within is found; nesting is bounded, so
     * that a character is looked at a bounded number of times. White space (and, between calls, one separator) is held
     * back too (`gap`): beside a call it is no content.
     */
    static final int MAX_NAME = 64;
    private static final int MAX_CALLS = 128;
    private static final int MAX_HELD = 65_536;
    private static final int MAX_ARGUMENTS = 1 << 20;
    private static final List<String> MARKERS = List.of("<|python_start|>", "<|python_end|>", TaggedCall.OPENING);

    private final Map<String, ToolDefinition> tools = new HashMap<>();
    private final StringBuilder pending = new StringBuilder();
    private final StringBuilder gap = new StringBuilder();
    private final StringBuilder text = new StringBuilder();
    private final StringBuilder fragment = new StringBuilder();
    private final List<Event> events = new ArrayList<>();
    private int start;
    private int at;
    private Candidate candidate = Candidate.NONE;
    private @Nullable CallShape shape;
    private char previous;
    private boolean isBehindCall;
    private boolean isCertain;
    private int callCount;
    private int argumentsLength;

    private enum Candidate {
        NONE,
        /** Behind {@code [}: what follows tells Python from JSON. */
        BRACKET,
        /** Within what may be a marker. */
        MARKER,
        SHAPE
    }

    /** What the text so far contains. */
    public sealed interface Event {
        /** More of the content. */
        record Text(String text) implements Event {}

        /** A call begins; {@code index} counts from 0. */
        record CallStart(int index, String name) implements Event {}

        /** More JSON text of a call's arguments. */
        record Arguments(int index, String json) implements Event {}

        /** A call's arguments are complete. */
        record CallEnd(int index) implements Event {}
    }

    /** Ids of the special tokens that must be in the text by name. */
    public static Set<Integer> markers(Tokenizer tokenizer) {
        return MARKERS.stream()
                .flatMapToInt(marker -> tokenizer.special(marker).stream())
                .boxed()
                .collect(Collectors.toUnmodifiableSet());
    }

    /** A parser that finds calls of these functions. */
    public ToolCallParser(List<ToolDefinition> tools) {
        tools.forEach(tool -> this.tools.put(tool.name(), tool));
    }

    /** Takes more of the text and returns what is certain now; special tokens are in the text by name. */
    public List<Event> accept(String piece) {
        pending.append(piece);
        scan();
        return take();
    }

    /** The rest when no more text comes: an unfinished call is completed, what was held back is text. */
    public List<Event> finish() {
        while (candidate != Candidate.NONE) {
            if (shape != null && shape.isBegun()) {
                shape.abandon();
                leave();
            } else if (start == pending.length()) {
                forget();
            } else {
                reject();
            }
            scan();
        }
        if (!isBehindCall) {
            text.append(gap);
        }
        gap.setLength(0);
        return take();
    }

    /** Calls that have begun so far. */
    public int callCount() {
        return callCount;
    }

    private void scan() {
        while (at < pending.length()) {
            char next = pending.charAt(at++);
            switch (candidate) {
                case NONE -> look(next);
                case BRACKET -> bracket(next);
                case MARKER -> marker();
                case SHAPE -> shape(next);
            }
            if (candidate != Candidate.NONE && at - start > MAX_HELD) {
                reject();
            }
        }
        pending.delete(0, start);
        at -= start;
        start = 0;
    }

    private void look(char next) {
        boolean mayCall = !Character.isLetterOrDigit(previous) && "`'\"_)]".indexOf(previous) < 0;
        if (next == '<') {
            candidate = Candidate.MARKER;
        } else if (next == '[' && mayCall) {
            candidate = Candidate.BRACKET;
        } else if (next == '{' && mayCall) {
            enter(new JsonCalls(new Sink(), false));
        } else {
            write(next);
            start = at;
        }
    }

    private void bracket(char next) {
        if (LiteralReader.isSpace(next)) {
            return;
        }
        if (next == '{') {
            enter(new JsonCalls(new Sink(), true));
        } else {
            enter(new PythonCalls(new Sink()));
            shape(next);
        }
    }

    private void marker() {
        String held = pending.substring(start, at);
        Optional<String> match =
                MARKERS.stream().filter(marker -> marker.startsWith(held)).findFirst();
        if (match.isEmpty()) {
            reject();
        } else if (match.get().equals(held)) {
            if (held.equals(TaggedCall.OPENING)) {
                enter(new TaggedCall(new Sink()));
            } else {
                leave();
            }
        }
    }

    private void enter(CallShape entered) {
        candidate = Candidate.SHAPE;
        shape = entered;
    }

    private void shape(char next) {
        CallShape current = Objects.requireNonNull(shape);
        isCertain = current.isBegun();
        CallShape.Verdict verdict = current.accept(next);
        if (verdict == CallShape.Verdict.BROKEN) {
            breakOff(current);
        } else if (verdict == CallShape.Verdict.END || argumentsLength > MAX_ARGUMENTS) {
            current.abandon();
            leave();
        } else if (isCertain) {
            start = at;
        }
    }

    /** The last character does not belong to the shape. */
    private void breakOff(CallShape broken) {
        broken.abandon();
        if (isCertain) {
            forget();
            at--;
            start = at;
        } else {
            reject();
        }
    }

    /** What was held back is no call: its first character is text, the rest is looked at again. */
    private void reject() {
        forget();
        write(pending.charAt(start++));
        at = start;
    }

    /** The candidate has ended with the last character. */
    private void leave() {
        forget();
        start = at;
        previous = 0;
    }

    private void forget() {
        candidate = Candidate.NONE;
        shape = null;
        argumentsLength = 0;
    }

    private void write(char unit) {
        previous = unit;
        if (LiteralReader.isSpace(unit) || (isBehindCall && (unit == ',' || unit == ';') && !hasSeparator())) {
            gap.append(unit);
            return;
        }
        text.append(gap).append(unit);
        gap.setLength(0);
        isBehindCall = false;
    }

    private boolean hasSeparator() {
        return gap.indexOf(",") >= 0 || gap.indexOf(";") >= 0;
    }

    private List<Event> take() {
        flush();
        List<Event> taken = List.copyOf(events);
        events.clear();
        return taken;
    }

    /** Turns what was gathered into events; text and fragments are never gathered at the same time. */
    private void flush() {
        if (!text.isEmpty()) {
            events.add(new Event.Text(text.toString()));
            text.setLength(0);
        }
        if (!fragment.isEmpty()) {
            events.add(new Event.Arguments(callCount - 1, fragment.toString()));
            fragment.setLength(0);
        }
    }

    /** Hears of the calls of one shape. */
    private final class Sink implements CallSink {
        @Override
        public @Nullable ToolDefinition tool(CharSequence name) {
            return callCount < MAX_CALLS ? tools.get(name.toString()) : null;
        }

        @Override
        public boolean mayBeTool(CharSequence beginning) {
            return tools.keySet().stream().anyMatch(name -> name.startsWith(beginning.toString()));
        }

        @Override
        public void begin(String name) {
            flush();
            gap.setLength(0);
            isBehindCall = true;
            isCertain = true;
            argumentsLength = 0;
            events.add(new Event.CallStart(callCount++, name));
        }

        @Override
        public void arguments(CharSequence json) {
            fragment.append(json);
            argumentsLength += json.length();
        }

        @Override
        public void end() {
            flush();
            events.add(new Event.CallEnd(callCount - 1));
        }
    }
}
