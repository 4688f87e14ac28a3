package dev.herd.safety;

import java.util.List;

/**
 * A guard that never blocks and answers within microseconds, so that it may be asked about every piece of text on the
 * thread that has it.
 */
interface ImmediateGuard extends ContentGuard {
    /** Begins to judge an answer by some categories. */
    AnswerWatch watch(List<GuardCategory> categories);
}
