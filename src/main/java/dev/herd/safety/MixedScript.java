package dev.herd.safety;

import java.lang.Character.UnicodeScript;

/** Looks for words that mix Latin letters with Cyrillic or Greek ones that look like them. Wants the text as it is. */
final class MixedScript implements Matcher {
    // Shortcuts: to ask for a script takes longer than all the rest, and these ranges have no letters of others.
    private static final int FIRST_CYRILLIC = 0x400;
    private static final int LAST_CYRILLIC = 0x52f;
    private static final int FIRST_EAST_ASIAN = 0x2e80;
    private static final int LAST_EAST_ASIAN = 0xa63f;

    private final ScanRule rule;
    private int wordStart;
    private int wordEnd;
    private boolean isInWord;
    private boolean hasLatin;
    private boolean hasForeign;

    MixedScript(ScanRule rule) {
        this.rule = rule;
    }

    @Override
    public void accept(int codePoint, int start, int end, Hits hits) {
        if (codePoint < 128 ? !Folding.isWord(codePoint) : !Character.isLetter(codePoint)) {
            if (isInWord && !Folding.isInvisible(codePoint)) {
                finish(hits);
            }
            return;
        }
        if (!isInWord) {
            isInWord = true;
            wordStart = start;
        }
        wordEnd = end;
        if (codePoint < 128) {
            hasLatin |= codePoint > '9' && codePoint != '_';
        } else if (codePoint >= FIRST_CYRILLIC && codePoint <= LAST_CYRILLIC) {
            hasForeign = true;
        } else if (codePoint < FIRST_EAST_ASIAN || codePoint > LAST_EAST_ASIAN) {
            UnicodeScript script = UnicodeScript.of(codePoint);
            hasLatin |= script == UnicodeScript.LATIN;
            hasForeign |= script == UnicodeScript.CYRILLIC || script == UnicodeScript.GREEK;
        }
    }

    @Override
    public void finish(Hits hits) {
        if (hasLatin && hasForeign && rule.ruling().matters()) {
            hits.hit(rule, wordStart, wordEnd);
        }
        isInWord = false;
        hasLatin = false;
        hasForeign = false;
    }

    @Override
    public int open(int otherwise) {
        return otherwise; // only reports
    }
}
