package dev.herd.media;

import java.net.InetAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * An address that a policy lets through; where its host leads is not known yet.
 *
 * @param uri the address without fragment
 * @param host its host in lower case, IPv6 without brackets
 * @param literal the host if it is a numeric address
 */
record FetchTarget(URI uri, String host, Optional<InetAddress> literal) {
    private static final int LONGEST = 4096;
    private static final String BYTE = "(25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
    private static final Pattern DOTTED = Pattern.compile(BYTE + "(\\." + BYTE + "){3}");

    /** Hosts whose last part is a number are addresses to some resolver, in whatever notation. */
    private static final Pattern NUMERIC = Pattern.compile("(.*\\.)?(\\d+|0x[0-9a-f]*)");

    private static final Pattern NAME = Pattern.compile("[a-z0-9_]([a-z0-9_.-]*[a-z0-9])?");

    static FetchTarget of(String url, FetchPolicy policy) {
        if (url.length() > LONGEST) {
            throw MediaException.invalidUrl("The address is longer than " + LONGEST + " characters.");
        }
        URI uri;
        try {
            uri = new URI(url);
        } catch (URISyntaxException malformed) {
            throw MediaException.invalidUrl("The address is malformed.");
        }
        if (!"https".equalsIgnoreCase(uri.getScheme())) {
            throw MediaException.invalidUrl("The address must begin with https: or data:.");
        }
        if (!policy.isAllowed()) {
            throw MediaException.invalidUrl("This server fetches nothing; send the file as a data: address.");
        }
        if (uri.getRawUserInfo() != null
                || (uri.getRawAuthority() != null && uri.getRawAuthority().contains("@"))) {
            throw MediaException.invalidUrl("The address must not contain a user name or password.");
        }
        if (uri.getHost() == null) {
            throw MediaException.invalidUrl("The address has no valid host name.");
        }
        FetchTarget target = of(uri, uri.getHost().toLowerCase(Locale.ROOT));
        target.requireAllowed(policy);
        return target;
    }

    private static FetchTarget of(URI uri, String host) {
        if (host.startsWith("[")) {
            String bare = host.substring(1, host.length() - 1);
            if (bare.indexOf('%') >= 0) {
                throw MediaException.invalidUrl("The address has no valid host name.");
            }
            return new FetchTarget(uri, bare, Optional.of(InetAddress.ofLiteral(bare)));
        }
        if (DOTTED.matcher(host).matches()) {
            return new FetchTarget(uri, host, Optional.of(InetAddress.ofLiteral(host)));
        }
        if (NUMERIC.matcher(host).matches() || !NAME.matcher(host).matches() || host.contains("..")) {
            throw MediaException.invalidUrl("The address has no valid host name.");
        }
        return new FetchTarget(uri, host, Optional.empty());
    }

    private void requireAllowed(FetchPolicy policy) {
        if (!policy.ports().contains(port())) {
            throw MediaException.invalidUrl("Port " + port() + " must not be asked.");
        }
        if (!policy.allows(host)) {
            throw MediaException.invalidUrl("The host " + host + " is not among those that may be asked.");
        }
    }

    int port() {
        return uri.getPort() < 0 ? 443 : uri.getPort();
    }

    /** Path and query, as they are asked for. */
    String path() {
        String path = uri.getRawPath() == null || uri.getRawPath().isEmpty() ? "/" : uri.getRawPath();
        return uri.getRawQuery() == null ? path : path + "?" + uri.getRawQuery();
    }
}
