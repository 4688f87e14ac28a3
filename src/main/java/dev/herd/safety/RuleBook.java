package dev.herd.safety;

import java.util.ArrayList;
import java.util.List;

/** The rules of {@link RulesGuard}: patterns with the code and score that a match means. Few and narrow on purpose. */
final class RuleBook {
    private static final String HOW =
            "\\b(?:how (?:do i|to|can i|would i|could (?:i|one))|steps to|instructions (?:for|to)"
                    + "|guide (?:to|for)|teach me (?:how )?to|help me|tell me how to|explain how to|ways to|best way to)\\b[^.?!\\n]{0,40}";
    private static final String MAKE =
            "\\b(?:make|build|synthesi[sz]e|produce|create|cook|manufacture|assemble|weaponi[sz]e|culture|acquire)\\b";

    private static final String[][] CONTENT = {
        {
            "S1",
            "0.8",
            HOW
                    + "\\b(?:kill|murder|poison|stab|strangle|kidnap|assassinate|behead) (?:people|someone|somebody|him|her|them"
                    + "|(?:a|the|my|some|his|their) (?:\\w+ ){0,2}(?:man|woman|person|child|kid|boy|girl|neighbou?r|wife|husband"
                    + "|boss|ex|girlfriend|boyfriend|teacher|politician|president|family|brother|sister|mother|father))\\b"
        },
        {
            "S1",
            "0.8",
            "\\bi (?:will|am going to|want to) (?:kill|murder|shoot|stab) (?:him|her|them|you|my|everyone|people)\\b"
        },
        {
            "S2",
            "0.8",
            HOW
                    + "\\b(?:launder money|steal (?:a|an|someone|credit)|forge (?:a|an) (?:passport|id|cheque|check)|hotwire|counterfeit|shoplift|commit (?:fraud|tax evasion)|cook (?:meth|crystal))\\b"
        },
        {
            "S2",
            "0.8",
            HOW
                    + "\\b(?:write|create|make|build|deploy) (?:a |an |some )?(?:ransomware|keylogger|computer virus|botnet|malware)\\b"
        },
        {"S3", "0.9", HOW + "\\b(?:rape|sexually assault|drug (?:a|her|his) drink|traffic (?:women|girls|people))\\b"},
        {"S4", "0.95", "\\b(?:child|kiddie|underage|preteen|minor) (?:porn|pornography|erotica|sex)\\b"},
        {
            "S4",
            "0.95",
            "\\b(?:sexual(?:ly)?|erotic|nude)\\b[^.?!\\n]{0,40}\\b(?:child|children|toddler|minor|minors|(?:[3-9]|1[0-5]) ?(?:-| )?years?(?:-| )old)\\b"
        },
        {"S4", "0.95", "\\bcsam\\b"},
        {
            "S9",
            "0.9",
            MAKE
                    + "[^.?!\\n]{0,40}\\b(?:nerve agent|sarin|tabun|soman|vx gas|mustard gas|novichok|anthrax|ricin|smallpox|botulinum|bioweapon|dirty bomb|nuclear (?:bomb|weapon|device)|chemical weapon)s?\\b"
        },
        {
            "S9",
            "0.85",
            MAKE
                    + "[^.?!\\n]{0,30}\\b(?:pipe bomb|fertilizer bomb|nail bomb|tatp|anfo|explosive vest|improvised explosive)s?\\b"
        },
        {"S9", "0.85", "\\benrich(?:ing)? uranium\\b[^.?!\\n]{0,40}\\b(?:weapon|bomb|at home)"},
        {
            "S10",
            "0.8",
            "\\b(?:all|those|these|the) (?:jews|muslims|christians|blacks|gays|immigrants|women|asians|arabs|roma) (?:are|should be) (?:vermin|animals|subhuman|exterminated|killed|inferior|gassed|deported)\\b"
        },
        {
            "S11",
            "0.85",
            HOW
                    + "\\b(?:kill myself|commit suicide|end my life|hang myself|cut myself|overdose on|hide (?:my )?(?:cutting|bulimia|anorexia))\\b"
        },
        {"S11", "0.8", "\\b(?:i want to die|i (?:am going to|will) kill myself|painless(?:ly)? (?:ways to|suicide))\\b"
        },
        {
            "S13",
            "0.8",
            "\\b(?:vote|voting) (?:by (?:text|sms|email)|on wednesday|twice)\\b[^.?!\\n]{0,40}\\b(?:election|ballot|valid|legal)\\b"
        },
        {
            "S14",
            "0.8",
            "\\b(?:fork bomb|escape (?:the|from the) (?:container|sandbox)|:\\(\\)\\{ ?:\\|:& ?\\};:)|\\brm -rf /(?:\\s|\\*|$)"
        },
    };

