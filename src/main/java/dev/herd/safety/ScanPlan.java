package dev.herd.safety;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Everything that is looked for in texts of one direction without asking a guard. Immutable; each text has a
 * {@link TextScan} of its own. What may withhold text is kept apart from what only reports: only for the former does
 * text have to wait.
 */
final class ScanPlan {
    private final List<Supplier<Matcher>> withholding = new ArrayList<>();
    private final List<Supplier<Matcher>> reporting = new ArrayList<>();
    private final List<Supplier<Matcher>> unfolded = new ArrayList<>();
    private final Map<Boolean, List<TermTrie.Term>> withheldTerms = new HashMap<>();
    private final Map<Boolean, List<TermTrie.Term>> reportedTerms = new HashMap<>();
    private final List<RegexSet.Entry> withheldForms = new ArrayList<>();
    private final List<RegexSet.Entry> reportedForms = new ArrayList<>();

    private ScanPlan() {}

    /** What a policy looks for. */
    static ScanPlan of(PolicyRules rules, JsonNode fields, Direction direction) throws PolicyException {
        ScanPlan plan = new ScanPlan();
        if (rules.mode() != PolicyRules.Mode.OFF) {
            String way = direction.name().toLowerCase(Locale.ROOT);
            plan.addWords(rules, fields, way);
            PiiRules.entries(
                            entity -> rules.ruling("/pii/entities/" + entity.name() + "/" + way),
                            fields.at("/pii/replacement").asText())
                    .forEach(plan::add);
            plan.addUnicode(rules);
            if (direction == Direction.INPUT) {
                plan.addFormats(rules);
            } else {
                plan.addLinks(rules, fields);
                plan.addCode(rules, fields);
            }
        }
        return plan.compiled();
    }

    /** What a policy looks for in input that it had to decode: words only, as it cannot be replaced where it stands. */
    static ScanPlan ofDecoded(PolicyRules rules, JsonNode fields) throws PolicyException {
        ScanPlan plan = new ScanPlan();
        if (rules.mode() != PolicyRules.Mode.OFF) {
            plan.addWords(rules, fields, "input");
        }
        return plan.compiled();
    }

    private void addWords(PolicyRules rules, JsonNode fields, String way) throws PolicyException {
        JsonNode lists = fields.path("words");
        for (int i = 0; i < lists.size(); i++) {
            JsonNode list = lists.get(i);
            String id = list.path("id").asText();
            Action floorAction = rules.floorItem("/words", "id", id)
                    .map(item -> PolicyRules.action(item.path(way)))
                    .orElse(Action.ALLOW);
            Ruling ruling = rules.ruling(PolicyRules.action(list.path(way)), floorAction);
            if (!ruling.matters()) {
                continue;
            }
            String label = fields.at("/pii/replacement").asText().replace("{ENTITY}", "REDACTED");
            ScanRule rule = new ScanRule("words", id, ruling, ScanRule.Check.NONE, label);
            boolean isCaseSensitive = list.path("caseSensitive").asBoolean();
            boolean isRegex = list.path("match").asText().equals("regex");
            for (int j = 0; j < list.path("terms").size(); j++) {
                String term = list.path("terms").get(j).asText();
                if (isRegex) {
                    add(new RegexSet.Entry(
                            RegexReader.read(term, isCaseSensitive, "/words/" + i + "/terms/" + j), rule));
                } else {
                    add(new TermTrie.Term(term, list.path("wholeWord").asBoolean(), rule), !isCaseSensitive);
                }
            }
        }
    }

    private void add(TermTrie.Term term, boolean isCaseless) {
        (term.rule().withholds() ? withheldTerms : reportedTerms)
                .computeIfAbsent(isCaseless, key -> new ArrayList<>())
                .add(term);
    }

    private void add(RegexSet.Entry entry) {
        (entry.rule().withholds() ? withheldForms : reportedForms).add(entry);
    }

