package dev.herd.safety;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class PolicyTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Guards RULES = new Guards(List.of(new RulesGuard()), List.of(new RulesGuard()));

    /** The example of the specification, without the judge that Herd does not have. */
    private static final String EXAMPLE = """
            { "schemaVersion": 1, "mode": "enforce",
              "content": { "guard": "llama-guard-4", "templateVariant": "lg4-hf", "categoryMode": "joint", "maxTurns": 6, "includeSystem": false,
                "defaults": { "input": {"action":"block","threshold":0.5}, "output": {"action":"block","threshold":0.5} },
                "categories": { "S6": { "input":{"action":"allow"}, "output":{"action":"annotate","threshold":0.6} } },
                "unspecified": "block",
                "custom": [ {"code":"S15","name":"Gambling Promotion","description":"x","input":{"action":"annotate"},"output":{"action":"block"}} ] },
              "promptAttack": { "model":"pg2-86m", "user":{"action":"block","threshold":0.9}, "thirdParty":{"action":"annotate","threshold":0.7,"blockAt":0.9},
                                "overlapTokens":128, "maxWindows":256, "allowPhrases":[] },
              "systemPreamble": { "text":"", "position":"prepend" },
              "alignment": { "enabled": false, "action":"block", "onMissingTrace":"annotate" },
              "unicode": { "normalise": true, "hiddenTags":"block", "bidiControls":"annotate", "zeroWidth":"strip" },
              "words": [ {"id":"w1","match":"literal","caseSensitive":false,"wholeWord":true,"terms":["x"],"input":"block","output":"redact"} ],
              "topics": [ {"id":"t1","name":"n","definition":"d","examples":["e"],"input":"block","output":"block","threshold":0.5} ],
              "pii": { "input":"annotate","output":"redact","entities":{"CREDIT_CARD":{"output":"redact"},"EMAIL":{"output":"allow"}},"replacement":"[{ENTITY}]" },
              "code": { "enabled": false, "minSeverity":"warning","action":"annotate" },
              "grounding": { "enabled": false, "threshold":0.7, "action":"annotate" },
              "images": { "action":"block", "maxPerRequest":8, "maxPixels":16777216, "allowRemote":false, "allowedHosts":[] },
              "stream": { "mode":"window", "chunkTokens":64, "contextTokens":512, "holdbackChars":64, "maxDelayMs":2000, "onBlock":"stop" },
              "failure": { "input":"closed","output":"closed","timeoutMs":1500,"retry":0 },
              "messages": { "inputBlocked":"i","outputBlocked":"o","inputStyle":"error" },
              "trace": { "response":"minimal","audit":"hash" }, "retentionDays": 30 }
            """;

    @Test
    void exampleOfTheSpecificationIsReadAndKeepsItsHash() throws Exception {
        Policy policy = Policy.parse(EXAMPLE);

        Policy again = Policy.parse(policy.json());

        assertThat(again.json()).isEqualTo(policy.json());
        assertThat(again.sha256()).isEqualTo(policy.sha256()).hasSize(64);
        JsonNode fields = JSON.readTree(policy.json());
        assertThat(fields.at("/content/categories/S6/input/action").asText()).isEqualTo("allow");
        assertThat(fields.at("/content/categories/S6/input/threshold").asDouble())
                .isEqualTo(0.5);
        assertThat(fields.at("/content/categories/S7/output/action").asText()).isEqualTo("block");
        assertThat(fields.at("/pii/entities/EMAIL/output").asText()).isEqualTo("allow");
        assertThat(fields.at("/pii/entities/EMAIL/input").asText()).isEqualTo("annotate");
    }

    @Test
    void emptyPolicyHasTheDefaultsOfTheSpecification() throws Exception {
        JsonNode fields = JSON.readTree(Policy.parse("{}").json());

        assertThat(fields.at("/mode").asText()).isEqualTo("enforce");
        assertThat(fields.at("/content/categories/S1/input/threshold").asDouble())
                .isEqualTo(0.5);
        assertThat(fields.at("/promptAttack/user/threshold").asDouble()).isEqualTo(0.9);
        assertThat(fields.at("/stream/chunkTokens").asInt()).isEqualTo(64);
        assertThat(fields.at("/failure/output").asText()).isEqualTo("closed");
        assertThat(fields.at("/trace/response").asText()).isEqualTo("minimal");
    }

    @Test
    void orderOfFieldsDoesNotChangeTheHash() throws Exception {
        String one = "{\"mode\":\"shadow\",\"images\":{\"maxPerRequest\":3}}";
        String other = "{\"images\":{\"maxPerRequest\":3},\"mode\":\"shadow\"}";

        assertThat(Policy.parse(one).sha256()).isEqualTo(Policy.parse(other).sha256());
        assertThat(Policy.parse("{}").sha256()).isNotEqualTo(Policy.parse(one).sha256());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{\"nope\":1} | /nope",
                "{\"content\":{\"categories\":{\"S99\":{}}}} | /content/categories/S99",
                "{\"content\":{\"defaults\":{\"input\":{\"action\":\"redact\"}}}} | /content/defaults/input/action",
                "{\"content\":{\"maxTurns\":33}} | /content/maxTurns",
                "{\"content\":{\"custom\":[{\"code\":\"S14\",\"name\":\"x\"}]}} | /content/custom/0/code",
                "{\"content\":{\"custom\":[{\"code\":\"S15\"}]}} | /content/custom/0/name",
                "{\"promptAttack\":{\"user\":{\"threshold\":1}}} | /promptAttack/user/threshold",
                "{\"words\":[{\"id\":\"a\",\"terms\":[]}]} | /words/0/terms",
                "{\"words\":[{\"id\":\"a\",\"terms\":[\"x\"]},{\"id\":\"a\",\"terms\":[\"y\"]}]} | /words/1/id",
                "{\"words\":[{\"id\":\"a\",\"match\":\"regex\",\"terms\":[\"x\",\"(y\"]}]} | /words/0/terms/1",
                "{\"words\":[{\"id\":\"a\",\"match\":\"regex\",\"terms\":[\"(a)\\\\1\"]}]} | /words/0/terms/0",
                "{\"words\":[{\"id\":\"a\",\"match\":\"regex\",\"terms\":[\"x*\"]}]} | /words/0/terms/0",
                "{\"words\":[{\"id\":\"a\",\"match\":\"regex\",\"terms\":[\"((a{99}){99}){99}\"]}]} | /words/0/terms/0",
                "{\"alignment\":{\"enabled\":true}} | /alignment/enabled",
                "{\"grounding\":{\"enabled\":true}} | /grounding/enabled",
                "{\"stream\":{\"mode\":\"async\"}} | /stream/mode",
                "{\"stream\":{\"holdbackChars\":128}} | /stream/holdbackChars",
                "{\"retentionDays\":90} | /retentionDays",
                "{\"content\":{\"defaults\":{\"input\":{\"action\":\"allow\"},\"output\":{\"action\":\"allow\"}}}} | /content/categories",
                "{\"pii\":{\"replacement\":\"\\\"\"}} | /pii/replacement",
                "{\"a/b~c\":1} | /a~1b~0c",
                "[] | ``",
            })
    void wrongPolicyIsRefusedWithAPointer(String json, String pointer) {
        assertThatThrownBy(() -> Policy.parse(json))
                .isInstanceOfSatisfying(
                        PolicyException.class,
                        wrong -> assertThat(wrong.pointer()).isEqualTo(pointer));
    }

    @Test
    void policyOfMoreThan256KibibytesIsRefused() {
        assertThatThrownBy(() -> Policy.parse("{\"words\":[]," + " ".repeat(Policy.MAX_BYTES) + "\"mode\":\"off\"}"))
                .isInstanceOf(PolicyException.class)
                .hasMessageContaining("bytes");
    }

    @Test
    void changedFieldsAreRefusedOrChangeNothingButThemselves() throws Exception {
        long seed = 11;
        Random random = new Random(seed);
        Object[] values = {"", "block", "allow", -1, 0, 0.5, 1e9, true, "[]", "{}", null};
        for (int round = 0; round < 3000; round++) {
            ObjectNode mutated = (ObjectNode) JSON.readTree(EXAMPLE);
            String pointer = mutate(mutated, random, values);
            try {
                Policy policy = Policy.parse(mutated.toString());
                assertThat(Policy.parse(policy.json()).sha256())
                        .as("seed %d, %s", seed, pointer)
                        .isEqualTo(policy.sha256());
            } catch (PolicyException wrong) {
                assertThat(wrong.pointer()).as("seed %d, %s", seed, pointer).startsWith("/");
            }
        }
    }

    private static String mutate(ObjectNode root, Random random, Object[] values) {
        ObjectNode at = root;
        StringBuilder pointer = new StringBuilder();
        while (true) {
            List<String> names = new java.util.ArrayList<>();
            at.fieldNames().forEachRemaining(names::add);
            if (names.isEmpty()) {
                return pointer.toString();
            }
            String name = names.get(random.nextInt(names.size()));
            pointer.append('/').append(name);
            if (at.get(name) instanceof ObjectNode inner && random.nextInt(5) > 0) {
                at = inner;
                continue;
            }
            Object value = values[random.nextInt(values.length)];
            at.set(name, JSON.valueToTree(value));
            return pointer.toString();
        }
    }

    @Test
    void mergedPolicyIsAtLeastAsStrictAsBothLayers() throws Exception {
        long seed = 5;
        Random random = new Random(seed);
        for (int round = 0; round < 500; round++) {
            Policy own = Policy.parse(randomLayer(random));
            Policy floor = Policy.parseLayer(randomLayer(random));

            Policy merged = own.merge(floor);

            for (Direction direction : Direction.values()) {
                for (String code : PolicySchema.CATEGORIES.keySet()) {
                    for (double score : new double[] {0.05, 0.3, 0.55, 0.8, 0.999}) {
                        assertThat(action(merged, direction, code, score))
                                .as("seed %d, round %d, %s %s %s", seed, round, direction, code, score)
                                .isGreaterThanOrEqualTo(action(own, direction, code, score))
                                .isGreaterThanOrEqualTo(action(floor, direction, code, score));
                    }
                }
                for (String text : List.of("a@b.org", "4111111111111111", "apple", "pear", "x\u200by")) {
                    assertThat(action(merged, direction, text))
                            .as("seed %d, round %d, %s %s", seed, round, direction, text)
                            .isGreaterThanOrEqualTo(action(own, direction, text))
                            .isGreaterThanOrEqualTo(action(floor, direction, text));
                }
            }
            assertThat(merged.answers().maxImages())
                    .isEqualTo(
                            Math.min(own.answers().maxImages(), floor.answers().maxImages()));
        }
    }

    private static Action action(Policy policy, Direction direction, String code, double score) {
        return policy.rules().guardPlan(direction).ruling(code, score).action();
    }

    private static Action action(Policy policy, Direction direction, String text) {
        TextScan scan = new TextScan(policy.rules().scanPlan(direction), null, false, new Redactions());
        scan.accept(text);
        scan.finish();
        return scan.found().stream()
                .map(found -> found.rule().ruling().action())
                .reduce(Action.ALLOW, Action::or);
    }

    private static String randomLayer(Random random) {
        String[] actions = {"allow", "annotate", "redact", "block"};
        String[] judged = {"allow", "annotate", "block"};
        return "{\"content\":{\"categories\":{\"S" + (1 + random.nextInt(14)) + "\":{\"input\":{\"action\":\""
                + judged[random.nextInt(3)] + "\",\"threshold\":0." + (1 + random.nextInt(9)) + "}}}},"
                + "\"pii\":{\"input\":\"" + actions[random.nextInt(4)] + "\",\"entities\":{\"EMAIL\":{\"output\":\""
                + actions[random.nextInt(4)] + "\"}}},"
                + "\"unicode\":{\"zeroWidth\":\"" + (random.nextBoolean() ? "allow" : "block") + "\"},"
                + "\"images\":{\"maxPerRequest\":" + random.nextInt(65) + "},"
                + "\"words\":[{\"id\":\"" + (random.nextBoolean() ? "one" : "two") + random.nextInt(1_000_000)
                + "\",\"terms\":[\"" + (random.nextBoolean() ? "apple" : "pear") + "\"],\"input\":\""
                + actions[random.nextInt(4)] + "\"}]}";
    }

    @Test
    void shadowDoesNothingButWhatTheFloorDemands() throws Exception {
        Policy own = Policy.parse("{\"mode\":\"shadow\"}");
        Policy floor = Policies.floor();

        GuardPlan alone = own.rules().guardPlan(Direction.INPUT);
        GuardPlan merged = own.merge(floor).rules().guardPlan(Direction.INPUT);

        assertThat(alone.ruling("S4", 0.9)).isEqualTo(new Ruling(Action.BLOCK, Action.ALLOW));
        assertThat(merged.ruling("S4", 0.9)).isEqualTo(new Ruling(Action.BLOCK, Action.BLOCK));
        assertThat(merged.ruling("S1", 0.9)).isEqualTo(new Ruling(Action.BLOCK, Action.ALLOW));
        assertThat(own.enforced().rules().guardPlan(Direction.INPUT).ruling("S1", 0.9))
                .isEqualTo(Ruling.of(Action.BLOCK));
    }

    @Test
    void policyCannotSwitchTheFloorOff() throws Exception {
        Policy merged = Policy.parse("{\"mode\":\"off\",\"content\":{\"guard\":\"none\"}}")
                .merge(Policies.floor());

        assertThat(merged.answers().mode()).isEqualTo("shadow");
        assertThat(merged.rules().guard()).isEqualTo("rules");
        assertThat(merged.rules().guardPlan(Direction.OUTPUT).ruling("S9", 0.6).effective())
                .isEqualTo(Action.BLOCK);
    }

    @Test
    void listOfTheFloorCannotBeRedefined() throws Exception {
        Policy own = Policy.parse("{\"words\":[{\"id\":\"w\",\"terms\":[\"mild\"]}]}");
        Policy floor = Policy.parseLayer("{\"words\":[{\"id\":\"w\",\"terms\":[\"wild\"]}]}");

        assertThatThrownBy(() -> own.merge(floor)).hasMessageContaining("platform's");
    }

    @Test
    void differenceNamesEveryFieldThatChanged() throws Exception {
        Policy before = Policy.parse("{}");
        Policy after = Policy.parse("{\"pii\":{\"output\":\"block\"},\"images\":{\"maxPerRequest\":7}}");

        assertThat(before.diff(after))
                .extracting(Policy.Change::pointer)
                .contains("/pii/output", "/images/maxPerRequest", "/pii/entities/IBAN/output")
                .doesNotContain("/pii/input");
        assertThat(before.diff(before)).isEmpty();
    }

    @Test
    void checkRefusesGuardsThatAreNotThereAndFiltersThatCatchTheHarmless() throws Exception {
        assertThatThrownBy(() -> Policy.parse(EXAMPLE).check(RULES)).hasMessageStartingWith("/content/guard");
        assertThatThrownBy(() ->
                        Policy.parse("{\"promptAttack\":{\"model\":\"pg\"}}").check(RULES))
                .hasMessageStartingWith("/promptAttack/model");
        assertThatThrownBy(() -> Policy.parse("{\"words\":[{\"id\":\"w\",\"match\":\"regex\",\"terms\":[\"[a-z]\"]}]}")
                        .check(RULES))
                .hasMessageContaining("harmless");
        Policies.standard().check(RULES);
    }

    @Test
    void messagesAreInTheClientsLanguageWhereThePolicyKnowsIt() throws Exception {
        PolicyAnswers answers = Policy.parse("""
                {"messages":{"inputBlocked":"No.","locales":[{"locale":"de","inputBlocked":"Nein.","outputBlocked":"Nein!"}]}}
                """).answers();

        assertThat(answers.message(Direction.INPUT, "de-AT,en;q=0.5")).isEqualTo("Nein.");
        assertThat(answers.message(Direction.OUTPUT, "de")).isEqualTo("Nein!");
        assertThat(answers.message(Direction.INPUT, "fr")).isEqualTo("No.");
        assertThat(answers.message(Direction.INPUT, ";;;")).isEqualTo("No.");
    }
}
