package dev.herd.cli;

import java.util.List;

/**
 * What {@code --help} of a command says beside its options.
 *
 * @param synopsis the command line, shortened
 * @param paragraphs what the command does; wrapped where they are too long
 * @param footer lines after the options
 */
record CommandHelp(String synopsis, List<String> paragraphs, List<String> footer) {
    private static final int WIDTH = 80;
    private static final String INDENT = "  ";

    CommandHelp(String synopsis, String... paragraphs) {
        this(synopsis, List.of(paragraphs), List.of());
    }

    CommandHelp withFooter(String... lines) {
        return new CommandHelp(synopsis, paragraphs, List.of(lines));
    }

    /** The whole text. */
    String text(List<Row> rows) {
        StringBuilder text = new StringBuilder("Usage: ");
        wrap(text, 7, synopsis);
        for (String paragraph : paragraphs) {
            text.append('\n');
            wrap(text, 0, paragraph);
        }
        text.append("\nOptions:\n");
        int column = INDENT.length()
                + INDENT.length()
                + rows.stream().mapToInt(row -> row.name().length()).max().orElse(0);
        for (Row row : rows) {
            text.append(INDENT)
                    .append(row.name())
                    .repeat(' ', column - INDENT.length() - row.name().length());
            wrap(text, column, row.description());
        }
        if (!footer.isEmpty()) {
            text.append('\n').append(String.join("\n", footer)).append('\n');
        }
        return text.toString();
    }

    /** Appends words to a line that is {@code column} long already, and further lines that begin there. */
    private static void wrap(StringBuilder text, int column, String words) {
        int length = column;
        for (String word : words.split(" ", -1)) {
            if (length > column && length + 1 + word.length() > WIDTH) {
                text.append('\n').repeat(' ', column);
                length = column;
            } else if (length > column) {
                text.append(' ');
                length++;
            }
            text.append(word);
            length += word.length();
        }
        text.append('\n');
    }

    /** An option and what it does. */
    record Row(String name, String description) {}
}
