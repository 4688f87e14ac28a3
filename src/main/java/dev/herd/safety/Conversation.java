package dev.herd.safety;

import dev.herd.safety.GuardTurn.Speaker;
import java.util.ArrayList;
import java.util.List;

/** The segments of a conversation as the turns that content guards see. */
public final class Conversation {
    private static final String TOOL_MARKER = "Tool result (untrusted): ";

    private Conversation() {}

    /** The last turns up to the last one of a user; empty if no user speaks. */
    public static List<GuardTurn> input(List<Exchange.Segment> segments, GuardSettings settings) {
        List<GuardTurn> turns = turns(segments, settings.includeSystem());
        while (!turns.isEmpty() && turns.getLast().speaker() != Speaker.USER) {
            turns.removeLast();
        }
        return last(turns, settings.maxTurns());
    }

    /** The last turns and the answer. */
    public static List<GuardTurn> output(List<Exchange.Segment> segments, String answer, GuardSettings settings) {
        List<GuardTurn> turns = turns(segments, settings.includeSystem());
        turns.add(new GuardTurn(Speaker.AGENT, answer));
        return last(turns, settings.maxTurns());
    }

    /** All turns but the system's. */
    public static List<GuardTurn> turns(List<Exchange.Segment> segments) {
        return turns(segments, false);
    }

    private static List<GuardTurn> turns(List<Exchange.Segment> segments, boolean includeSystem) {
        List<GuardTurn> turns = new ArrayList<>();
        for (Exchange.Segment segment : messages(segments)) {
            switch (segment.source()) {
                case SYSTEM -> {
                    if (includeSystem) {
                        turns.add(new GuardTurn(Speaker.USER, segment.text()));
                    }
                }
                case ASSISTANT -> turns.add(new GuardTurn(Speaker.AGENT, segment.text()));
                case TOOL, DOCUMENT, IMAGE ->
                    turns.add(new GuardTurn(Speaker.USER, TOOL_MARKER + segment.text(), segment.images()));
                case USER -> turns.add(new GuardTurn(Speaker.USER, segment.text(), segment.images()));
            }
        }
        return turns;
    }

    /** The texts of one message as one, with all its pictures: what stands around a picture is one turn. */
    private static List<Exchange.Segment> messages(List<Exchange.Segment> segments) {
        List<Exchange.Segment> messages = new ArrayList<>();
        for (Exchange.Segment segment : segments) {
            boolean goesOn = !messages.isEmpty()
                    && messages.getLast().source() == segment.source()
                    && messages.getLast().path().equals(segment.path());
            messages.add(goesOn ? joined(messages.removeLast(), segment) : segment);
        }
        return messages;
    }

    private static Exchange.Segment joined(Exchange.Segment first, Exchange.Segment second) {
        List<GuardImage> images = new ArrayList<>(first.images());
        images.addAll(second.images());
        return new Exchange.Segment(first.source(), first.text() + "\n" + second.text(), images, first.path());
    }

    /** The last {@code most} turns, from a user's turn on; a lone answer stays. */
    private static List<GuardTurn> last(List<GuardTurn> turns, int most) {
        int from = Math.max(0, turns.size() - most);
        while (from < turns.size() - 1 && turns.get(from).speaker() != Speaker.USER) {
            from++;
        }
        return List.copyOf(turns.subList(from, turns.size()));
    }
}
