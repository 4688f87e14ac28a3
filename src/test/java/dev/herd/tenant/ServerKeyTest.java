package dev.herd.tenant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.security.SecureRandom;
import java.util.Base64;
import org.junit.jupiter.api.Test;

class ServerKeyTest {
    private static final ServerKey ZEROS = ServerKey.of(new byte[32]);

    @Test
    void cacheSaltsAreThoseOfTheSpecification() {
        assertThat(ZEROS.cacheSalt("tenant-a", 0)).isEqualTo("5lunIrlDbtOcbAsID0hKpQ");
        assertThat(ZEROS.cacheSalt("tenant-b", 0)).isEqualTo("f2-f-Vzea_A0zwPz-QDzIw");
    }

    @Test
    void anotherEpochGivesAnotherSalt() {
        assertThat(ZEROS.cacheSalt("tenant-a", 1))
                .isNotEqualTo(ZEROS.cacheSalt("tenant-a", 0))
                .isNotEqualTo(ZEROS.cacheSalt("tenant-a", 2));
    }

    @Test
    void clientsDivideTheSaltOfTheirTenantOnly() {
        String a = ZEROS.cacheSalt("tenant-a", 0);
        String b = ZEROS.cacheSalt("tenant-b", 0);

        assertThat(ServerKey.clientSalt(a, "x"))
                .isEqualTo(ServerKey.clientSalt(a, "x"))
                .isNotEqualTo(ServerKey.clientSalt(a, "y"))
                .isNotEqualTo(ServerKey.clientSalt(b, "x"))
                .isNotEqualTo(a);
    }

    @Test
    void textHashesAreOfTheTenant() {
        assertThat(ZEROS.textHash("a", "hello"))
                .hasSize(64)
                .isEqualTo(ZEROS.textHash("a", "hello"))
                .isNotEqualTo(ZEROS.textHash("b", "hello"))
                .isNotEqualTo(ZEROS.textHash("a", "hello "));
    }

    @Test
    void keysAreReadInEitherAlphabet() {
        byte[] key = new byte[32];
        key[0] = (byte) 0xfb;
        key[1] = (byte) 0xff;

        for (String text : new String[] {
            Base64.getEncoder().encodeToString(key), Base64.getUrlEncoder().encodeToString(key) + "\n"
        }) {
            assertThat(ServerKey.parse(text).check())
                    .isEqualTo(ServerKey.of(key).check());
        }
        assertThatIllegalArgumentException().isThrownBy(() -> ServerKey.parse("c2hvcnQ="));
        assertThatIllegalArgumentException().isThrownBy(() -> ServerKey.parse("?"));
    }

    @Test
    void keyTextsHaveTheFormOfTheSpecification() {
        KeyText key = KeyText.make("live", new SecureRandom());

        assertThat(key.text()).matches("lk_live_[a-z0-9]{12}_[A-Za-z0-9_-]{43}");
        assertThat(KeyText.parse(key.text())).contains(key);
        assertThat(key.toString()).doesNotContain(key.secret());
        for (String other : new String[] {"", "lk_live_short_secret", key.text() + "x", "sk-" + key.text()}) {
            assertThat(KeyText.parse(other)).as(other).isEmpty();
        }
    }
}
