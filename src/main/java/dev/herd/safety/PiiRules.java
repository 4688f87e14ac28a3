package dev.herd.safety;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** The forms of personal data and secrets. */
final class PiiRules {
    private static final List<Form> FORMS = List.of(
            form(
                    PiiEntity.EMAIL,
                    "\\<[A-Za-z0-9][A-Za-z0-9._%+-]*@(?:[A-Za-z0-9-]+\\.)+[A-Za-z][A-Za-z]+",
                    ScanRule.Check.NONE),
            form(PiiEntity.PHONE, "\\<\\+[1-9]\\d(?:[ ().-]{0,2}\\d){6,13}\\>", ScanRule.Check.NONE),
            form(
                    PiiEntity.PHONE,
                    "\\<(?:\\(\\d\\d\\d\\) ?|\\d\\d\\d[ .-])\\d\\d\\d[ .-]\\d\\d\\d\\d\\>",
                    ScanRule.Check.NONE),
            form(PiiEntity.CREDIT_CARD, "\\<\\d(?:[ -]?\\d){12,18}\\>", PiiChecks::card),
            form(PiiEntity.IBAN, "\\<[A-Z][A-Z]\\d\\d(?: ?[A-Z0-9]){11,30}\\>", PiiChecks::iban),
            form(PiiEntity.US_SSN, "\\<\\d\\d\\d[ -]\\d\\d[ -]\\d\\d\\d\\d\\>", PiiChecks::socialSecurityNumber),
            form(PiiEntity.IPV4, "\\<\\d{1,3}\\.\\d{1,3}\\.\\d{1,3}\\.\\d{1,3}\\>", PiiChecks::ipv4),
            form(PiiEntity.IPV6, "\\<[0-9A-Fa-f]{0,4}:(?:[0-9A-Fa-f]{0,4}:){1,6}[0-9A-Fa-f]{0,4}\\>", PiiChecks::ipv6),
            form(
                    PiiEntity.URL_CREDENTIALS,
                    "\\<[A-Za-z][A-Za-z0-9+.-]*://[^\\s:/@\"'<>]+:[^\\s/@\"'<>]+@",
                    PiiChecks::urlCredentials),
            form(
                    PiiEntity.JWT,
                    "\\<eyJ[A-Za-z0-9_-]{5}[A-Za-z0-9_-]*\\.eyJ[A-Za-z0-9_-]{5}[A-Za-z0-9_-]*\\.[A-Za-z0-9_-]*",
                    ScanRule.Check.NONE),
            form(PiiEntity.AWS_KEY, "\\<(?:AKIA|ASIA|AGPA|AIDA|AROA|ANPA|ANVA)[A-Z2-7]{16}\\>", ScanRule.Check.NONE),
            form(
                    PiiEntity.API_KEY,
                    "\\<(?:gh[pousr]_[A-Za-z0-9]{36}[A-Za-z0-9]*|github_pat_[A-Za-z0-9_]{22}[A-Za-z0-9_]*"
                            + "|glpat-[A-Za-z0-9_-]{20}[A-Za-z0-9_-]*|xox[abprs]-[A-Za-z0-9-]{10}[A-Za-z0-9-]*"
                            + "|[sr]k_live_[A-Za-z0-9]{16}[A-Za-z0-9]*|sk-[A-Za-z0-9_-]{20}[A-Za-z0-9_-]*"
                            + "|hf_[A-Za-z0-9]{30}[A-Za-z0-9]*|AIza[A-Za-z0-9_-]{35})",
                    ScanRule.Check.NONE),
            form(
                    PiiEntity.PRIVATE_KEY,
                    "-----BEGIN [A-Z ]*PRIVATE KEY(?: BLOCK)?-----(?:[^-]|-[^-])*-?(?:-----END [A-Z ]*-----)?",
                    ScanRule.Check.NONE));

    private PiiRules() {}

    private record Form(PiiEntity entity, Regex regex, ScanRule.Check check) {}

    private static Form form(PiiEntity entity, String pattern, ScanRule.Check check) {
        return new Form(entity, RegexReader.known(pattern, true), check);
    }

    /**
     * The expressions of the entities that matter to a policy.
     *
     * @param rulings what it says about each
     * @param replacement what stands for one; {@code {ENTITY}} in it is the entity's name
     */
    static List<RegexSet.Entry> entries(Function<PiiEntity, Ruling> rulings, String replacement) {
        List<RegexSet.Entry> entries = new ArrayList<>();
        for (Form form : FORMS) {
            Ruling ruling = rulings.apply(form.entity());
            if (ruling.matters()) {
                String name = form.entity().name();
                entries.add(new RegexSet.Entry(
                        form.regex(),
                        new ScanRule("pii", name, ruling, form.check(), replacement.replace("{ENTITY}", name))));
            }
        }
        return entries;
    }
}
