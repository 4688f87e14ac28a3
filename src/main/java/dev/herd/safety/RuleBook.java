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

    /*
     * Each rule has its score, the words of which every match contains one, and the expression. A test proves that the
     * words are complete.
     */
    private static final List<RuleSet.Rule> CONTENT = List.of(
            of(
                    "S1",
                    0.8,
                    "kill|murder|poison|stab|strangle|kidnap|assassinate|behead",
                    HOW
                            + "\\b(?:kill|murder|poison|stab|strangle|kidnap|assassinate|behead) (?:people|someone|somebody|him|her|them"
                            + "|(?:a|the|my|some|his|their) (?:\\w+ ){0,2}(?:man|woman|person|child|kid|boy|girl|neighbou?r|wife|husband"
                            + "|boss|ex|girlfriend|boyfriend|teacher|politician|president|family|brother|sister|mother|father))\\b"),
            of(
                    "S1",
                    0.8,
                    "kill|murder|shoot|stab",
                    "\\bi (?:will|am going to|want to) (?:kill|murder|shoot|stab) (?:him|her|them|you|my|everyone|people)\\b"),
            of(
                    "S2",
                    0.8,
                    "launder money|steal a|steal someone|steal credit|forge a|hotwire|counterfeit|shoplift|"
                            + "commit fraud|commit tax evasion|cook meth|cook crystal",
                    HOW
                            + "\\b(?:launder money|steal (?:a|an|someone|credit)|forge (?:a|an) (?:passport|id|cheque|check)|hotwire|counterfeit|shoplift|commit (?:fraud|tax evasion)|cook (?:meth|crystal))\\b"),
            of(
                    "S2",
                    0.8,
                    "ransomware|keylogger|computer virus|botnet|malware",
                    HOW
                            + "\\b(?:write|create|make|build|deploy) (?:a |an |some )?(?:ransomware|keylogger|computer virus|botnet|malware)\\b"),
            of(
                    "S3",
                    0.9,
                    "rape|sexually assault|drug a drink|drug her drink|drug his drink|traffic women|"
                            + "traffic girls|traffic people",
                    HOW + "\\b(?:rape|sexually assault|drug (?:a|her|his) drink|traffic (?:women|girls|people))\\b"),
            of(
                    "S4",
                    0.95,
                    " porn| erotica| sex",
                    "\\b(?:child|kiddie|underage|preteen|minor) (?:porn|pornography|erotica|sex)\\b"),
            of(
                    "S4",
                    0.95,
                    "sexual|erotic|nude",
                    "\\b(?:sexual(?:ly)?|erotic|nude)\\b[^.?!\\n]{0,40}\\b(?:child|children|toddler|minor|minors|(?:[3-9]|1[0-5]) ?(?:-| )?years?(?:-| )old)\\b"),
            of("S4", 0.95, "csam", "\\bcsam\\b"),
            of(
                    "S9",
                    0.9,
                    "nerve agent|sarin|tabun|soman|vx gas|mustard gas|novichok|anthrax|ricin|smallpox|"
                            + "botulinum|bioweapon|dirty bomb|nuclear bomb|nuclear weapon|nuclear device|chemical weapon",
                    MAKE
                            + "[^.?!\\n]{0,40}\\b(?:nerve agent|sarin|tabun|soman|vx gas|mustard gas|novichok|anthrax|ricin|smallpox|botulinum|bioweapon|dirty bomb|nuclear (?:bomb|weapon|device)|chemical weapon)s?\\b"),
            of(
                    "S9",
                    0.85,
                    "pipe bomb|fertilizer bomb|nail bomb|tatp|anfo|explosive vest|improvised explosive",
                    MAKE
                            + "[^.?!\\n]{0,30}\\b(?:pipe bomb|fertilizer bomb|nail bomb|tatp|anfo|explosive vest|improvised explosive)s?\\b"),
            of("S9", 0.85, "uranium", "\\benrich(?:ing)? uranium\\b[^.?!\\n]{0,40}\\b(?:weapon|bomb|at home)"),
            of(
                    "S10",
                    0.8,
                    "are vermin|are animals|are subhuman|are exterminated|are killed|are inferior|are gassed|"
                            + "are deported|be vermin|be animals|be subhuman|be exterminated|be killed|be inferior|"
                            + "be gassed|be deported",
                    "\\b(?:all|those|these|the) (?:jews|muslims|christians|blacks|gays|immigrants|women|asians|arabs|roma) (?:are|should be) (?:vermin|animals|subhuman|exterminated|killed|inferior|gassed|deported)\\b"),
            of(
                    "S11",
                    0.85,
                    "kill myself|commit suicide|end my life|hang myself|cut myself|overdose on|cutting|bulimia|"
                            + "anorexia",
                    HOW
                            + "\\b(?:kill myself|commit suicide|end my life|hang myself|cut myself|overdose on|hide (?:my )?(?:cutting|bulimia|anorexia))\\b"),
            of(
                    "S11",
                    0.8,
                    "i want to die|kill myself|painless",
                    "\\b(?:i want to die|i (?:am going to|will) kill myself|painless(?:ly)? (?:ways to|suicide))\\b"),
            of(
                    "S13",
                    0.8,
                    "by text|by sms|by email|on wednesday|vote twice|voting twice",
                    "\\b(?:vote|voting) (?:by (?:text|sms|email)|on wednesday|twice)\\b[^.?!\\n]{0,40}\\b(?:election|ballot|valid|legal)\\b"),
            of(
                    "S14",
                    0.8,
                    "fork bomb|the container|the sandbox|:(){|rm -rf /",
                    "\\b(?:fork bomb|escape (?:the|from the) (?:container|sandbox)|:\\(\\)\\{ ?:\\|:& ?\\};:)|\\brm -rf /(?:\\s|\\*|$)"));

    private static final List<RuleSet.Rule> INJECTIONS = List.of(
            of(
                    "override",
                    0.95,
                    "ignore|disregard|forget|override|bypass|skip",
                    "\\b(?:ignore|disregard|forget|override|bypass|skip)\\b[^.?!\\n]{0,20}\\b(?:previous|prior|above|earlier|preceding|all|your|system|the)\\b[^.?!\\n]{0,20}\\b(?:instruction|prompt|rule|guideline|direction|command|context|message|constraint)s?\\b"),
            of(
                    "override",
                    0.95,
                    "do not follow|do not obey|do not comply with",
                    "\\bdo not (?:follow|obey|comply with)\\b[^.?!\\n]{0,20}\\b(?:previous|prior|above|your|system)\\b[^.?!\\n]{0,20}\\b(?:instruction|prompt|rule)s?\\b"),
            of(
                    "persona",
                    0.92,
                    "are dan|now dan|unrestricted|unfiltered|uncensored|jailbroken",
                    "\\byou are (?:now )?(?:dan|an? (?:unrestricted|unfiltered|uncensored|jailbroken))\\b"),
            of(
                    "persona",
                    0.92,
                    "no restrictions|no rules|no guidelines|no filters|no limitations",
                    "\\b(?:pretend|act|behave) (?:as if |like )?(?:you (?:have|had)|there are|with) no (?:restrictions|rules|guidelines|filters|limitations)\\b"),
            of(
                    "persona",
                    0.92,
                    "developer mode|god mode|debug mode|sudo mode|admin mode|dan mode|jailbreak mode",
                    "\\b(?:developer|god|debug|sudo|admin|dan|jailbreak) mode (?:is )?(?:enabled|activated|on)\\b|\\benable (?:developer|god|dan|jailbreak) mode\\b"),
            of(
                    "leak",
                    0.9,
                    "system prompt|system instruction|system message|initial prompt|initial instruction|"
                            + "initial message|original prompt|original instruction|original message|hidden prompt|"
                            + "hidden instruction|hidden message|secret prompt|secret instruction|secret message",
                    "\\b(?:reveal|print|show|repeat|output|leak|dump|tell me)\\b[^.?!\\n]{0,20}\\b(?:your|the) (?:system|initial|original|hidden|secret) (?:prompt|instruction|message)s?\\b"),
            of(
                    "new",
                    0.75,
                    "new instruction|updated instruction|real instruction|actual instruction",
                    "\\b(?:new|updated|real|actual) instructions?\\s*:"),
            of(
                    "new",
                    0.75,
                    "system override|system update|system notice|system message|admin override|admin update|"
                            + "admin notice|admin message|administrator",
                    "\\b(?:system|admin(?:istrator)?) (?:override|update|notice|message)\\s*:"),
            of(
                    "assistant",
                    0.75,
                    "attention|note to|important for|important to|important message",
                    "\\b(?:attention|note to|important(?: message)? (?:for|to)) (?:the )?(?:ai|assistant|language model|llm|chatbot)s?\\b"),
            of(
                    "exfiltrate",
                    0.8,
                    "conversation|chat history|api key|password|credentials|system prompt",
                    "\\b(?:send|post|forward|email|upload|exfiltrate)\\b[^.?!\\n]{0,40}\\b(?:conversation|chat history|api key|password|credentials|system prompt)s?\\b[^.?!\\n]{0,40}\\b(?:to|at) (?:https?://|[a-z0-9._-]+@)"));

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
    static RuleSet content() {
        return new RuleSet(CONTENT);
    }

    /** Rules about attempts to take control of the model. */
    static RuleSet injections() {
        return new RuleSet(INJECTIONS);
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

    private static RuleSet.Rule of(String code, double score, String words, String pattern) {
        return new RuleSet.Rule(
                RegexReader.known(pattern, false),
                List.of(words.split("\\|", -1)),
                new ScanRule(RulesGuard.NAME, code, Ruling.NOTHING, ScanRule.Check.NONE, Double.toString(score)));
    }
}
