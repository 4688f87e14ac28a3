package dev.herd.safety;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Locale;
import java.util.Optional;

/**
 * What a policy demands, read from its fields, with what is done about it in the policy's mode. In shadow mode nothing is,
 * but what the floor demands.
 */
final class PolicyRules {
    private final JsonNode fields;
    private final Optional<JsonNode> floor;
    private final Mode mode;
    private final GuardPlan inputPlan;
    private final GuardPlan outputPlan;
    private final ScanPlan inputScan;
    private final ScanPlan outputScan;
    private final ScanPlan decodedScan;

    /** What becomes of what is found. */
    enum Mode {
        OFF,
        SHADOW,
        ENFORCE
    }

    /** What to do when a guard fails. */
    enum FailureMode {
        OPEN,
        ANNOTATE,
        CLOSED
    }

    /** @param floor the fields of the floor whose demands hold in every mode */
    PolicyRules(JsonNode fields, Optional<JsonNode> floor) throws PolicyException {
        this.fields = fields;
        this.floor = floor;
        this.mode = Mode.valueOf(text("/mode").toUpperCase(Locale.ROOT));
        this.inputPlan = GuardPlan.of(this, fields, Direction.INPUT);
        this.outputPlan = GuardPlan.of(this, fields, Direction.OUTPUT);
        this.inputScan = ScanPlan.of(this, fields, Direction.INPUT);
        this.outputScan = ScanPlan.of(this, fields, Direction.OUTPUT);
        this.decodedScan = ScanPlan.ofDecoded(this, fields);
    }

    Mode mode() {
        return mode;
    }

    String guard() {
        return text("/content/guard");
    }

    String injectionModel() {
        return text("/promptAttack/model");
    }

    /** Whether content of some category is to be acted upon. */
    boolean judgesContent() {
        return !inputPlan.isEmpty() || !outputPlan.isEmpty();
    }

    GuardPlan guardPlan(Direction direction) {
        return direction == Direction.INPUT ? inputPlan : outputPlan;
    }

    ScanPlan scanPlan(Direction direction) {
        return direction == Direction.INPUT ? inputScan : outputScan;
    }

    /** What is looked for in texts that were decoded. */
    ScanPlan decodedScan() {
        return decodedScan;
    }

    /** What an action at {@code pointer} means. */
    Ruling ruling(String pointer) {
        Action action = action(fields.at(pointer));
        return ruling(action, floor.map(demands -> action(demands.at(pointer))).orElse(Action.ALLOW));
    }

    /** What an action means that the platform demands, too, or not. */
    Ruling ruling(Action action, Action floorAction) {
        return switch (mode) {
            case ENFORCE -> Ruling.of(action);
            case SHADOW -> new Ruling(action, floorAction);
            case OFF -> Ruling.NOTHING;
        };
    }

    /** What the policy says, at most, of pictures that are found to be unsafe, or are not seen. */
    Ruling pictures() {
        return ruling("/images/action");
    }

    /** What the floor says of an item of a list: the item itself if it has it. */
    Optional<JsonNode> floorItem(String pointer, String key, String value) {
        return floor.flatMap(demands -> demands.at(pointer)
                .valueStream()
                .filter(item -> item.path(key).asText().equals(value))
                .findFirst());
    }

    /** What a failed guard means. */
    Ruling failure(Direction direction) {
        String pointer = "/failure/" + direction.name().toLowerCase(Locale.ROOT);
        FailureMode failure = FailureMode.valueOf(text(pointer).toUpperCase(Locale.ROOT));
        Action action = failure == FailureMode.CLOSED
                ? Action.BLOCK
                : failure == FailureMode.ANNOTATE ? Action.ANNOTATE : Action.ALLOW;
        // Nobody is cut off for the failure of a guard that only watches.
        return mode == Mode.ENFORCE || guardPlan(direction).isEnforced()
                ? Ruling.of(action)
                : new Ruling(action, Action.ALLOW);
    }

    /** What a detector's score means for text of a source. */
    Ruling injection(TextSource source, double score) {
        String base = source.isThirdParty() ? "/promptAttack/thirdParty" : "/promptAttack/user";
        Action action = injection(fields, base, score);
        return ruling(
                action, floor.map(demands -> injection(demands, base, score)).orElse(Action.ALLOW));
    }

    private static Action injection(JsonNode demands, String base, double score) {
        Action action = action(demands.at(base + "/action"));
        if (action == Action.ALLOW) {
            return action;
        }
        JsonNode blockAt = demands.at(base + "/blockAt");
        if (!blockAt.isMissingNode() && blockAt.doubleValue() < 1 && score >= blockAt.doubleValue()) {
            return Action.BLOCK;
        }
        return score >= demands.at(base + "/threshold").doubleValue() ? action : Action.ALLOW;
    }

    /** The score from which on text of a source is acted upon. */
    double injectionThreshold(TextSource source) {
        return number(source.isThirdParty() ? "/promptAttack/thirdParty/threshold" : "/promptAttack/user/threshold");
    }

    /** Whether anything is done about injections in text of a source. */
    boolean seeksInjections(TextSource source) {
        String base = source.isThirdParty() ? "/promptAttack/thirdParty" : "/promptAttack/user";
        return mode != Mode.OFF
                && !injectionModel().equals(Guards.NONE)
                && ruling(base + "/action").matters();
    }

    static Action action(JsonNode word) {
        return switch (word.asText()) {
            case "annotate" -> Action.ANNOTATE;
            case "redact", "strip" -> Action.REDACT;
            case "block" -> Action.BLOCK;
            default -> Action.ALLOW;
        };
    }

    String text(String pointer) {
        return fields.at(pointer).asText();
    }

    boolean flag(String pointer) {
        return fields.at(pointer).booleanValue();
    }

    int integer(String pointer) {
        return fields.at(pointer).intValue();
    }

    double number(String pointer) {
        return fields.at(pointer).doubleValue();
    }

    JsonNode at(String pointer) {
        return fields.at(pointer);
    }
}
