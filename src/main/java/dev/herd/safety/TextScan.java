package dev.herd.safety;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One text as it passes a {@link ScanPlan}: what has been found in it, how much of it is decided, and that part with
 * everything replaced that must be. What is found and what is shown depend on the text alone, not on the pieces it comes
 * in. For one text and one thread.
 */
final class TextScan implements Hits {
    /*
     * Code points are handed to all matchers one by one. Text is decided up to where the earliest match may begin that
     * is still to come. Spans to be replaced that overlap become one, which is named after the longest of them; if one
     * reaches beyond what is decided, so does the waiting. The match that ends first and blocks ends the text: what lies
     * before its beginning is shown, nothing from there on.
     */
    private static final int MOST_FOUND = 200;
    private static final int[] NO_SPANS = {};

    private final StringBuilder text = new StringBuilder();
    private final StringBuilder shown = new StringBuilder();
    private final Matcher[] withholding;
    private final Matcher[] reporting;
    private final Matcher[] unfolded;
    private final @Nullable JsonLens lens;
    private final boolean endsAtBlock;
    private final Redactions redactions;
    private final Deque<Span> spans = new ArrayDeque<>();
    private final List<Found> found = new ArrayList<>();
    private int scanned;
    private int released;
    private int blockStart = -1;
    private boolean isFinished;
    private boolean isPriming;
    private boolean isTruncated;

    /**
     * Something that was found.
     *
     * @param start first character
     * @param end the character behind it
     */
    record Found(ScanRule rule, int start, int end) {}

    /** A span to be replaced, with the longest match in it. */
    private record Span(int start, int end, ScanRule rule, int bestStart, int bestEnd) {}

    /**
     * Text that may be shown.
     *
     * @param text with everything replaced
     * @param end up to where in the original text it reaches
     * @param replaced beginnings and ends in the original text of what was replaced
     */
    record Release(String text, int end, int[] replaced) {
        /** Nothing beyond {@code end}. */
        static Release nothing(int end) {
            return new Release("", end, NO_SPANS);
        }

        /** This and what comes next. */
        Release and(Release next) {
            if (text.isEmpty() && replaced.length == 0) {
                return next;
            }
            int[] all = Arrays.copyOf(replaced, replaced.length + next.replaced.length);
            System.arraycopy(next.replaced, 0, all, replaced.length, next.replaced.length);
            return new Release(text + next.text, next.end, all);
        }
    }

    /**
     * A text that has not begun.
     *
     * @param lens reads the text as JSON; null for plain text
     * @param endsAtBlock whether nothing is looked for any more once something blocks
     */
    TextScan(ScanPlan plan, @Nullable JsonLens lens, boolean endsAtBlock, Redactions redactions) {
        this.withholding = plan.withholding();
        this.reporting = plan.reporting();
        this.unfolded = plan.unfolded();
        this.lens = lens;
        this.endsAtBlock = endsAtBlock;
        this.redactions = redactions;
    }

    /** Takes text in that is shown already and that this one goes on with. */
    void prime(String before) {
        isPriming = true;
        accept(before);
        isPriming = false;
        released = text.length();
        shown.append(before);
        spans.clear();
        found.clear();
        blockStart = -1;
    }

    /** Takes more of the text in. */
    void accept(String more) {
        text.append(more);
        while (scanned < text.length() && !isOver()) {
            int codePoint = text.codePointAt(scanned);
            boolean isHalf = Character.isBmpCodePoint(codePoint) && Character.isHighSurrogate((char) codePoint);
            if (isHalf && scanned + 1 == text.length()) {
                return;
            }
            int end = scanned + Character.charCount(codePoint);
            if (lens == null) {
                advance(codePoint, scanned, end);
            } else if (lens.accept(codePoint, scanned, end)) {
                advance(lens.codePoint(), lens.start(), lens.end());
            }
            scanned = end;
        }
    }

    private void advance(int codePoint, int start, int end) {
        for (Matcher matcher : unfolded) {
            matcher.accept(codePoint, start, end, this);
        }
        int[] changed = codePoint < 128 ? null : Folding.change(codePoint);
        if (changed == null) {
            advanceFolded(codePoint, start, end);
        } else {
            for (int folded : changed) {
                advanceFolded(folded, start, end);
            }
        }
    }

    private void advanceFolded(int codePoint, int start, int end) {
        for (Matcher matcher : withholding) {
            matcher.accept(codePoint, start, end, this);
        }
        for (Matcher matcher : reporting) {
            matcher.accept(codePoint, start, end, this);
        }
    }

    /** No more comes: all of the text is decided. */
    void finish() {
        if (!isOver() && !isFinished) {
            for (Matcher[] matchers : new Matcher[][] {unfolded, withholding, reporting}) {
                for (Matcher matcher : matchers) {
                    matcher.finish(this);
                }
            }
        }
        isFinished = true;
    }

