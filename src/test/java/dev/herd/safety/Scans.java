package dev.herd.safety;

import java.util.ArrayList;
import java.util.List;

/** Runs texts through the scan of a policy. */
final class Scans {
    private Scans() {}

    /** A policy with nothing in force but what {@code json} states. */
    static Policy bare(String json) {
        String merged = """
                {"content":{"guard":"none"},"promptAttack":{"model":"none"},
                 "unicode":{"normalise":false,"hiddenTags":"allow","bidiControls":"allow","zeroWidth":"allow"},
                 "pii":{"input":"allow","output":"allow"},"links":{"output":"allow"}}""";
        try {
            com.fasterxml.jackson.databind.ObjectMapper mapper = new com.fasterxml.jackson.databind.ObjectMapper();
            return Policy.parse(mapper.readerForUpdating(mapper.readTree(merged))
                    .readTree(json)
                    .toString());
        } catch (PolicyException | com.fasterxml.jackson.core.JsonProcessingException wrong) {
            throw new IllegalArgumentException(json, wrong);
        }
    }

    /** A policy whose one list has this action in both directions. */
    static Policy words(String action, String match, boolean isWhole, String... terms) {
        List<String> quoted = new ArrayList<>();
        for (String term : terms) {
            quoted.add(
                    com.fasterxml.jackson.databind.node.TextNode.valueOf(term).toString());
        }
        return bare("{\"words\":[{\"id\":\"w\",\"match\":\"" + match + "\",\"wholeWord\":" + isWhole + ",\"input\":\""
                + action + "\",\"output\":\"" + action + "\",\"terms\":[" + String.join(",", quoted) + "]}]}");
    }

    /** What came of a text. */
    record Outcome(List<String> pieces, String shown, boolean isBlocked, List<String> codes) {}

    /** The text in these pieces as a stream. */
    static Outcome stream(Policy policy, List<String> pieces) {
        return run(policy, pieces, null);
    }

    /** The same as JSON. */
    static Outcome streamJson(Policy policy, List<String> pieces) {
        return run(policy, pieces, new JsonLens());
    }

    private static Outcome run(Policy policy, List<String> pieces, @org.jspecify.annotations.Nullable JsonLens lens) {
        TextScan scan = new TextScan(policy.rules().scanPlan(Direction.OUTPUT), lens, true, new Redactions());
        List<String> shown = new ArrayList<>();
        for (String piece : pieces) {
            scan.accept(piece);
            shown.add(scan.release(Integer.MAX_VALUE).text());
        }
        scan.finish();
        shown.add(scan.release(Integer.MAX_VALUE).text());
        return new Outcome(
                shown,
                String.join("", shown),
                scan.isBlocked(),
                scan.found().stream().map(found -> found.rule().code()).toList());
    }

    /** The whole text as input. */
    static Outcome input(Policy policy, String text) {
        TextScan scan = new TextScan(policy.rules().scanPlan(Direction.INPUT), null, false, new Redactions());
        scan.accept(text);
        scan.finish();
        String shown = scan.isBlocked() ? "" : scan.release(Integer.MAX_VALUE).text();
        return new Outcome(
                List.of(shown),
                shown,
                scan.isBlocked(),
                scan.found().stream().map(found -> found.rule().code()).toList());
    }
}
