package dev.herd.tenant;

import java.nio.charset.StandardCharsets;
import java.security.InvalidKeyException;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * The secret from which the server derives all others: what API keys are hashed with, what computed prompts may be shared
 * under, what tells equal texts in the audit log. Replicas that share a store share this key.
 */
public final class ServerKey {
    /** Bytes of the key. */
    public static final int SIZE = 32;

    private static final Base64.Encoder BASE64 = Base64.getUrlEncoder().withoutPadding();

    private final byte[] key;
    private final byte[] pepper;

    private ServerKey(byte[] key) {
        this.key = key;
        this.pepper = hmac(key, "api-key-v1");
    }

    /** The key of these bytes. */
    public static ServerKey of(byte[] key) {
        if (key.length != SIZE) {
            throw new IllegalArgumentException("the server key is " + SIZE + " bytes, not " + key.length);
        }
        return new ServerKey(key.clone());
    }

    /** The key as configured: base64 of either alphabet. */
    public static ServerKey parse(String base64) {
        byte[] key;
        try {
            key = Base64.getUrlDecoder()
                    .decode(base64.strip().replace('+', '-').replace('/', '_').replaceAll("=+$", ""));
        } catch (IllegalArgumentException noBase64) {
            throw new IllegalArgumentException("the server key is no base64", noBase64);
        }
        return of(key);
    }

    /** How the secret of an API key is kept. A slow hash is not needed: the secret has 256 bits. */
    public byte[] hashOf(String secret) {
        return hmac(pepper, secret);
    }

    /**
     * What computed prompts of a tenant may be shared under: different for each tenant, and for each epoch but the first,
     * which is 0.
     */
    public String cacheSalt(String tenant, int epoch) {
        String name = "cache-salt-v1\0" + tenant + (epoch == 0 ? "" : "\0" + epoch);
        return BASE64.encodeToString(Arrays.copyOf(hmac(key, name), 16));
    }

    /** The part of a tenant's salt that a client asks for by a salt of its own; it can only divide, never share. */
    public static String clientSalt(String cacheSalt, String client) {
        byte[] divided = hmac(cacheSalt.getBytes(StandardCharsets.UTF_8), client);
        return BASE64.encodeToString(Arrays.copyOf(divided, 16));
    }

    /** Stands for a text in the audit log of a tenant: equal for equal texts of this tenant only. */
    public String textHash(String tenant, String text) {
        return HexFormat.of().formatHex(hmac(hmac(key, "audit-text-v1\0" + tenant), text));
    }

    /** Tells whether two servers have the same key without telling the key. */
    String check() {
        return HexFormat.of().formatHex(hmac(key, "check-v1"));
    }

    private static byte[] hmac(byte[] key, String text) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key, "HmacSHA256"));
            return mac.doFinal(text.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException | InvalidKeyException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
