package dev.herd.safety;

/**
 * Looks for characters that nobody sees: tag characters outside of flags, direction controls, and characters without
 * width outside of emoji and of scripts that need them. Wants the text as it is, not folded.
 */
final class HiddenText implements Matcher {
    private static final int BLACK_FLAG = 0x1f3f4;
    private static final int END_OF_TAGS = 0xe007f;
    private static final int NON_JOINER = 0x200c;
    private static final int JOINER = 0x200d;
    private static final int MOST_TAGS = 7;
    private static final int NONE = -1;

    private final UnicodeRules rules;
    private final boolean withholdsJoiners;
    private int before = ' ';
    private int joiner = NONE;
    private int joinerStart;
    private int joinerEnd;
    private int flagStart = NONE;
    private int tags;
    private int tagsStart;

    /** What to do about each kind. */
    record UnicodeRules(ScanRule hiddenTags, ScanRule bidiControls, ScanRule zeroWidth) {
        boolean matters() {
            return hiddenTags.ruling().matters()
                    || bidiControls.ruling().matters()
                    || zeroWidth.ruling().matters();
        }
    }

    HiddenText(UnicodeRules rules) {
        this.rules = rules;
        this.withholdsJoiners = rules.zeroWidth().withholds();
    }

    @Override
    public void accept(int codePoint, int start, int end, Hits hits) {
        if (codePoint < 128 && joiner == NONE && flagStart == NONE) {
            before = codePoint;
            return;
        }
        decideJoiner(codePoint, hits);
        if (flagStart != NONE) {
            follow(codePoint, start, end, hits);
        } else if (codePoint == BLACK_FLAG) {
            flagStart = start;
            tags = 0;
        } else if (Folding.isTag(codePoint)) {
            hit(rules.hiddenTags(), start, end, hits);
        } else if (Folding.isBidiControl(codePoint)) {
            hit(rules.bidiControls(), start, end, hits);
        } else if (codePoint == JOINER || codePoint == NON_JOINER) {
            joiner = codePoint;
            joinerStart = start;
            joinerEnd = end;
            return; // what stands before it is still what stands before
        } else if (Folding.isZeroWidth(codePoint)) {
            hit(rules.zeroWidth(), start, end, hits);
            return;
        }
        before = codePoint;
    }

    /** A flag is a black flag, a few tags, and the end of tags. */
    private void follow(int codePoint, int start, int end, Hits hits) {
        if (Folding.isTag(codePoint)) {
            tagsStart = tags == 0 ? start : tagsStart;
            tags++;
            if (codePoint == END_OF_TAGS && tags > 2) {
                flagStart = NONE;
            } else if (codePoint == END_OF_TAGS || tags > MOST_TAGS || !isFlagLetter(codePoint)) {
                hit(rules.hiddenTags(), tagsStart, end, hits);
                flagStart = NONE;
            }
            return;
        }
        if (tags > 0) {
            hit(rules.hiddenTags(), tagsStart, start, hits);
        }
        flagStart = NONE;
        accept(codePoint, start, end, hits);
    }

    private static boolean isFlagLetter(int tag) {
        int letter = tag - 0xe0000;
        return (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9');
    }

    private void decideJoiner(int next, Hits hits) {
        if (joiner == NONE) {
            return;
        }
        boolean isNeeded =
                joiner == JOINER ? (isEmoji(before) && isEmoji(next)) || needsJoiners(before) : needsJoiners(before);
        if (!isNeeded) {
            hit(rules.zeroWidth(), joinerStart, joinerEnd, hits);
        }
        joiner = NONE;
    }

    private static boolean isEmoji(int codePoint) {
        return Character.isExtendedPictographic(codePoint)
                || codePoint == 0xfe0f
                || (codePoint >= 0x1f3fb && codePoint <= 0x1f3ff);
    }

    private static boolean needsJoiners(int codePoint) {
        if (codePoint < 0x600) {
            return false;
        }
        return switch (Character.UnicodeScript.of(codePoint)) {
            case ARABIC,
                    SYRIAC,
                    DEVANAGARI,
                    BENGALI,
                    GURMUKHI,
                    GUJARATI,
                    ORIYA,
                    TAMIL,
                    TELUGU,
                    KANNADA,
                    MALAYALAM,
                    SINHALA,
                    MONGOLIAN,
                    KHMER,
                    MYANMAR -> true;
            default -> false;
        };
    }

    @Override
    public void finish(Hits hits) {
        decideJoiner(' ', hits);
        if (flagStart != NONE && tags > 0) {
            hit(rules.hiddenTags(), tagsStart, tagsStart + 2 * tags, hits);
        }
        flagStart = NONE;
    }

    @Override
    public int open(int otherwise) {
        int open = otherwise;
        if (joiner != NONE && withholdsJoiners) {
            open = Math.min(open, joinerStart);
        }
        return flagStart != NONE && rules.hiddenTags().withholds() ? Math.min(open, flagStart) : open;
    }

    private static void hit(ScanRule rule, int start, int end, Hits hits) {
        if (rule.ruling().matters()) {
            hits.hit(rule, start, end);
        }
    }
}
