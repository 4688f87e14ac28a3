package dev.herd.media;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;
import javax.net.ssl.SSLContext;
import org.apache.hc.client5.http.DnsResolver;
import org.apache.hc.client5.http.classic.methods.HttpGet;
import org.apache.hc.client5.http.config.ConnectionConfig;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.impl.classic.HttpClients;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManagerBuilder;
import org.apache.hc.client5.http.ssl.DefaultClientTlsStrategy;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpEntity;
import org.apache.hc.core5.http.HttpHost;
import org.apache.hc.core5.http.io.SocketConfig;
import org.apache.hc.core5.util.Timeout;
import org.jspecify.annotations.Nullable;

/**
 * Fetches files from the public Internet for somebody who must not see anything else through this server.
 *
 * <p>Only https. The host is resolved once per request, all its addresses must be public, and the connection goes to the
 * addresses that were judged, so that a name server that answers differently the next time gains nothing; the certificate
 * is still checked against the name. Redirects are followed by hand and judged like the first address. Nothing is sent but
 * the request: no cookies, no credentials, no proxy. Safe for use by many threads.
 */
public final class MediaFetcher implements AutoCloseable {
    private static final Duration CONNECT = Duration.ofSeconds(5);
    private static final int CONNECTIONS = 16;
    private static final Set<Integer> REDIRECTS = Set.of(301, 302, 303, 307, 308);

    private final CloseableHttpClient client;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final Predicate<InetAddress> isPublic;

    /** A fetcher with the machine's resolver and trusted authorities. */
    public static MediaFetcher create() {
        try {
            return new MediaFetcher(HostResolver.system(), PublicAddress::isPublic, SSLContext.getDefault());
        } catch (java.security.NoSuchAlgorithmException none) {
            throw new IllegalStateException("this Java has no TLS", none);
        }
    }

    MediaFetcher(HostResolver resolver, Predicate<InetAddress> isPublic, SSLContext tls) {
        this.isPublic = isPublic;
        var connections = PoolingHttpClientConnectionManagerBuilder.create()
                .setDnsResolver(new JudgedResolver(resolver, isPublic))
                .setTlsSocketStrategy(new DefaultClientTlsStrategy(tls))
                .setMaxConnTotal(CONNECTIONS)
                .setMaxConnPerRoute(CONNECTIONS)
                .setDefaultConnectionConfig(ConnectionConfig.custom()
                        .setConnectTimeout(Timeout.of(CONNECT))
                        .setSocketTimeout(Timeout.of(CONNECT))
                        .build())
                .setDefaultSocketConfig(
                        SocketConfig.custom().setSoTimeout(Timeout.of(CONNECT)).build())
                .build();
        this.client = HttpClients.custom()
                .setConnectionManager(connections)
                .setConnectionReuseStrategy((request, response, context) -> false)
                .disableRedirectHandling()
                .disableAutomaticRetries()
                .disableAuthCaching()
                .disableCookieManagement()
                .disableContentCompression()
                .setUserAgent("herd")
                .build();
    }

