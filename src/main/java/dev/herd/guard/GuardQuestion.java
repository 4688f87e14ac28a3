package dev.herd.guard;

import dev.herd.safety.Direction;
import dev.herd.safety.GuardCategory;
import dev.herd.safety.GuardException;
import dev.herd.safety.GuardException.Status;
import dev.herd.safety.GuardImage;
import dev.herd.safety.GuardQuery;
import dev.herd.safety.GuardSettings;
import dev.herd.safety.GuardTurn;
import dev.herd.safety.GuardTurn.Speaker;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One prompt's worth of a query: some categories, and turns that the model was trained to see together.
 *
 * @param turns oldest first; the last is the one that is judged
 */
record GuardQuestion(List<GuardTurn> turns, List<GuardCategory> categories) {
    /** Beyond five pictures the model was not trained, and three is what it was tested with. */
    private static final int MOST_IMAGES = 5;

    private static final int IMAGES_TOGETHER = 4;
    private static final int TOPICS_TOGETHER = 10;
    private static final int FIRST_TOPIC = 35;

    GuardQuestion {
        turns = List.copyOf(turns);
        categories = List.copyOf(categories);
    }

    /**
     * The questions that a query comes to; whichever finds the worst decides.
     *
     * @throws GuardException if it asks about nothing that the template's model knows
     */
    static List<GuardQuestion> of(GuardQuery query, GuardTemplate template) throws GuardException {
        List<GuardCategory> known =
                query.categories().stream().filter(template::knows).toList();
        if (known.isEmpty()) {
            throw new GuardException(
                    Status.MISCONFIGURED, template.variant() + " knows none of the categories that are asked about");
        }
        List<GuardTurn> turns = lastTurns(query);
        List<List<GuardTurn>> shown = byImages(template.alternates() ? merged(turns) : turns);
        List<GuardQuestion> questions = new ArrayList<>();
        for (List<GuardCategory> categories : byCategories(query.settings(), known)) {
            shown.forEach(some -> questions.add(new GuardQuestion(some, categories)));
        }
        return questions;
    }

    private static List<List<GuardCategory>> byCategories(GuardSettings settings, List<GuardCategory> all) {
        if (settings.categoryMode() == GuardSettings.CategoryMode.PER_CATEGORY) {
            return all.stream().map(List::of).toList();
        }
        List<GuardCategory> named = new ArrayList<>();
        List<GuardCategory> topics = new ArrayList<>();
        all.forEach(category -> (isTopic(category) ? topics : named).add(category));
        int together = Math.min(TOPICS_TOGETHER, topics.size());
        named.addAll(topics.subList(0, together));
        List<List<GuardCategory>> groups = new ArrayList<>(List.of(named));
        for (int from = together; from < topics.size(); from += TOPICS_TOGETHER) {
            groups.add(topics.subList(from, Math.min(from + TOPICS_TOGETHER, topics.size())));
        }
        return groups;
    }

    private static boolean isTopic(GuardCategory category) {
        String digits = category.code().substring(1);
        return digits.matches("[0-9]{1,4}") && Integer.parseInt(digits) >= FIRST_TOPIC;
    }

    /**
     * The last turns that the policy shows, from a user's on. A judged answer is shown with what it answers, even if that
     * is one turn more; the system message, if it is shown, stays in front.
     */
    private static List<GuardTurn> lastTurns(GuardQuery query) {
        List<GuardTurn> turns = query.turns();
        Speaker judged = query.direction() == Direction.INPUT ? Speaker.USER : Speaker.AGENT;
        int end = turns.size();
        while (end > 1 && turns.get(end - 1).speaker() != judged) {
            end--;
        }
        int start = Math.max(0, end - query.settings().maxTurns());
        if (judged == Speaker.AGENT && start == end - 1 && start > 0) {
            start--;
        }
        while (start < end - 1 && turns.get(start).speaker() == Speaker.AGENT) {
            start++;
        }
        List<GuardTurn> shown = new ArrayList<>(turns.subList(start, end));
        if (query.settings().includeSystem() && start > 0) {
            shown.addFirst(turns.getFirst());
        }
        if (shown.getFirst().speaker() == Speaker.AGENT) {
            shown.addFirst(new GuardTurn(Speaker.USER, ""));
        }
        return shown;
    }

    /** Turns of one speaker in a row as one. */
    private static List<GuardTurn> merged(List<GuardTurn> turns) {
        List<GuardTurn> merged = new ArrayList<>();
        for (GuardTurn turn : turns) {
            if (merged.isEmpty() || merged.getLast().speaker() != turn.speaker()) {
                merged.add(turn);
                continue;
            }
            GuardTurn before = merged.removeLast();
            List<GuardImage> images = new ArrayList<>(before.images());
            images.addAll(turn.images());
            merged.add(new GuardTurn(turn.speaker(), before.text() + "\n\n" + turn.text(), images));
        }
        return merged;
    }

    /** The turns once for each group of pictures, if there are too many for one prompt. */
    private static List<List<GuardTurn>> byImages(List<GuardTurn> turns) {
        int count = turns.stream().mapToInt(turn -> turn.images().size()).sum();
        List<List<GuardTurn>> groups = new ArrayList<>();
        if (count <= MOST_IMAGES) {
            groups.add(turns);
            return groups;
        }
        for (int from = 0; from < count; from += IMAGES_TOGETHER) {
            groups.add(withImages(turns, from, from + IMAGES_TOGETHER));
        }
        return groups;
    }

    private static List<GuardTurn> withImages(List<GuardTurn> turns, int from, int to) {
        List<GuardTurn> shown = new ArrayList<>();
        int first = 0;
        for (GuardTurn turn : turns) {
            int size = turn.images().size();
            int start = Math.clamp((long) from - first, 0, size);
            int end = Math.clamp((long) to - first, 0, size);
            shown.add(new GuardTurn(turn.speaker(), turn.text(), turn.images().subList(start, end)));
            first += size;
        }
        return shown;
    }

    /** The same without pictures. */
    GuardQuestion withoutImages() {
        return new GuardQuestion(
                turns.stream()
                        .map(turn -> new GuardTurn(turn.speaker(), turn.text()))
                        .toList(),
                categories);
    }

    /** Whether a picture is shown. */
    boolean hasImages() {
        return turns.stream().anyMatch(turn -> !turn.images().isEmpty());
    }

    /** The same with only the judged turn, which keeps its question; empty if it is so already. */
    Optional<GuardQuestion> withoutHistory() {
        int least = turns.getLast().speaker() == Speaker.AGENT ? 2 : 1;
        return turns.size() > least
                ? Optional.of(new GuardQuestion(turns.subList(turns.size() - least, turns.size()), categories))
                : Optional.empty();
    }

    /** The same about one half of the judged text each; the halves of a text so short that it has none are empty. */
    List<GuardQuestion> halves() {
        String text = turns.getLast().text();
        int middle = text.length() / 2;
        if (middle > 0 && Character.isLowSurrogate(text.charAt(middle))) {
            middle--;
        }
        return middle == 0
                ? List.of()
                : List.of(withJudged(text.substring(0, middle)), withJudged(text.substring(middle)));
    }

    private GuardQuestion withJudged(String text) {
        List<GuardTurn> changed = new ArrayList<>(turns);
        GuardTurn judged = changed.removeLast();
        changed.add(new GuardTurn(judged.speaker(), text, judged.images()));
        return new GuardQuestion(changed, categories);
    }
}