    @Override
    public void hit(ScanRule rule, int start, int end) {
        if (isPriming || isOver() || end <= released) {
            return;
        }
        int from = rule.check().confirm(text, start, end);
        if (from == ScanRule.Check.REFUSED) {
            return;
        }
        note(rule, from, end);
        Action effective = rule.ruling().effective();
        boolean cannotReplace = lens != null && !lens.isInString(from);
        if (effective == Action.BLOCK || (effective == Action.REDACT && cannotReplace)) {
            blockStart = blockStart < 0 ? Math.max(from, released) : Math.min(blockStart, from);
        } else if (effective == Action.REDACT) {
            replace(rule, Math.max(from, released), end);
        }
    }

    private void note(ScanRule rule, int start, int end) {
        for (int i = found.size() - 1; i >= Math.max(0, found.size() - 8); i--) {
            Found before = found.get(i);
            if (before.rule().equals(rule) && before.end() > start) {
                found.set(i, new Found(rule, Math.min(start, before.start()), Math.max(end, before.end())));
                return;
            }
        }
        if (found.size() < MOST_FOUND) {
            found.add(new Found(rule, start, end));
        } else {
            isTruncated = true;
        }
    }

    private void replace(ScanRule rule, int start, int end) {
        Span merged = new Span(start, end, rule, start, end);
        while (!spans.isEmpty() && spans.getLast().end() > merged.start()) {
            merged = union(spans.removeLast(), merged);
        }
        spans.addLast(merged);
    }

    private static Span union(Span one, Span other) {
        boolean isOneLonger = one.bestEnd() - one.bestStart() >= other.bestEnd() - other.bestStart();
        Span best = isOneLonger ? one : other;
        return new Span(
                Math.min(one.start(), other.start()),
                Math.max(one.end(), other.end()),
                best.rule(),
                best.bestStart(),
                best.bestEnd());
    }

    private boolean isOver() {
        return blockStart >= 0 && endsAtBlock;
    }

    /** Whether something has been found that blocks. */
    boolean isBlocked() {
        return blockStart >= 0;
    }

    /** Up to where the text is decided: shown, or replaced, or never shown. */
    int decided() {
        int decided = isBlocked() ? blockStart : isFinished ? text.length() : open();
        return before(decided);
    }

    private int open() {
        int open = scanned;
        for (Matcher matcher : withholding) {
            open = Math.min(open, matcher.open(open));
        }
        for (Matcher matcher : unfolded) {
            open = Math.min(open, matcher.open(open));
        }
        return lens == null ? open : Math.min(open, lens.open(open));
    }

    /** {@code limit}, or the beginning of the span to be replaced that reaches beyond it. */
    private int before(int limit) {
        if (spans.isEmpty()) {
            return Math.max(released, limit);
        }
        int at = limit;
        for (Span span : spans) {
            if (span.start() < limit && span.end() > limit) {
                at = span.start();
            }
        }
        return Math.max(released, at);
    }

    /** What may be shown now of the text before {@code limit}. */
    Release release(int limit) {
        int end = before(Math.min(decided(), limit));
        if (spans.isEmpty() || spans.getFirst().start() >= end) {
            String plain = text.substring(released, end);
            released = end;
            shown.append(plain);
            return new Release(plain, end, NO_SPANS);
        }
        int before = shown.length();
        List<Integer> replaced = new ArrayList<>();
        while (!spans.isEmpty() && spans.getFirst().start() < end) {
            Span span = spans.removeFirst();
            shown.append(text, released, span.start())
                    .append(redactions.replace(span.rule(), text.substring(span.bestStart(), span.bestEnd())));
            replaced.add(span.start());
            replaced.add(span.end());
            released = span.end();
        }
        shown.append(text, released, end);
        released = end;
        return new Release(
                shown.substring(before),
                end,
                replaced.stream().mapToInt(Integer::intValue).toArray());
    }

    /**
     * All of the text that is not shown yet, with everything replaced that is known to have to be, and before it the end of what
     * was shown, as it was shown.
     *
     * @param chars of both together that are wanted; those that are not shown yet may be more
     */
    String preview(int chars) {
        StringBuilder rest = new StringBuilder();
        int from = released;
        for (Span span : spans) {
            rest.append(text, from, span.start()).append(span.rule().label());
            from = span.end();
        }
        rest.append(text, from, text.length());
        int before = Math.max(0, Math.min(shown.length(), chars - rest.length()));
        return shown.substring(shown.length() - before) + rest;
    }

    /** Whether anything is looked for that text has to wait for beyond single characters. */
    boolean isWithholding() {
        return withholding.length > 0;
    }

    /** Up to where the text has been shown. */
    int released() {
        return released;
    }

    /** All of the text so far, as it came. */
    CharSequence text() {
        return text;
    }

    /** What has been found so far. */
    List<Found> found() {
        return found;
    }

    /** Whether there was more to be found than is kept. */
    boolean isTruncated() {
        return isTruncated;
    }
}
