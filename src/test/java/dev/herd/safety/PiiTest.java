package dev.herd.safety;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class PiiTest {
    private static final Policy POLICY = Scans.bare("{\"pii\":{\"input\":\"redact\",\"output\":\"redact\"}}");

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "card 4111111111111111. | card [CREDIT_CARD].",
                "card 3782 822463 10005, | card [CREDIT_CARD],",
                "card 5555-5555-5555-4444! | card [CREDIT_CARD]!",
                "12 4111 1111 1111 1111 | 12 [CREDIT_CARD]",
                "pay GB82 WEST 1234 5698 7654 32 now | pay [IBAN] now",
                "DE89370400440532013000 | [IBAN]",
                "ssn 123-45-6789 | ssn [US_SSN]",
                "call +49 30 901820 or | call [PHONE] or",
                "call (555) 123-4567 | call [PHONE]",
                "write jane.doe+x@mail.example.org. | write [EMAIL].",
                "host 192.168.10.254 | host [IPV4]",
                "host 2001:db8:0:0:0:0:2:1 | host [IPV6]",
                "host fe80::1ff:fe23:4567:890a | host [IPV6]",
                "https://bob:s3cret@host/x | https://[URL_CREDENTIALS]host/x",
                "t eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc_DEF | t [JWT]",
                "k AKIAIOSFODNN7EXAMPLE k | k [AWS_KEY] k",
                "k ghp_0123456789abcdefghijklmnopqrstuvwxyz | k [API_KEY]",
                "４１１１ １１１１ １１１１ １１１１ | [CREDIT_CARD]",
            })
    void realOnesAreReplaced(String text, String shown) {
        assertThat(Scans.input(POLICY, text).shown()).isEqualTo(shown);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "4111111111111112",
                "0000000000000000",
                "9999999999999995",
                "GB82 WEST 1234 5698 7654 33",
                "000-12-3456",
                "666-12-3456",
                "912-12-3456",
                "123-00-4567",
                "123-45-0000",
                "123e4567-e89b-12d3-a456-426614174000",
                "41111111-1111-1111-1111-111111111111",
                "341111111111111111113",
                "0.4111111111111111",
                "at 12:30:45 today",
                "std::vector::iterator",
                "version 300.1.2.3",
                "user@host",
                "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16",
            })
    void looksAreNotEnough(String text) {
        assertThat(Scans.input(POLICY, text).shown()).isEqualTo(text);
    }

    @ParameterizedTest
    @ValueSource(strings = {"RSA PRIVATE KEY", "PRIVATE KEY", "OPENSSH PRIVATE KEY"})
    void privateKeyIsReplacedAlsoWithoutItsEnd(String kind) {
        String body = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC\nBKcwggSjAgEAAoIB+/=\n";
        String key = "-----BEGIN " + kind + "-----\n" + body + "-----END " + kind + "-----";

        assertThat(Scans.input(POLICY, "here: " + key + "\nbye").shown()).isEqualTo("here: [PRIVATE_KEY]\nbye");
        assertThat(Scans.input(POLICY, "here: " + key.substring(0, 60)).shown()).isEqualTo("here: [PRIVATE_KEY]");
    }
}
