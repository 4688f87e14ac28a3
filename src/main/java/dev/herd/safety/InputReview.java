package dev.herd.safety;

import dev.herd.safety.Exchange.Segment;
import dev.herd.safety.GuardRunner.Outcome;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;

/**
 * Judges what goes to the model: first what rules find, which may replace or block; then, unless it is blocked, what guards
 * say about the text with everything replaced. Waits for the guards.
 */
final class InputReview {
    private static final int MOST_PAYLOADS_JUDGED = 16;

    private final PolicyRules rules;
    private final GuardPanel panel;
    private final Assessment assessment = new Assessment();
    private final Redactions redactions = new Redactions();
    private final List<Segment> judged = new ArrayList<>();

    InputReview(PolicyRules rules, GuardPanel panel) {
        this.rules = rules;
        this.panel = panel;
    }

    /** Judges a conversation; once only. */
    void run(List<Segment> segments, String cacheSalt) {
        if (rules.mode() == PolicyRules.Mode.OFF) {
            judged.addAll(segments);
            return;
        }
        for (int i = 0; i < segments.size(); i++) {
            judged.add(scanned(segments.get(i), i));
        }
        if (!assessment.isBlocked()) {
            askGuards(cacheSalt);
        }
    }

    private Segment scanned(Segment segment, int index) {
        if (segment.source() == TextSource.SYSTEM) {
            return segment;
        }
        TextScan scan = new TextScan(rules.scanPlan(Direction.INPUT), null, false, redactions);
        scan.accept(segment.text());
        scan.finish();
        assessment.add(scan, segment.source(), index, 0);
        String text = scan.isBlocked()
                ? segment.text()
                : scan.release(Integer.MAX_VALUE).text();
        return new Segment(segment.source(), text, segment.images(), segment.path());
    }

    private void askGuards(String cacheSalt) {
        List<Runnable> entries = new ArrayList<>();
        for (int i = 0; i < judged.size(); i++) {
            Segment segment = judged.get(i);
            if (segment.source() != TextSource.SYSTEM) {
                askAboutInjections(segment.text(), segment.source(), i, entries);
                askAboutPayloads(segment, i, entries);
            }
        }
        List<GuardTurn> turns = Conversation.input(judged, panel.settings());
        if (!turns.isEmpty()) {
            panel.enterUnseen(turns, assessment);
            panel.content(Direction.INPUT, turns, cacheSalt)
                    .forEach(answer -> entries.add(() -> panel.enter(Direction.INPUT, answer.join(), assessment)));
        }
        entries.forEach(Runnable::run);
    }

    /** Asks about the text as it is and, where that is another, about its normal form; the higher score counts. */
    private void askAboutInjections(String text, TextSource source, int index, List<Runnable> entries) {
        if (!rules.seeksInjections(source) || text.isBlank()) {
            return;
        }
        String asked = withoutAllowed(text);
        String normal = rules.flag("/unicode/normalise") ? NormalText.of(asked).text() : asked;
        CompletableFuture<Outcome<InjectionScore>> first = panel.injection(asked, source);
        CompletableFuture<Outcome<InjectionScore>> second =
                normal.equals(asked) ? first : panel.injection(normal, source);
        entries.add(() -> panel.enterInjection(source, index, higher(first.join(), second.join()), assessment));
    }

    private static Outcome<InjectionScore> higher(Outcome<InjectionScore> one, Outcome<InjectionScore> other) {
        if (one instanceof Outcome.Answered<InjectionScore> first
                && other instanceof Outcome.Answered<InjectionScore> second) {
            return second.answer().score() > first.answer().score() ? second : first;
        }
        return one instanceof Outcome.Failed<InjectionScore> ? one : other;
    }

    private String withoutAllowed(String text) {
        String left = text;
        for (var phrase : rules.at("/promptAttack/allowPhrases")) {
            left = without(left, phrase.asText());
        }
        return left;
    }

    private static String without(String text, String phrase) {
        String lower = text.toLowerCase(Locale.ROOT);
        String wanted = phrase.toLowerCase(Locale.ROOT);
        if (lower.length() != text.length() || !lower.contains(wanted)) {
            return text;
        }
        StringBuilder left = new StringBuilder();
        int from = 0;
        for (int at = lower.indexOf(wanted); at >= 0; at = lower.indexOf(wanted, from)) {
            left.append(text, from, at).append(' ');
            from = at + wanted.length();
        }
        return left.append(text, from, text.length()).toString();
    }

    /** What was hidden in a text is judged as a third party's. */
    private void askAboutPayloads(Segment segment, int index, List<Runnable> entries) {
        if (!rules.flag("/unicode/normalise")) {
            return;
        }
        List<Payloads.Payload> payloads = Payloads.find(segment.text());
        for (Payloads.Payload payload : payloads.subList(0, Math.min(payloads.size(), MOST_PAYLOADS_JUDGED))) {
            if (!payload.kind().equals("rot13")) { // turned words are words too often
                TextScan scan = new TextScan(rules.decodedScan(), null, false, redactions);
                scan.accept(payload.text());
                scan.finish();
                for (TextScan.Found found : scan.found()) {
                    assessment.add(new Finding(
                            "encoded",
                            payload.kind() + ":" + found.rule().code(),
                            segment.source(),
                            index + ":" + payload.start() + "-" + payload.end(),
                            1,
                            1,
                            found.rule().ruling().action(),
                            unreplaceable(found.rule().ruling().effective()),
                            true,
                            Assessment.hash(payload.text()),
                            0));
                }
            }
            askAboutInjections(payload.text(), TextSource.DOCUMENT, index, entries);
        }
    }

    /** What is encoded cannot be replaced where it stands: it does not pass. */
    private static Action unreplaceable(Action effective) {
        return effective == Action.REDACT ? Action.BLOCK : effective;
    }

    Assessment assessment() {
        return assessment;
    }

    int redactions() {
        return redactions.count();
    }

    /** The segments with everything replaced. */
    List<Segment> judged() {
        return judged;
    }
}
