package dev.herd.arch;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.util.List;

/** Fails for names that end in a word that says nothing. */
final class HaveTellingNames extends ArchCondition<JavaClass> {
    private final List<String> endings;

    private HaveTellingNames(List<String> endings) {
        super("not end in " + endings);
        this.endings = endings;
    }

    static HaveTellingNames notEndingIn(String... endings) {
        return new HaveTellingNames(List.of(endings));
    }

    @Override
    public void check(JavaClass type, ConditionEvents events) {
        boolean isTelling = endings.stream().noneMatch(type.getSimpleName()::endsWith);
        events.add(new SimpleConditionEvent(type, isTelling, type.getName() + " is named for nothing"));
    }
}
