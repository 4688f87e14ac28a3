package dev.herd.guard;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** OpenAI's moderation categories and Llama Guard's. */
public final class ModerationNames {
    private static final String OWN = "lg/";
    private static final int BUILT_IN = 14;
    private static final Map<String, List<String>> CODES = codes();

    private ModerationNames() {}

    private static Map<String, List<String>> codes() {
        Map<String, List<String>> codes = new LinkedHashMap<>();
        codes.put("harassment", List.of("S10"));
        codes.put("harassment/threatening", List.of("S1", "S10"));
        codes.put("hate", List.of("S10"));
        codes.put("hate/threatening", List.of("S10"));
        codes.put("illicit", List.of("S2"));
        codes.put("illicit/violent", List.of("S1", "S9"));
        codes.put("self-harm", List.of("S11"));
        codes.put("self-harm/intent", List.of("S11"));
        codes.put("self-harm/instructions", List.of("S11"));
        codes.put("sexual", List.of("S12"));
        codes.put("sexual/minors", List.of("S4"));
        codes.put("violence", List.of("S1"));
        codes.put("violence/graphic", List.of("S1"));
        for (int code = 1; code <= BUILT_IN; code++) {
            codes.put(OWN + "S" + code, List.of("S" + code));
        }
        return codes;
    }

    /** All categories of an answer, OpenAI's first, then Llama Guard's as {@code lg/S1}. */
    public static List<String> all() {
        return List.copyOf(CODES.keySet());
    }

    /** Whether a category may say that pictures were looked at: OpenAI's clients know that of some of theirs only. */
    public static boolean isAboutPictures(String category) {
        return category.startsWith(OWN)
                || category.startsWith("self-harm")
                || category.startsWith("violence")
                || category.equals("sexual");
    }

    /** The score of a category: the highest of the codes that it means. */
    public static double score(String category, Map<String, Double> byCode) {
        return CODES.getOrDefault(category, List.of()).stream()
                .mapToDouble(code -> byCode.getOrDefault(code, 0.0))
                .max()
                .orElse(0);
    }

    /** The codes that a category of another server means: its own name if it is one, or what OpenAI's name stands for. */
    static List<String> codes(String category) {
        String plain = category.startsWith(OWN) ? category.substring(OWN.length()) : category;
        List<String> codes = new ArrayList<>(CODES.getOrDefault(plain, List.of()));
        if (codes.isEmpty() && plain.matches("S[1-9][0-9]?")) {
            codes.add(plain);
        }
        return codes;
    }
}