    /**
     * The file at {@code url}. Blocks up to the policy's timeout.
     *
     * @param maxBytes bytes of the largest file
     * @throws MediaException if the address must not be asked, or does not answer with a file in time
     */
    public MediaBytes fetch(String url, FetchPolicy policy, int maxBytes) {
        FetchTarget first = FetchTarget.of(url, policy);
        AtomicReference<@Nullable HttpGet> current = new AtomicReference<>();
        Future<MediaBytes> result = threads.submit(() -> follow(first, policy, maxBytes, current));
        try {
            return result.get(policy.timeout().toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException late) {
            throw MediaException.downloadFailed(
                    "The address did not answer within " + policy.timeout().toMillis() + " ms.");
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw MediaException.busy();
        } catch (ExecutionException failed) {
            throw refusal(failed.getCause());
        } finally {
            result.cancel(true);
            HttpGet open = current.get();
            if (open != null) {
                open.cancel();
            }
        }
    }

    private static MediaException refusal(@Nullable Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof MediaException refused) {
                return refused;
            }
        }
        return MediaException.downloadFailed("The address could not be read.");
    }

    private MediaBytes follow(
            FetchTarget first, FetchPolicy policy, int maxBytes, AtomicReference<@Nullable HttpGet> current)
            throws IOException {
        FetchTarget target = first;
        for (int redirects = 0; redirects <= policy.maxRedirects(); redirects++) {
            Answer answer = ask(target, maxBytes, current);
            switch (answer) {
                case Answer.File(MediaBytes file) -> {
                    return file;
                }
                case Answer.Elsewhere(String location) -> target = next(target, location, policy);
            }
        }
        throw MediaException.downloadFailed("The address redirects more than " + policy.maxRedirects() + " times.");
    }

    private static FetchTarget next(FetchTarget from, String location, FetchPolicy policy) {
        try {
            return FetchTarget.of(from.uri().resolve(location).toString(), policy);
        } catch (IllegalArgumentException malformed) {
            throw MediaException.downloadFailed("The address redirects to a malformed one.");
        }
    }

    private Answer ask(FetchTarget target, int maxBytes, AtomicReference<@Nullable HttpGet> current)
            throws IOException {
        if (target.literal().isPresent() && !isPublic.test(target.literal().get())) {
            throw JudgedResolver.notPublic();
        }
        HttpGet request = new HttpGet(target.path());
        request.setHeader("Accept", "image/*, video/*");
        current.set(request);
        HttpHost host = new HttpHost("https", target.host(), target.port());
        return client.execute(host, request, response -> answer(response, maxBytes));
    }

    private static Answer answer(ClassicHttpResponse response, int maxBytes) throws IOException {
        int status = response.getCode();
        Header location = response.getFirstHeader("Location");
        if (REDIRECTS.contains(status) && location != null) {
            return new Answer.Elsewhere(location.getValue());
        }
        HttpEntity body = response.getEntity();
        if (status != 200 || body == null) {
            throw MediaException.downloadFailed("The address answered with status " + status + ".");
        }
        if (body.getContentEncoding() != null && !body.getContentEncoding().equalsIgnoreCase("identity")) {
            throw MediaException.downloadFailed("The address answered with a compression that was not asked for.");
        }
        if (body.getContentLength() > maxBytes) {
            throw tooLarge(maxBytes);
        }
        try (InputStream in = body.getContent()) {
            byte[] bytes = in.readNBytes(maxBytes + 1);
            if (bytes.length > maxBytes) {
                throw tooLarge(maxBytes);
            }
            return new Answer.File(new MediaBytes(bytes, mediaType(body.getContentType())));
        }
    }

    private static MediaException tooLarge(int maxBytes) {
        return MediaException.tooLarge("The file is larger than " + maxBytes + " bytes.");
    }

    private static Optional<String> mediaType(@Nullable String contentType) {
        return Optional.ofNullable(contentType)
                .map(type -> type.split(";", 2)[0].strip().toLowerCase(Locale.ROOT))
                .filter(type -> !type.isEmpty());
    }

    @Override
    public void close() {
        threads.shutdownNow();
        client.close(org.apache.hc.core5.io.CloseMode.IMMEDIATE);
    }

    /** What an address answers. */
    private sealed interface Answer {
        record File(MediaBytes file) implements Answer {}

        record Elsewhere(String location) implements Answer {}
    }

    /** The only way in which the client learns addresses: resolved, judged and handed over in one go. */
    private record JudgedResolver(HostResolver resolver, Predicate<InetAddress> isPublic) implements DnsResolver {
        @Override
        public InetAddress[] resolve(String host) {
            List<InetAddress> addresses;
            try {
                addresses = resolver.resolve(host);
            } catch (UnknownHostException unknown) {
                throw notPublic();
            }
            if (addresses.isEmpty() || !addresses.stream().allMatch(isPublic)) {
                throw notPublic();
            }
            return addresses.toArray(InetAddress[]::new);
        }

        @Override
        public String resolveCanonicalHostname(String host) {
            return host;
        }

        /** The same for names that do not exist, so that nobody learns which names do inside. */
        static MediaException notPublic() {
            return MediaException.invalidUrl("The host does not lead to public addresses only.");
        }
    }
}
