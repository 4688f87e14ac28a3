package dev.herd.safety;

/** Judges whether a text tries to take control of the model. Used by many threads at once; may block. */
public interface InjectionDetector {
    /** What policies call it. */
    String name();

    /** Which edition it is, for the audit log: changes when its answers may. */
    String revision();

    /** Judges a text. */
    InjectionScore score(InjectionQuery query) throws GuardException;
}
