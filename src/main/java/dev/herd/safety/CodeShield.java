package dev.herd.safety;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Patterns of risky code, each with the weakness (CWE) that it stands for: an outline of what CodeShield does, by text
 * alone, without understanding the code. Immutable.
 */
final class CodeShield {
    private static final List<String> SEVERITIES = List.of("error", "warning", "advice");

    private final Map<String, RegexSet> byLanguage = new HashMap<>();
    private final RegexSet forAll;

    /** Looks for patterns of this severity and above. */
    CodeShield(String minSeverity, Ruling ruling) {
        Map<String, List<RegexSet.Entry>> entries = new HashMap<>();
        for (CodePattern pattern : CodePattern.ALL) {
            if (SEVERITIES.indexOf(pattern.severity()) <= SEVERITIES.indexOf(minSeverity)) {
                ScanRule rule = new ScanRule("code", pattern.id(), ruling, ScanRule.Check.NONE, "");
                for (String language : pattern.languages()) {
                    entries.computeIfAbsent(language, key -> new ArrayList<>())
                            .add(new RegexSet.Entry(pattern.regex(), rule));
                }
            }
        }
        List<RegexSet.Entry> general = entries.getOrDefault("any", List.of());
        List<RegexSet.Entry> all = new ArrayList<>();
        for (CodePattern pattern : CodePattern.ALL) {
            if (SEVERITIES.indexOf(pattern.severity()) <= SEVERITIES.indexOf(minSeverity)) {
                all.add(new RegexSet.Entry(
                        pattern.regex(), new ScanRule("code", pattern.id(), ruling, ScanRule.Check.NONE, "")));
            }
        }
        entries.forEach((language, own) -> {
            List<RegexSet.Entry> both = new ArrayList<>(own);
            both.addAll(general);
            byLanguage.put(language, new RegexSet(both));
        });
        this.forAll = new RegexSet(all);
    }

    /** The rule of the first risk in a piece of code; the language is guessed from its name, and all are tried without. */
    Optional<ScanRule> find(String language, String code) {
        RegexSet set = byLanguage.getOrDefault(canonical(language), forAll);
        RegexScan scan = new RegexScan(set);
        First first = new First();
        code.codePoints().forEach(symbol -> {
            if (first.rule == null) {
                scan.accept(symbol, first.position, first.position + 1, first);
                first.position++;
            }
        });
        if (first.rule == null) {
            scan.finish(first);
        }
        return Optional.ofNullable(first.rule);
    }

    private static String canonical(String language) {
        return switch (language.toLowerCase(Locale.ROOT)) {
            case "py", "python", "python3" -> "python";
            case "js", "javascript", "ts", "typescript", "jsx", "tsx", "node" -> "javascript";
            case "c", "h", "cpp", "c++", "cc", "cxx" -> "c";
            case "cs", "csharp", "c#" -> "csharp";
            case "sh", "bash", "shell", "zsh" -> "shell";
            default -> language.toLowerCase(Locale.ROOT);
        };
    }

    private static final class First implements Hits {
        private @org.jspecify.annotations.Nullable ScanRule rule;
        private int position;

        @Override
        public void hit(ScanRule found, int start, int end) {
            rule = rule == null ? found : rule;
        }
    }
}
