package dev.herd.api;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jose4j.jwk.JsonWebKey.OutputControlLevel;
import org.jose4j.jwk.JsonWebKeySet;
import org.jose4j.jwk.PublicJsonWebKey;
import org.jose4j.jwk.RsaJwkGenerator;
import org.jose4j.jws.AlgorithmIdentifiers;
import org.jose4j.jws.JsonWebSignature;
import org.jose4j.jwt.JwtClaims;
import org.jose4j.lang.JoseException;

/** Tokens of an issuer that the server of the wire tests trusts. Its key is in a file, as profile and tests have different class loaders. */
final class TestTokens {
    static final String ISSUER = "https://issuer.example.com";
    private static final Path KEY = Path.of("target/issuer.jwk.json");

    private TestTokens() {}

    /** A file with the issuer's public key, made anew. */
    static Path publish() {
        try {
            PublicJsonWebKey key = RsaJwkGenerator.generateJwk(2048);
            key.setKeyId("one");
            Files.writeString(KEY, key.toJson(OutputControlLevel.INCLUDE_PRIVATE));
            return Files.writeString(
                    Path.of("target/issuer.jwks.json"), new JsonWebKeySet(key).toJson(OutputControlLevel.PUBLIC_ONLY));
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        } catch (JoseException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    /** A token of a person of {@code tenant}. */
    static String of(String tenant, String scopes) {
        try {
            PublicJsonWebKey key = PublicJsonWebKey.Factory.newPublicJwk(Files.readString(KEY));
            JwtClaims claims = new JwtClaims();
            claims.setIssuer(ISSUER);
            claims.setAudience("herd");
            claims.setSubject("ann");
            claims.setClaim("tenant", tenant);
            claims.setClaim("scope", scopes);
            claims.setExpirationTimeMinutesInTheFuture(5);
            JsonWebSignature signature = new JsonWebSignature();
            signature.setPayload(claims.toJson());
            signature.setKey(key.getPrivateKey());
            signature.setKeyIdHeaderValue(key.getKeyId());
            signature.setAlgorithmHeaderValue(AlgorithmIdentifiers.RSA_USING_SHA256);
            return signature.getCompactSerialization();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        } catch (JoseException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
