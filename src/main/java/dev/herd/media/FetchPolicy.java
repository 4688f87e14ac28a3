package dev.herd.media;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;

/**
 * What may be fetched on somebody's behalf.
 *
 * @param isAllowed whether anything may
 * @param hosts names of hosts that may be asked; {@code *.example.com} stands for all names below that one; if there are
 *     none, every public host may
 * @param ports ports that may be asked
 * @param timeout how long a fetch may take, redirects included
 * @param maxRedirects redirects that are followed
 */
public record FetchPolicy(
        boolean isAllowed, List<String> hosts, Set<Integer> ports, Duration timeout, int maxRedirects) {
    /** Nothing may be fetched. */
    public static final FetchPolicy OFF = new FetchPolicy(false, List.of(), Set.of(443), Duration.ofSeconds(10), 0);

    public FetchPolicy {
        hosts = hosts.stream().map(host -> host.toLowerCase(Locale.ROOT)).toList();
        ports = Set.copyOf(ports);
        for (String host : hosts) {
            if (!host.matches("(\\*\\.)?[a-z0-9]([a-z0-9.-]*[a-z0-9])?")) {
                throw new IllegalArgumentException("'" + host + "' is no host name and no *. with one");
            }
        }
    }

    /** The same for somebody who may ask only {@code others} of the hosts; nothing, if there are none. */
    public FetchPolicy within(List<String> others) {
        FetchPolicy narrow = new FetchPolicy(isAllowed, others, ports, timeout, maxRedirects);
        List<String> both = hosts.isEmpty()
                ? narrow.hosts
                : Stream.concat(
                                narrow.hosts.stream().filter(host -> covers(hosts, host)),
                                hosts.stream().filter(host -> covers(narrow.hosts, host)))
                        .distinct()
                        .toList();
        return new FetchPolicy(isAllowed && !both.isEmpty(), both, ports, timeout, maxRedirects);
    }

    private static boolean covers(List<String> wide, String host) {
        return wide.contains(host)
                || wide.stream()
                        .anyMatch(
                                allowed -> allowed.startsWith("*.") && matches(allowed, host.replaceFirst("^\\*", "")));
    }

    /** Whether {@code host}, in lower case, may be asked. */
    boolean allows(String host) {
        return hosts.isEmpty() || hosts.stream().anyMatch(allowed -> matches(allowed, host));
    }

    private static boolean matches(String allowed, String host) {
        return allowed.startsWith("*.") ? host.endsWith(allowed.substring(1)) : host.equals(allowed);
    }
}
