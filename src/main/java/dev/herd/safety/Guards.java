package dev.herd.safety;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;

/** The guards of this server by the names that policies call them. */
public final class Guards {
    /** What policies write for no guard. */
    public static final String NONE = "none";

    private final Map<String, ContentGuard> content;
    private final Map<String, InjectionDetector> detectors;

    /** These guards; no two of a kind have the same name. */
    public Guards(List<ContentGuard> content, List<InjectionDetector> detectors) {
        this.content = content.stream().collect(Collectors.toUnmodifiableMap(ContentGuard::name, Function.identity()));
        this.detectors =
                detectors.stream().collect(Collectors.toUnmodifiableMap(InjectionDetector::name, Function.identity()));
    }

    /** The content guard of this name; empty if the server has none. */
    public Optional<ContentGuard> content(String name) {
        return Optional.ofNullable(content.get(name));
    }

    /** The injection detector of this name; empty if the server has none. */
    public Optional<InjectionDetector> detector(String name) {
        return Optional.ofNullable(detectors.get(name));
    }

    /** Names of the content guards, in order. */
    public Set<String> contentNames() {
        return new TreeSet<>(content.keySet());
    }

    /** Names of the injection detectors, in order. */
    public Set<String> detectorNames() {
        return new TreeSet<>(detectors.keySet());
    }
}
