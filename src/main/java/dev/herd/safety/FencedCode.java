package dev.herd.safety;

/** Looks for risky code between fences. A block of code is judged when it ends, and as a whole. */
final class FencedCode implements Matcher {
    private static final int MOST_CHARS = 1 << 20;

    private final CodeShield shield;
    private final StringBuilder line = new StringBuilder();
    private final StringBuilder code = new StringBuilder();
    private String language = "";
    private String fence = "";
    private int lineStart;
    private int fenceStart;
    private int lastEnd;
    private boolean isLineNew = true;

    FencedCode(CodeShield shield) {
        this.shield = shield;
    }

    @Override
    public void accept(int codePoint, int start, int end, Hits hits) {
        if (isLineNew) {
            lineStart = start;
            isLineNew = false;
        }
        lastEnd = end;
        if (codePoint == '\n') {
            endLine(hits);
        } else if (!fence.isEmpty() || line.length() < 80) {
            line.appendCodePoint(codePoint);
        }
    }

    private void endLine(Hits hits) {
        String text = line.toString();
        line.setLength(0);
        isLineNew = true;
        String trimmed = text.stripLeading();
        if (fence.isEmpty()) {
            if (trimmed.startsWith("```") || trimmed.startsWith("~~~")) {
                fence = trimmed.substring(0, 3);
                language = trimmed.substring(3).strip();
                fenceStart = lineStart;
            }
        } else if (trimmed.startsWith(fence) && trimmed.strip().chars().allMatch(mark -> mark == fence.charAt(0))) {
            judge(hits);
        } else if (code.length() + text.length() < MOST_CHARS) {
            code.append(text).append('\n');
        }
    }

    private void judge(Hits hits) {
        shield.find(language, code.toString()).ifPresent(rule -> hits.hit(rule, fenceStart, lastEnd));
        code.setLength(0);
        fence = "";
    }

    @Override
    public void finish(Hits hits) {
        if (!isLineNew) {
            endLine(hits);
        }
        if (!fence.isEmpty()) {
            judge(hits);
        }
    }

    @Override
    public int open(int otherwise) {
        if (!fence.isEmpty()) {
            return Math.min(otherwise, fenceStart);
        }
        boolean mayBeFence = !isLineNew && mayBegin(line);
        return mayBeFence ? Math.min(otherwise, lineStart) : otherwise;
    }

    private static boolean mayBegin(CharSequence line) {
        int at = 0;
        while (at < line.length() && line.charAt(at) == ' ') {
            at++;
        }
        for (int i = at; i < Math.min(line.length(), at + 3); i++) {
            if (line.charAt(i) != '`' && line.charAt(i) != '~') {
                return false;
            }
        }
        return true;
    }
}
