package dev.herd.tenant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.sun.net.httpserver.HttpServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.Key;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jose4j.jwk.EcJwkGenerator;
import org.jose4j.jwk.JsonWebKey.OutputControlLevel;
import org.jose4j.jwk.JsonWebKeySet;
import org.jose4j.jwk.PublicJsonWebKey;
import org.jose4j.jwk.RsaJwkGenerator;
import org.jose4j.jws.JsonWebSignature;
import org.jose4j.jwt.JwtClaims;
import org.jose4j.jwt.NumericDate;
import org.jose4j.keys.EllipticCurves;
import org.jose4j.keys.HmacKey;
import org.jose4j.lang.JoseException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JwtVerifierTest {
    private static final String ISSUER = "https://issuer.example.com";
    private static final PublicJsonWebKey RSA = rsa("rsa");
    private static final PublicJsonWebKey STRANGER = rsa("rsa");
    private static final PublicJsonWebKey EC = ec();

    @TempDir
    Path root;

    private final TestClock clock = new TestClock();
    private JwtVerifier verifier;

    @BeforeEach
    void open() throws Exception {
        Path keys = Files.writeString(root.resolve("jwks.json"), jwks(RSA, EC));
        verifier = verifier(keys.toUri());
    }

    private JwtVerifier verifier(URI keys) {
        return new JwtVerifier(new JwtSettings(Map.of(ISSUER, keys), "herd", "org", "scope"), clock);
    }

    @Test
    void tokensOfBothAlgorithmsAreRead() throws Exception {
        for (String token : List.of(sign(RSA, "RS256", claims -> {}), sign(EC, "ES256", claims -> {}))) {
            JwtVerifier.Token read = verifier.verify(token);

            assertThat(read.tenant()).isEqualTo("a");
            assertThat(read.issuer()).isEqualTo(ISSUER);
            assertThat(read.scopes()).containsExactlyInAnyOrder(Scope.INFER, Scope.POLICY_READ);
        }
        assertThat(verifier.verify(sign(RSA, "RS256", claims -> claims.unsetClaim("scope")))
                        .scopes())
                .isEqualTo(Set.of(Scope.INFER));
    }

    @Test
    void aMinuteOfSkewIsForgiven() throws Exception {
        String token = sign(RSA, "RS256", claims -> {});

        clock.advance(Duration.ofMinutes(10).plusSeconds(55));
        assertThat(verifier.verify(token).tenant()).isEqualTo("a");
        clock.advance(Duration.ofSeconds(10));
        refuses(token);

        String early = sign(
                RSA,
                "RS256",
                claims -> claims.setNotBefore(NumericDate.fromMilliseconds(
                        clock.instant().plusSeconds(65).toEpochMilli())));
        refuses(early);
        clock.advance(Duration.ofSeconds(10));
        assertThat(verifier.verify(early).tenant()).isEqualTo("a");
    }

    @Test
    void everythingElseIsRefused() throws Exception {
        refuses(sign(STRANGER, "RS256", claims -> {}));
        refuses(sign(RSA, "RS384", claims -> {}));
        refuses(sign(RSA, "PS256", claims -> {}));
        refuses(sign(RSA, "RS256", claims -> claims.setIssuer("https://other.example.com")));
        refuses(sign(RSA, "RS256", claims -> claims.setAudience("another")));
        refuses(sign(RSA, "RS256", claims -> claims.unsetClaim("aud")));
        refuses(sign(RSA, "RS256", claims -> claims.unsetClaim("exp")));
        refuses(sign(RSA, "RS256", claims -> claims.unsetClaim("org")));
        refuses(sign(RSA, "RS256", claims -> claims.setClaim("org", 7)));
        // The public key as the secret of a symmetric algorithm, and no signature at all.
        refuses(sign(new HmacKey(RSA.getPublicKey().getEncoded()), "HS256", "rsa", claims -> {}));
        String body = sign(RSA, "RS256", claims -> {}).split("\\.", -1)[1];
        refuses("eyJhbGciOiJub25lIn0." + body + ".");
        refuses("a.b.c");
    }

    @Test
    void tokenActsForItsTenant() throws Exception {
        try (TestTenancy tenancy = new TestTenancy(root.resolve("store"))) {
            tenancy.tenant("a");
            Authenticator authenticator = tenancy.authenticator(Optional.of(verifier), Optional.empty());
            Credentials token = new Credentials(List.of("Bearer " + sign(RSA, "RS256", claims -> {})), List.of());

            Identity identity = authenticator.authenticate(token);

            assertThat(authenticator.mayBlock(token)).isTrue();
            String header = token.authorization().getFirst();
            assertThat(authenticator.mayBlock(new Credentials(List.of(header + ", Basic x"), List.of())))
                    .isTrue();
            assertThat(authenticator.mayBlock(new Credentials(List.of("Basic x", header), List.of())))
                    .isTrue();
            assertThat(authenticator.mayBlock(new Credentials(List.of(header, header), List.of())))
                    .isFalse();
            assertThat(identity.caller().tenant()).isEqualTo("a");
            assertThat(identity.caller().principalHash()).hasSize(64).doesNotContain("ann");
            Credentials other = new Credentials(
                    List.of("Bearer " + sign(RSA, "RS256", claims -> claims.setClaim("org", "b"))), List.of());
            assertThatExceptionOfType(AuthException.class).isThrownBy(() -> authenticator.authenticate(other));
        }
    }

    @Test
    void publishedKeysAreAskedForRarely() throws Exception {
        AtomicInteger asked = new AtomicInteger();
        HttpServer issuer = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        issuer.createContext("/", exchange -> {
            asked.incrementAndGet();
            byte[] body = jwks(RSA).getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        issuer.start();
        try {
            JwtVerifier asking = verifier(
                    URI.create("http://localhost:" + issuer.getAddress().getPort() + "/jwks.json"));
            for (int i = 0; i < 5; i++) {
                assertThat(asking.verify(sign(RSA, "RS256", claims -> {})).tenant())
                        .isEqualTo("a");
                String unknown = sign(EC, "ES256", claims -> {});
                assertThatExceptionOfType(AuthException.class).isThrownBy(() -> asking.verify(unknown));
            }
            assertThat(asked.get()).isEqualTo(1);
        } finally {
            issuer.stop(0);
        }
    }

    @Test
    void keysDoNotComeWhereOthersCouldPutInTheirs() {
        for (String address : List.of("http://issuer.example/keys", "ftp://issuer.example/keys", "keys.json")) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> verifier(URI.create(address)))
                    .withMessageContaining(address);
        }
    }

    @Test
    void fileWithoutKeysIsNamed() throws Exception {
        Path nothing = Files.writeString(root.resolve("nothing.json"), "{}");

        assertThatIllegalArgumentException()
                .isThrownBy(() -> verifier(nothing.toUri()))
                .withMessageContaining("nothing.json");
    }

    private void refuses(String token) {
        assertThatExceptionOfType(AuthException.class).as(token).isThrownBy(() -> verifier.verify(token));
    }

    private String sign(PublicJsonWebKey key, String algorithm, Consumer<JwtClaims> change) throws JoseException {
        return sign(key.getPrivateKey(), algorithm, key.getKeyId(), change);
    }

    private String sign(Key key, String algorithm, String keyId, Consumer<JwtClaims> change) throws JoseException {
        JwtClaims claims = new JwtClaims();
        claims.setIssuer(ISSUER);
        claims.setAudience("herd");
        claims.setSubject("ann");
        claims.setClaim("org", "a");
        claims.setClaim("scope", "openid infer policy:read");
        claims.setExpirationTime(NumericDate.fromMilliseconds(
                clock.instant().plus(Duration.ofMinutes(10)).toEpochMilli()));
        claims.setNotBefore(NumericDate.fromMilliseconds(clock.millis()));
        change.accept(claims);
        JsonWebSignature signature = new JsonWebSignature();
        signature.setPayload(claims.toJson());
        signature.setKey(key);
        signature.setKeyIdHeaderValue(keyId);
        signature.setAlgorithmHeaderValue(algorithm);
        return signature.getCompactSerialization();
    }

    private static String jwks(PublicJsonWebKey... keys) {
        return new JsonWebKeySet(keys).toJson(OutputControlLevel.PUBLIC_ONLY);
    }

    private static PublicJsonWebKey rsa(String id) {
        try {
            PublicJsonWebKey key = RsaJwkGenerator.generateJwk(2048);
            key.setKeyId(id);
            return key;
        } catch (JoseException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private static PublicJsonWebKey ec() {
        try {
            PublicJsonWebKey key = EcJwkGenerator.generateJwk(EllipticCurves.P256);
            key.setKeyId("ec");
            return key;
        } catch (JoseException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
