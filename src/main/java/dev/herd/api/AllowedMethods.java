package dev.herd.api;

import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/** Which methods a path has, for the answers to all others. */
final class AllowedMethods {
    private static final String ADMIN = "/admin/v1";

    /** The first that matches decides. */
    private static final List<Rule> RULES = List.of(
            new Rule("/v1/models(/.+)?", "GET, HEAD"),
            new Rule("/v1/responses/input_tokens|/v1/responses/[^/]+/cancel", "POST"),
            new Rule("/v1/responses/[^/]+/input_items", "GET, HEAD"),
            new Rule("/v1/responses/[^/]+", "GET, HEAD, DELETE"),
            new Rule("/llama/v1/models(/.+)?", "GET, HEAD"),
            new Rule(ADMIN + "(/floor|/tenants/[^/]+/bindings)", "GET, HEAD, PUT"),
            new Rule(ADMIN + "/tenants(/[^/]+/(keys|policies|policies/[^/]+/versions))?", "GET, HEAD, POST"),
            new Rule(ADMIN + "/tenants/[^/]+", "GET, HEAD, PATCH, DELETE"),
            new Rule(ADMIN + "/.+:(rotate|dry-run|retire)", "POST"),
            new Rule(ADMIN + "/tenants/[^/]+/keys/[^/]+", "GET, HEAD, DELETE"),
            new Rule(ADMIN + "/tenants/[^/]+/policies/[^/]+/draft", "GET, HEAD, PUT, DELETE"),
            new Rule(ADMIN + "/tenants/[^/]+/policies/[^/]+/versions/(latest|[0-9]+)(:diff)?", "GET, HEAD"),
            new Rule(ADMIN + "/tenants/[^/]+/audit(/verdict)?", "GET, HEAD"),
            new Rule("/(v1|llama|tokenize|detokenize).*", "POST"));

    private AllowedMethods() {}

    /** Value of the {@code Allow} header. */
    static String of(String path) {
        return RULES.stream()
                .filter(rule -> rule.path().matcher(path).matches())
                .map(Rule::methods)
                .findFirst()
                .orElse("GET, HEAD");
    }

    /** Whether a path of the admin API exists, but not with this method; the framework answers 404 for some of these. */
    static boolean isRefused(String method, String path) {
        return path.startsWith(ADMIN)
                && RULES.stream().anyMatch(rule -> rule.path().matcher(path).matches())
                && !Set.of(of(path).split(", ", -1)).contains(method);
    }

    private record Rule(Pattern path, String methods) {
        Rule(String path, String methods) {
            this(Pattern.compile(path), methods);
        }
    }
}
