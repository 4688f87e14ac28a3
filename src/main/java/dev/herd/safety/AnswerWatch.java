package dev.herd.safety;

/** Judges an answer as it grows; each piece costs in proportion to its own length. For one answer and one thread. */
interface AnswerWatch {
    /** Takes more of the answer in. */
    void accept(CharSequence more);

    /** What is to be said about the answer if this is all of it; the same object as before if nothing is new. */
    GuardScores scores();
}
