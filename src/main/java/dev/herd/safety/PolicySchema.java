package dev.herd.safety;

import dev.herd.safety.Shape.Flag;
import dev.herd.safety.Shape.Numeric;
import dev.herd.safety.Shape.Prevails;
import dev.herd.safety.Shape.Text;
import dev.herd.safety.Shape.Texts;
import dev.herd.safety.Shape.Word;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/** The fields of a policy: ranges, defaults, and what prevails where two layers meet. docs/safety.md explains them. */
final class PolicySchema {
    /** The categories that content guards know by code; the names are those inside Llama Guard's prompt. */
    static final Map<String, String> CATEGORIES = categories();

    private static final String[] ACTIONS = {"allow", "annotate", "redact", "block"};
    private static final String[] NOT_REDACT = {"allow", "annotate", "block"};
    private static final Pattern ID = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]*");
    private static final String ID_RULE = "letters, digits, dots, dashes and underscores";

    private PolicySchema() {}

    /** The whole policy. */
    static final ObjectShape POLICY = ObjectShape.of(
            "schemaVersion", new Numeric(1, 1, 1, true, Prevails.OWN),
            "mode", new Word(List.of("off", "shadow", "enforce"), "enforce", "enforce", Prevails.OWN),
            "content", content(),
            "promptAttack", promptAttack(),
            "systemPreamble",
                    ObjectShape.of("text", Text.any(8000, ""), "position", own("prepend", "prepend", "append")),
            "alignment",
                    ObjectShape.of(
                            "enabled", new Flag(false, true),
                            "action", Word.of("block", NOT_REDACT),
                            "onMissingTrace", Word.of("annotate", NOT_REDACT)),
            "unicode",
                    ObjectShape.of(
                            "normalise", new Flag(true, true),
                            "hiddenTags", Word.of("block", ACTIONS),
                            "bidiControls", Word.of("annotate", ACTIONS),
                            "zeroWidth", Word.of("strip", "allow", "annotate", "strip", "block")),
            "words", words(),
            "topics", topics(),
            "pii", pii(),
            "links", ObjectShape.of("output", Word.of("annotate", ACTIONS), "allowedHosts", new Texts(100, 253, true)),
            "code",
                    ObjectShape.of(
                            "enabled", new Flag(false, true),
                            "minSeverity",
                                    new Word(
                                            List.of("error", "warning", "advice"),
                                            "warning",
                                            "error",
                                            Prevails.GREATER),
                            "action", Word.of("annotate", NOT_REDACT)),
            "grounding",
                    ObjectShape.of(
                            "enabled", new Flag(false, true),
                            "threshold", new Numeric(0.01, 0.999, 0.7, false, Prevails.OWN),
                            "action", Word.of("annotate", NOT_REDACT)),
            "images", images(),
            "stream", stream(),
            "failure",
                    ObjectShape.of(
                            "input",
                            Word.of("closed", "open", "annotate", "closed"),
                            "output",
                            Word.of("closed", "open", "annotate", "closed"),
                            "timeoutMs",
                            new Numeric(50, 10_000, 1500, true, Prevails.OWN),
                            "retry",
                            new Numeric(0, 3, 0, true, Prevails.OWN)),
            "messages", messages(),
            "trace",
                    ObjectShape.of(
                            "response",
                                    new Word(List.of("full", "minimal", "none"), "minimal", "full", Prevails.GREATER),
                            "audit",
                                    new Word(
                                            List.of("full", "redacted", "hash"), "hash", "redacted", Prevails.GREATER)),
            "retentionDays", new Numeric(1, 3650, 30, true, Prevails.OWN));

    private static ObjectShape content() {
        Map<String, Shape> categories = new LinkedHashMap<>();
        CATEGORIES.keySet().forEach(code -> categories.put(code, directions()));
        return ObjectShape.of(
                "guard", guard(),
                "templateVariant", Text.any(64, "auto"),
                "categoryMode", own("joint", "joint", "perCategory"),
                "maxTurns", new Numeric(1, 32, 6, true, Prevails.OWN),
                "includeSystem", new Flag(false, true),
                "defaults", directions(),
                "categories", new ObjectShape(categories, Set.of()),
                "unspecified", Word.of("block", NOT_REDACT),
                "custom",
                        new ListShape(
                                ObjectShape.of(
                                                "code",
                                                        new Text(
                                                                3,
                                                                "",
                                                                Pattern.compile("S(1[5-9]|2[0-9]|3[0-4])"),
                                                                "a code from S15 to S34",
                                                                Prevails.OWN),
                                                "name", filled(60),
                                                "description", Text.any(400, ""),
                                                "input", judged("block", 0.5),
                                                "output", judged("block", 0.5))
                                        .requiring("code", "name"),
                                "code",
                                20));
    }

    private static ObjectShape directions() {
        return ObjectShape.of("input", judged("block", 0.5), "output", judged("block", 0.5));
    }

    private static ObjectShape judged(String action, double threshold) {
        return ObjectShape.of(
                "action",
                Word.of(action, NOT_REDACT),
                "threshold",
                new Numeric(0.01, 0.999, threshold, false, Prevails.SMALLER));
    }

    private static ObjectShape promptAttack() {
        Numeric user = new Numeric(0.05, 0.999, 0.9, false, Prevails.SMALLER);
        Numeric thirdParty = new Numeric(0.05, 0.999, 0.7, false, Prevails.SMALLER);
        Numeric blockAt = new Numeric(0.05, 1, 0.9, false, Prevails.SMALLER);
        return ObjectShape.of(
                "model",
                guard(),
                "user",
                ObjectShape.of("action", Word.of("block", NOT_REDACT), "threshold", user),
                "thirdParty",
                ObjectShape.of(
                        "action", Word.of("annotate", NOT_REDACT),
                        "threshold", thirdParty,
                        "blockAt", blockAt),
                "overlapTokens",
                new Numeric(0, 255, 128, true, Prevails.OWN),
                "maxWindows",
                new Numeric(1, 256, 256, true, Prevails.OWN),
                "allowPhrases",
                new Texts(200, 200, true));
    }

    private static Shape words() {
        return new ListShape(
                ObjectShape.of(
                                "id", id(),
                                "match", own("literal", "literal", "regex"),
                                "caseSensitive", new Flag(false, false),
                                "wholeWord", new Flag(true, false),
                                "terms", new Texts(10_000, 200, false),
                                "input", Word.of("block", ACTIONS),
                                "output", Word.of("block", ACTIONS))
                        .requiring("id", "terms"),
                "id",
                200);
    }

    private static Shape topics() {
        return new ListShape(
                ObjectShape.of(
                                "id", id(),
                                "name", filled(100),
                                "definition", Text.any(1000, ""),
                                "examples", new Texts(5, 400, false),
                                "input", Word.of("block", NOT_REDACT),
                                "output", Word.of("block", NOT_REDACT),
                                "threshold", new Numeric(0.01, 0.999, 0.5, false, Prevails.SMALLER))
                        .requiring("id", "name"),
                "id",
                30);
    }

    private static ObjectShape pii() {
        Map<String, Shape> entities = new LinkedHashMap<>();
        for (PiiEntity entity : PiiEntity.values()) {
            entities.put(
                    entity.name(),
                    ObjectShape.of("input", Word.of("annotate", ACTIONS), "output", Word.of("redact", ACTIONS)));
        }
        return ObjectShape.of(
                "input",
                Word.of("annotate", ACTIONS),
                "output",
                Word.of("redact", ACTIONS),
                "entities",
                new ObjectShape(entities, Set.of()),
                "replacement",
                new Text(
                        40,
                        "[{ENTITY}]",
                        Pattern.compile("[^\"\\\\\\p{Cntrl}]+"),
                        "a text without quotes, backslashes and control characters",
                        Prevails.OWN));
    }

    private static ObjectShape images() {
        return ObjectShape.of(
                "action", Word.of("block", NOT_REDACT),
                "maxPerRequest", new Numeric(0, 64, 8, true, Prevails.SMALLER),
                "maxPixels", new Numeric(1, 100_000_000, 16_777_216, true, Prevails.SMALLER),
                "allowRemote", new Flag(false, false),
                "allowedHosts", new Texts(100, 253, true));
    }

    private static ObjectShape stream() {
        return ObjectShape.of(
                "mode", Word.of("window", "async", "window", "full"),
                "chunkTokens", new Numeric(16, 512, 64, true, Prevails.OWN),
                "contextTokens", new Numeric(64, 4096, 512, true, Prevails.OWN),
                "holdbackChars", new Numeric(0, 1024, 64, true, Prevails.OWN),
                "maxDelayMs", new Numeric(100, 10_000, 2000, true, Prevails.OWN),
                "onBlock", own("stop", "stop", "message"));
    }

    private static ObjectShape messages() {
        String input = "The request was not answered because it does not comply with the usage policy.";
        String output = "The answer was withheld because it does not comply with the usage policy.";
        return ObjectShape.of(
                "inputBlocked", Text.any(2000, input),
                "outputBlocked", Text.any(2000, output),
                "inputStyle", own("error", "error", "message"),
                "outputStyle", own("refusal", "refusal", "content"),
                "locales",
                        new ListShape(
                                ObjectShape.of(
                                                "locale",
                                                        new Text(
                                                                35,
                                                                "",
                                                                Pattern.compile("[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*"),
                                                                "a language tag",
                                                                Prevails.OWN),
                                                "inputBlocked", Text.any(2000, input),
                                                "outputBlocked", Text.any(2000, output))
                                        .requiring("locale", "inputBlocked", "outputBlocked"),
                                "locale",
                                100));
    }

    private static Word own(String initial, String... words) {
        return new Word(List.of(words), initial, initial, Prevails.OWN);
    }

    private static Text guard() {
        return new Text(64, RulesGuard.NAME, ID, ID_RULE, Prevails.FLOOR);
    }

    private static Text id() {
        return new Text(64, "", ID, ID_RULE, Prevails.OWN);
    }

    private static Text filled(int mostChars) {
        return new Text(mostChars, "", Pattern.compile("(?s).*\\S.*"), "not empty", Prevails.OWN);
    }

    private static Map<String, String> categories() {
        String[] names = {
            "Violent Crimes",
            "Non-Violent Crimes",
            "Sex Crimes",
            "Child Exploitation",
            "Defamation",
            "Specialized Advice",
            "Privacy",
            "Intellectual Property",
            "Indiscriminate Weapons",
            "Hate",
            "Self-Harm",
            "Sexual Content",
            "Elections",
            "Code Interpreter Abuse"
        };
        Map<String, String> categories = new LinkedHashMap<>();
        for (int i = 0; i < names.length; i++) {
            categories.put("S" + (i + 1), names[i]);
        }
        return categories;
    }
}
