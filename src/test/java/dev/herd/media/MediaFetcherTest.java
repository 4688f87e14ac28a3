package dev.herd.media;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.herd.media.MediaException.Reason;
import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class MediaFetcherTest {
    private static final int MAX_BYTES = 1 << 16;
    private static final InetAddress HERE = InetAddress.getLoopbackAddress();
    private static final AtomicReference<TlsServer> SERVER = new AtomicReference<>();

    private final AtomicInteger resolutions = new AtomicInteger();

    @BeforeAll
    static void start(@TempDir Path folder) throws Exception {
        SERVER.set(new TlsServer(folder));
        server().serve("/picture", "image/png; charset=x", Pictures.png());
    }

    @AfterAll
    static void stop() {
        server().close();
    }

    private static TlsServer server() {
        return SERVER.get();
    }

    /** A fetcher to which this machine counts as public, as its test server is nowhere else. */
    private MediaFetcher fetcher(String... addresses) {
        Deque<List<InetAddress>> answers = new ArrayDeque<>();
        for (String each : addresses) {
            answers.add(
                    Arrays.stream(each.split(" ")).map(InetAddress::ofLiteral).toList());
        }
        HostResolver resolver = host -> {
            resolutions.incrementAndGet();
            return answers.size() > 1 ? answers.removeFirst() : answers.getFirst();
        };
        return new MediaFetcher(
                resolver, address -> address.equals(HERE) || PublicAddress.isPublic(address), server().trust());
    }

    private static FetchPolicy policy(String... hosts) {
        return new FetchPolicy(true, List.of(hosts), Set.of(443, server().port()), Duration.ofSeconds(20), 2);
    }

    private static AbstractThrowableAssert<?, ? extends Throwable> assertRefused(
            MediaFetcher fetcher, String url, FetchPolicy policy, Reason reason) {
        try (fetcher) {
            return assertThatThrownBy(() -> fetcher.fetch(url, policy, MAX_BYTES))
                    .isInstanceOfSatisfying(
                            MediaException.class,
                            refused -> assertThat(refused.reason()).isEqualTo(reason));
        }
    }

    @Test
    void fileIsFetchedFromTheJudgedAddressUnderItsName() {
        try (MediaFetcher fetcher = fetcher("127.0.0.1")) {
            MediaBytes file = fetcher.fetch(server().url("/picture"), policy("pictures.example"), MAX_BYTES);

            assertThat(file.bytes()).isEqualTo(Pictures.png());
            assertThat(file.mediaType()).contains("image/png");
        }
    }

    @Test
    void nothingIsFetchedUnlessAllowed() {
        assertRefused(fetcher("127.0.0.1"), server().url("/picture"), FetchPolicy.OFF, Reason.INVALID_URL)
                .hasMessage("This server fetches nothing; send the file as a data: address.");
        assertThat(resolutions).hasValue(0);
    }

    @Test
    void nameServerThatChangesItsMindGainsNothing() {
        try (MediaFetcher fetcher = fetcher("127.0.0.1", "10.0.0.1")) {
            assertThat(fetcher.fetch(server().url("/picture"), policy(), MAX_BYTES)
                            .bytes())
                    .isEqualTo(Pictures.png());
            assertThat(resolutions).hasValue(1);
        }
        assertRefused(fetcher("10.0.0.1", "127.0.0.1"), server().url("/picture"), policy(), Reason.INVALID_URL);
        assertThat(resolutions).hasValue(2);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "10.0.0.1",
                "127.0.0.2",
                "169.254.169.254",
                "::1",
                "fd00:ec2::254",
                "127.0.0.1 10.0.0.1",
                "93.184.216.34 192.168.0.1",
                "93.184.216.34 ::1"
            })
    void hostThatLeadsInsideIsRefused(String addresses) {
        assertRefused(fetcher(addresses), server().url("/picture"), policy(), Reason.INVALID_URL)
                .hasMessage("The host does not lead to public addresses only.");
    }

    @Test
    void unknownHostIsRefusedInTheSameWords() {
        MediaFetcher fetcher = new MediaFetcher(
                host -> {
                    throw new java.net.UnknownHostException(host);
                },
                PublicAddress::isPublic,
                server().trust());

        assertRefused(fetcher, "https://nowhere.example/", policy(), Reason.INVALID_URL)
                .hasMessage("The host does not lead to public addresses only.");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://127.0.0.2/",
                "https://10.0.0.1/",
                "https://169.254.169.254/latest/meta-data/",
                "https://0.0.0.0/",
                "https://[::1]/",
                "https://[::]/",
                "https://[::ffff:10.0.0.1]/",
                "https://[::ffff:a9fe:a9fe]/",
                "https://[::10.0.0.1]/",
                "https://[64:ff9b::10.0.0.1]/",
                "https://[2002:a00:1::]/",
                "https://[fe80::1]/",
                "https://[fe80::1%25eth0]/",
                "https://2130706433/",
                "https://017700000001/",
                "https://0x7f000001/",
                "https://0177.0.0.1/",
                "https://0x7f.1/",
                "https://0x7f.0.0.1/",
                "https://127.1/",
                "https://127.0.1/",
                "https://127.0.0.01/",
                "https://256.0.0.1/",
                "https://127.0.0.1./",
                "https://a.b.0x1/",
                "https://ok@10.0.0.1/",
                "https://user:secret@pictures.example/",
                "https://pictures.example@10.0.0.1/",
                "https://pictures.example:8443/",
                "https://pictures.example:22/",
                "https://\u2460\u2461\u2466.0.0.1/",
                "https://pictures.example\\@10.0.0.1/",
                "https://pictures..example/",
                "https:///picture",
                "https:picture",
                "http://pictures.example/",
                "file:///etc/passwd",
                "ftp://pictures.example/",
                "gopher://pictures.example/",
                "jar:https://pictures.example/!/",
                "//pictures.example/",
                "pictures.example",
                "https://pictures.example/a b",
                "https://pictures.example/\n",
                ""
            })
    void addressThatIsNoPlainPublicOneIsRefused(String url) {
        assertRefused(fetcher("127.0.0.1"), url, policy(), Reason.INVALID_URL)
                .hasMessageMatching("The .*\\.|Port .*\\.");
        assertThat(resolutions).hasValue(0);
    }

    @Test
    void localhostIsRefusedWhereverItLeads() {
        MediaFetcher fetcher = new MediaFetcher(HostResolver.system(), PublicAddress::isPublic, server().trust());

        assertRefused(fetcher, "https://localhost/", policy(), Reason.INVALID_URL);
    }

    @Test
    void onlyListedHostsAreAsked() {
        assertRefused(fetcher("127.0.0.1"), server().url("/picture"), policy("other.example"), Reason.INVALID_URL)
                .hasMessage("The host pictures.example is not among those that may be asked.");
        assertRefused(fetcher("127.0.0.1"), server().url("/picture"), policy("*.pictures.example"), Reason.INVALID_URL);
        assertRefused(fetcher("127.0.0.1"), "https://notexample/", policy("*.example"), Reason.INVALID_URL);
        try (MediaFetcher fetcher = fetcher("127.0.0.1")) {
            assertThat(fetcher.fetch(server().url("/picture"), policy("*.example"), MAX_BYTES)
                            .bytes())
                    .isNotEmpty();
        }
    }

    @Test
    void certificateIsCheckedAgainstTheName() {
        String elsewhere = "https://other.example:" + server().port() + "/picture";

        assertRefused(fetcher("127.0.0.1"), elsewhere, policy(), Reason.DOWNLOAD_FAILED)
                .hasMessage("The address could not be read.");
    }

    @Test
    void redirectIsFollowedAndCounted() {
        server().redirect("/once", server().url("/picture"));
        server().redirect("/relative", "/once");
        server().redirect("/thrice", "/relative");

        try (MediaFetcher fetcher = fetcher("127.0.0.1")) {
            assertThat(fetcher.fetch(server().url("/relative"), policy(), MAX_BYTES)
                            .bytes())
                    .isEqualTo(Pictures.png());
            assertThat(resolutions).hasValue(3);
        }
        assertRefused(fetcher("127.0.0.1"), server().url("/thrice"), policy(), Reason.DOWNLOAD_FAILED)
                .hasMessage("The address redirects more than 2 times.");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://10.0.0.1/",
                "https://[::1]/",
                "https://169.254.169.254/latest",
                "http://pictures.example/",
                "file:///etc/passwd",
                "https://u:p@pictures.example/",
                "https://2130706433/",
                "data:image/png;base64,AQID"
            })
    void redirectToWhatMustNotBeAskedIsRefused(String location) {
        String path = "/to" + Integer.toHexString(location.hashCode());
        server().redirect(path, location);

        assertRefused(fetcher("127.0.0.1"), server().url(path), policy(), Reason.INVALID_URL);
    }

    @Test
    void redirectToAnotherHostIsJudgedByTheList() {
        server().redirect("/away", "https://evil.example/");

        assertRefused(fetcher("127.0.0.1"), server().url("/away"), policy("pictures.example"), Reason.INVALID_URL)
                .hasMessage("The host evil.example is not among those that may be asked.");
    }

    @Test
    void redirectToAHostThatLeadsInsideIsRefused() {
        server().redirect("/inside", "https://inside.example/");

        assertRefused(fetcher("127.0.0.1", "10.0.0.1"), server().url("/inside"), policy(), Reason.INVALID_URL);
    }

    @Test
    void fileBeyondItsBudgetIsRefusedWithAndWithoutALength() {
        server().serve("/stated", "image/png", new byte[MAX_BYTES + 1]);
        server().on("/unstated", exchange -> {
            exchange.sendResponseHeaders(200, 0);
            exchange.getResponseBody().write(new byte[MAX_BYTES + 1]);
            exchange.close();
        });

        for (String path : List.of("/stated", "/unstated")) {
            assertRefused(fetcher("127.0.0.1"), server().url(path), policy(), Reason.TOO_LARGE)
                    .hasMessage("The file is larger than 65536 bytes.");
        }
    }

    @Test
    void answerThatIsNoFileIsRefused() {
        server().on("/gone", exchange -> {
            exchange.sendResponseHeaders(404, -1);
            exchange.close();
        });

        assertRefused(fetcher("127.0.0.1"), server().url("/gone"), policy(), Reason.DOWNLOAD_FAILED)
                .hasMessage("The address answered with status 404.");
    }

    @Test
    void silentServerIsLeftAfterTheTimeout() {
        CountDownLatch hold = new CountDownLatch(1);
        server().on("/silent", exchange -> {
            try {
                hold.await();
            } catch (InterruptedException end) {
                Thread.currentThread().interrupt();
            }
            exchange.close();
        });
        FetchPolicy hasty = new FetchPolicy(true, List.of(), Set.of(server().port()), Duration.ofMillis(300), 0);

        assertRefused(fetcher("127.0.0.1"), server().url("/silent"), hasty, Reason.DOWNLOAD_FAILED)
                .hasMessage("The address did not answer within 300 ms.");
        hold.countDown();
    }

    @Test
    void requestCarriesNothingOfTheServer() {
        AtomicReference<String> seen = new AtomicReference<>("");
        server().on("/headers", exchange -> {
            seen.set(String.join(
                    ",", exchange.getRequestHeaders().keySet().stream().sorted().toList()));
            exchange.getResponseHeaders().add("Set-Cookie", "a=b");
            exchange.sendResponseHeaders(200, 1);
            exchange.getResponseBody().write(1);
            exchange.close();
        });

        try (MediaFetcher fetcher = fetcher("127.0.0.1")) {
            for (int round = 0; round < 2; round++) {
                fetcher.fetch(server().url("/headers"), policy(), MAX_BYTES);

                assertThat(seen.get()).isEqualTo("Accept,Connection,Host,User-agent");
            }
        }
    }
}