    private static final String[][] INJECTIONS = {
        {
            "override",
            "0.95",
            "\\b(?:ignore|disregard|forget|override|bypass|skip)\\b[^.?!\\n]{0,20}\\b(?:previous|prior|above|earlier|preceding|all|your|system|the)\\b[^.?!\\n]{0,20}\\b(?:instruction|prompt|rule|guideline|direction|command|context|message|constraint)s?\\b"
        },
        {
            "override",
            "0.95",
            "\\bdo not (?:follow|obey|comply with)\\b[^.?!\\n]{0,20}\\b(?:previous|prior|above|your|system)\\b[^.?!\\n]{0,20}\\b(?:instruction|prompt|rule)s?\\b"
        },
        {"persona", "0.92", "\\byou are (?:now )?(?:dan|an? (?:unrestricted|unfiltered|uncensored|jailbroken))\\b"},
        {
            "persona",
            "0.92",
            "\\b(?:pretend|act|behave) (?:as if |like )?(?:you (?:have|had)|there are|with) no (?:restrictions|rules|guidelines|filters|limitations)\\b"
        },
        {
            "persona",
            "0.92",
            "\\b(?:developer|god|debug|sudo|admin|dan|jailbreak) mode (?:is )?(?:enabled|activated|on)\\b|\\benable (?:developer|god|dan|jailbreak) mode\\b"
        },
        {
            "leak",
            "0.9",
            "\\b(?:reveal|print|show|repeat|output|leak|dump|tell me)\\b[^.?!\\n]{0,20}\\b(?:your|the) (?:system|initial|original|hidden|secret) (?:prompt|instruction|message)s?\\b"
        },
        {"new", "0.75", "\\b(?:new|updated|real|actual) instructions?\\s*:"},
        {"new", "0.75", "\\b(?:system|admin(?:istrator)?) (?:override|update|notice|message)\\s*:"},
        {
            "assistant",
            "0.75",
            "\\b(?:attention|note to|important(?: message)? (?:for|to)) (?:the )?(?:ai|assistant|language model|llm|chatbot)s?\\b"
        },
        {
            "exfiltrate",
            "0.8",
            "\\b(?:send|post|forward|email|upload|exfiltrate)\\b[^.?!\\n]{0,40}\\b(?:conversation|chat history|api key|password|credentials|system prompt)s?\\b[^.?!\\n]{0,40}\\b(?:to|at) (?:https?://|[a-z0-9._-]+@)"
        },
    };

    private static final String[] SPACELESS = {
        "ignorepreviousinstructions",
        "ignoreallpreviousinstructions",
        "ignoretheaboveinstructions",
        "ignoretheprevious",
        "ignoreprevious",
        "ignoreallinstructions",
        "disregardpreviousinstructions",
        "disregardallpreviousinstructions",
        "forgetyourinstructions",
        "forgetallpreviousinstructions",
        "revealyoursystemprompt",
        "printyoursystemprompt",
        "developermodeenabled",
        "youarenowdan",
    };

    private RuleBook() {}

    /** Rules about content, by category. */
    static List<RegexSet.Entry> content() {
        return entries(CONTENT);
    }

    /** Rules about attempts to take control of the model. */
    static List<RegexSet.Entry> injections() {
        return entries(INJECTIONS);
    }

    /** Phrases in which white space does not count; torn apart they are no accident. */
    static List<TermTrie.Term> spacelessInjections() {
        ScanRule rule = new ScanRule(RulesGuard.NAME, "override", Ruling.NOTHING, ScanRule.Check.NONE, "0.92");
        List<TermTrie.Term> terms = new ArrayList<>();
        for (String phrase : SPACELESS) {
            terms.add(new TermTrie.Term(phrase, false, rule));
        }
        return terms;
    }

    private static List<RegexSet.Entry> entries(String[][] rules) {
        List<RegexSet.Entry> entries = new ArrayList<>();
        for (String[] rule : rules) {
            entries.add(new RegexSet.Entry(
                    RegexReader.known(rule[2], false),
                    new ScanRule(RulesGuard.NAME, rule[0], Ruling.NOTHING, ScanRule.Check.NONE, rule[1])));
        }
        return entries;
    }
}
