package dev.herd.safety;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Runs texts through the scan of a policy. */
final class Scans {
    private static final ObjectMapper JSON = new ObjectMapper();

    private Scans() {}

    /** A policy with nothing in force but what {@code json} states. */
    static Policy bare(String json) {
        try {
            ObjectNode fields = (ObjectNode) JSON.readTree("""
                    {"content":{"guard":"none"},"promptAttack":{"model":"none"},
                     "unicode":{"normalise":false,"hiddenTags":"allow","bidiControls":"allow","zeroWidth":"allow"},
                     "pii":{"input":"allow","output":"allow"},"links":{"output":"allow"}}""");
            JSON.readTree(json)
                    .properties()
                    .forEach(section -> section.getValue()
                            .properties()
                            .forEach(field ->
                                    fields.withObject("/" + section.getKey()).set(field.getKey(), field.getValue())));
            JSON.readTree(json).properties().stream()
                    .filter(section -> !section.getValue().isObject())
                    .forEach(section -> fields.set(section.getKey(), section.getValue()));
            return Policy.parse(fields.toString());
        } catch (PolicyException | JsonProcessingException wrong) {
            throw new IllegalArgumentException(json, wrong);
        }
    }

    /** A policy whose one list has this action in both directions. */
    static Policy words(String action, String match, boolean isWhole, String... terms) {
        List<String> quoted = new ArrayList<>();
        for (String term : terms) {
            quoted.add(TextNode.valueOf(term).toString());
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

    private static Outcome run(Policy policy, List<String> pieces, @Nullable JsonLens lens) {
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
