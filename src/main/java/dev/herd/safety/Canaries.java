package dev.herd.safety;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * What every policy must do before it may come into force: each literal term is found in itself, and nothing harmless
 * is blocked.
 */
final class Canaries {
    private static final String HARMLESS = "What will the weather be like in Lisbon on Saturday? Thank you very much!";

    private Canaries() {}

    static void check(JsonNode fields, PolicyRules rules) throws PolicyException {
        for (Direction direction : Direction.values()) {
            ScanPlan plan = rules.scanPlan(direction);
            TextScan harmless = scan(plan, HARMLESS);
            if (harmless.isBlocked()) {
                throw new PolicyException(
                        "",
                        "blocks a harmless sentence, by "
                                + harmless.found().getFirst().rule().code());
            }
            checkTerms(fields, plan, direction == Direction.INPUT ? "input" : "output");
        }
    }

    private static void checkTerms(JsonNode fields, ScanPlan plan, String way) throws PolicyException {
        JsonNode lists = fields.path("words");
        for (int i = 0; i < lists.size(); i++) {
            JsonNode list = lists.get(i);
            boolean isLiteral = list.path("match").asText().equals("literal");
            if (!isLiteral
                    || list.path(way).asText().equals("allow")
                    || fields.path("mode").asText().equals("off")) {
                continue;
            }
            for (int j = 0; j < list.path("terms").size(); j++) {
                if (scan(plan, list.path("terms").get(j).asText()).found().isEmpty()) {
                    throw new PolicyException("/words/" + i + "/terms/" + j, "is not found in itself");
                }
            }
        }
    }

    private static TextScan scan(ScanPlan plan, String text) {
        TextScan scan = new TextScan(plan, null, false, new Redactions());
        scan.accept(text);
        scan.finish();
        return scan;
    }
}
