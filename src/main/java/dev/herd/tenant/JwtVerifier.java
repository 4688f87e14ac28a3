package dev.herd.tenant;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jose4j.http.Get;
import org.jose4j.jwa.AlgorithmConstraints;
import org.jose4j.jwa.AlgorithmConstraints.ConstraintType;
import org.jose4j.jwk.HttpsJwks;
import org.jose4j.jwk.JsonWebKeySet;
import org.jose4j.jws.AlgorithmIdentifiers;
import org.jose4j.jwt.JwtClaims;
import org.jose4j.jwt.MalformedClaimException;
import org.jose4j.jwt.NumericDate;
import org.jose4j.jwt.consumer.InvalidJwtException;
import org.jose4j.jwt.consumer.JwtConsumer;
import org.jose4j.jwt.consumer.JwtConsumerBuilder;
import org.jose4j.jwt.consumer.JwtContext;
import org.jose4j.keys.resolvers.HttpsJwksVerificationKeyResolver;
import org.jose4j.keys.resolvers.JwksVerificationKeyResolver;
import org.jose4j.keys.resolvers.VerificationKeyResolver;
import org.jose4j.lang.JoseException;

/**
 * Reads tokens of allowed issuers: signed with RS256 or ES256 by a key that the issuer publishes, meant for this server, not
 * over and not before their time by more than a minute.
 */
public final class JwtVerifier {
    private static final Pattern FORM = Pattern.compile("[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+");
    private static final int SKEW_SECONDS = 60;
    private static final Set<String> OWN_MACHINE = Set.of("localhost", "127.0.0.1", "[::1]");
    private static final int FETCH_MILLIS = 3000;
    private static final Duration MIN_REFRESH = Duration.ofSeconds(30);
    private static final Duration MAX_AGE = Duration.ofMinutes(10);

    private final JwtSettings settings;
    private final InstantSource clock;
    private final Map<String, VerificationKeyResolver> keys = new HashMap<>();
    private final JwtConsumer peek = new JwtConsumerBuilder()
            .setSkipAllValidators()
            .setDisableRequireSignature()
            .setSkipSignatureVerification()
            .build();

    /**
     * Reads files with keys at once; addresses are asked when the first token comes.
     *
     * @throws IllegalArgumentException if a file holds no keys, or keys would come where others could put in theirs
     */
    public JwtVerifier(JwtSettings settings, InstantSource clock) {
        this.settings = settings;
        this.clock = clock;
        settings.keysOf().forEach((issuer, location) -> keys.put(issuer, resolver(location)));
    }

    private static VerificationKeyResolver resolver(URI location) {
        if ("file".equals(location.getScheme())) {
            try {
                return new JwksVerificationKeyResolver(
                        new JsonWebKeySet(Files.readString(Path.of(location))).getJsonWebKeys());
            } catch (IOException | JoseException unusable) {
                throw new IllegalArgumentException(location + " holds no JSON web keys", unusable);
            }
        }
        boolean isOwnMachine =
                "http".equals(location.getScheme()) && OWN_MACHINE.contains(String.valueOf(location.getHost()));
        if (!"https".equals(location.getScheme()) && !isOwnMachine) {
            throw new IllegalArgumentException("the keys of an issuer come by https: or file:, not from " + location);
        }
        Get get = new Get(); // patience and answers bounded: whoever sends a token makes a thread wait for it
        get.setConnectTimeout(FETCH_MILLIS);
        get.setReadTimeout(FETCH_MILLIS);
        get.setRetries(0);
        HttpsJwks published = new HttpsJwks(location.toString());
        published.setSimpleHttpGet(get);
        published.setRefreshReprieveThreshold(MIN_REFRESH.toMillis());
        published.setDefaultCacheDuration(MAX_AGE.toSeconds());
        published.setRetainCacheOnErrorDuration(MAX_AGE.toSeconds());
        return new HttpsJwksVerificationKeyResolver(published);
    }

    /** Whether a bearer has the form of a token. */
    static boolean looksLikeOne(String bearer) {
        return FORM.matcher(bearer).matches();
    }

    /**
     * What a token states. Blocks if keys have to be fetched.
     *
     * @throws AuthException if it is not accepted
     */
    Token verify(String jwt) {
        try {
            String issuer = String.valueOf(peek.process(jwt).getJwtClaims().getIssuer());
            VerificationKeyResolver resolver = keys.get(issuer);
            if (resolver == null) {
                throw Credentials.refused();
            }
            JwtContext context = consumer(issuer, resolver).process(jwt);
            return token(issuer, context.getJwtClaims());
        } catch (InvalidJwtException | MalformedClaimException | IllegalArgumentException refused) {
            throw Credentials.refused();
        }
    }

    private JwtConsumer consumer(String issuer, VerificationKeyResolver resolver) {
        return new JwtConsumerBuilder()
                .setExpectedIssuer(issuer)
                .setExpectedAudience(settings.audience())
                .setRequireExpirationTime()
                .setRequireSubject()
                .setAllowedClockSkewInSeconds(SKEW_SECONDS)
                .setEvaluationTime(NumericDate.fromMilliseconds(clock.millis()))
                .setVerificationKeyResolver(resolver)
                .setJwsAlgorithmConstraints(new AlgorithmConstraints(
                        ConstraintType.PERMIT,
                        AlgorithmIdentifiers.RSA_USING_SHA256,
                        AlgorithmIdentifiers.ECDSA_USING_P256_CURVE_AND_SHA256))
                .build();
    }

    private Token token(String issuer, JwtClaims claims) throws MalformedClaimException {
        String tenant = claims.getStringClaimValue(settings.tenantClaim());
        if (tenant == null) {
            throw Credentials.refused();
        }
        String scopes = claims.getStringClaimValue(settings.scopeClaim());
        return new Token(
                issuer, claims.getSubject(), tenant, scopes == null ? Set.of(Scope.INFER) : knownScopes(scopes));
    }

    /** Issuers have scopes for other services, too. */
    private static Set<Scope> knownScopes(String scopes) {
        List<String> stated = List.of(scopes.strip().split("\\s+", -1));
        return Arrays.stream(Scope.values())
                .filter(scope -> stated.contains(scope.wireName()))
                .collect(Collectors.toUnmodifiableSet());
    }

    /** What an accepted token states. */
    record Token(String issuer, String subject, String tenant, Set<Scope> scopes) {}
}