    private void addUnicode(PolicyRules rules) {
        HiddenText.UnicodeRules unicode = new HiddenText.UnicodeRules(
                rule("hidden_tags", rules.ruling("/unicode/hiddenTags")),
                rule("bidi_control", rules.ruling("/unicode/bidiControls")),
                rule("zero_width", rules.ruling("/unicode/zeroWidth")));
        if (unicode.matters()) {
            unfolded.add(() -> new HiddenText(unicode));
        }
        if (rules.flag("/unicode/normalise")) {
            ScanRule mixed = rule("mixed_script", rules.ruling(Action.ANNOTATE, Action.ALLOW));
            unfolded.add(() -> new MixedScript(mixed));
        }
    }

    private static ScanRule rule(String code, Ruling ruling) {
        return new ScanRule("unicode", code, ruling, ScanRule.Check.NONE, "");
    }

    /** Text that spells the marks by which the model tells who speaks: harmless as text, and seldom innocent. */
    private void addFormats(PolicyRules rules) {
        Ruling ruling = rules.ruling(Action.ANNOTATE, Action.ALLOW);
        if (rules.ruling("/promptAttack/user/action").matters()
                || rules.ruling("/promptAttack/thirdParty/action").matters()) {
            add(new RegexSet.Entry(
                    FORMAT_INJECTION, new ScanRule("format", "format_injection", ruling, ScanRule.Check.NONE, "")));
        }
    }

    private static final Regex FORMAT_INJECTION = RegexReader.known(
            "<\\|[a-z_]{3,24}\\|>|\\[/?INST\\]|<</?SYS>>|<start_of_turn>|###\\s?(?:system|instruction|assistant)\\s?:"
                    + "|<im_start>|^(?:human|assistant|system):",
            false);

    private void addLinks(PolicyRules rules, JsonNode fields) {
        Ruling ruling = rules.ruling("/links/output");
        if (ruling.matters()) {
            add(new RegexSet.Entry(
                    ExfiltrationLink.FORM,
                    new ScanRule("links", "exfiltration_link", ruling, ExfiltrationLink.check(fields), "[REDACTED]")));
        }
    }

    private void addCode(PolicyRules rules, JsonNode fields) {
        if (fields.at("/code/enabled").asBoolean()) {
            Ruling ruling = rules.ruling("/code/action");
            CodeShield shield = new CodeShield(fields.at("/code/minSeverity").asText(), ruling);
            (ruling.effective() == Action.BLOCK ? withholding : reporting).add(() -> new FencedCode(shield));
        }
    }

    private ScanPlan compiled() {
        compile(withheldTerms, withheldForms, withholding);
        compile(reportedTerms, reportedForms, reporting);
        return this;
    }

    private static void compile(
            Map<Boolean, List<TermTrie.Term>> terms, List<RegexSet.Entry> forms, List<Supplier<Matcher>> matchers) {
        terms.forEach((isCaseless, list) -> {
            TermTrie trie = new TermTrie(list, isCaseless);
            matchers.add(() -> new TermScan(trie));
        });
        if (!forms.isEmpty()) {
            RegexSet set = new RegexSet(forms);
            RegexMemo memo = new RegexMemo();
            matchers.add(() -> new RegexScan(set, memo));
        }
    }

    /** Whether there is nothing to look for. */
    boolean isEmpty() {
        return withholding.isEmpty() && reporting.isEmpty() && unfolded.isEmpty();
    }

    /** Matchers of folded text for which text has to wait. */
    Matcher[] withholding() {
        return made(withholding);
    }

    /** Matchers of folded text that only report. */
    Matcher[] reporting() {
        return made(reporting);
    }

    /** Matchers of the text as it is; they know themselves what has to wait. */
    Matcher[] unfolded() {
        return made(unfolded);
    }

    private static Matcher[] made(List<Supplier<Matcher>> suppliers) {
        Matcher[] matchers = new Matcher[suppliers.size()];
        for (int i = 0; i < matchers.length; i++) {
            matchers[i] = suppliers.get(i).get();
        }
        return matchers;
    }
}
