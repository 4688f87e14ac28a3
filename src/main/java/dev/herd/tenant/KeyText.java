package dev.herd.tenant;

import java.security.SecureRandom;
import java.util.Base64;
import java.util.Optional;
import java.util.random.RandomGenerator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An API key as its holder has it: {@code lk_<environment>_<id>_<secret>}. Its text is shown once and never kept.
 *
 * @param environment tells keys of different servers apart
 * @param id 12 lower-case letters and digits
 * @param secret 256 bits as 43 characters of base64
 */
record KeyText(String environment, String id, String secret) {
    private static final Pattern FORM = Pattern.compile("lk_([a-z0-9]{1,16})_([a-z0-9]{12})_([A-Za-z0-9_-]{43})");
    private static final String ID_CHARACTERS = "abcdefghijklmnopqrstuvwxyz0123456789";
    private static final int ID_LENGTH = 12;
    private static final int SECRET_BYTES = 32;

    /** The key that {@code text} is; empty if it is none. */
    static Optional<KeyText> parse(String text) {
        Matcher matcher = FORM.matcher(text);
        return matcher.matches()
                ? Optional.of(new KeyText(matcher.group(1), matcher.group(2), matcher.group(3)))
                : Optional.empty();
    }

    /** A new key. */
    static KeyText make(String environment, SecureRandom random) {
        byte[] secret = new byte[SECRET_BYTES];
        random.nextBytes(secret);
        return new KeyText(
                environment, id(random), Base64.getUrlEncoder().withoutPadding().encodeToString(secret));
    }

    private static String id(RandomGenerator random) {
        StringBuilder id = new StringBuilder();
        for (int i = 0; i < ID_LENGTH; i++) {
            id.append(ID_CHARACTERS.charAt(random.nextInt(ID_CHARACTERS.length())));
        }
        return id.toString();
    }

    /** The whole key. */
    String text() {
        return "lk_" + environment + "_" + id + "_" + secret;
    }

    /** Without the secret, as the secret is nobody's business. */
    @Override
    public String toString() {
        return "lk_" + environment + "_" + id + "_…";
    }
}
