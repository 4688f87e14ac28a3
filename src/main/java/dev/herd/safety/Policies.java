package dev.herd.safety;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;

/** The policies that come with Herd. */
public final class Policies {
    private Policies() {}

    /** What is in force where nothing else is: it reports, and withholds nothing that anybody would miss. */
    public static Policy standard() {
        return read("default-policy.json", false);
    }

    /** What an operator of several tenants should demand of all of them. */
    public static Policy floor() {
        return read("platform-floor.json", true);
    }

    private static Policy read(String name, boolean isLayer) {
        try (InputStream file = Policies.class.getResourceAsStream(name)) {
            if (file == null) {
                throw new IllegalStateException("the resource " + name + " is missing");
            }
            String json = new String(file.readAllBytes(), StandardCharsets.UTF_8);
            return isLayer ? Policy.parseLayer(json) : Policy.parse(json);
        } catch (IOException | PolicyException wrong) {
            throw new IllegalStateException(name + ": " + wrong.getMessage(), wrong);
        }
    }
}
