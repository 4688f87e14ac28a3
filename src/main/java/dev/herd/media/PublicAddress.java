package dev.herd.media;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.List;

/**
 * Which addresses belong to the public Internet. Everything else is somebody's inside: private, loopback, link-local (and
 * with it the metadata services of clouds), shared, documentation, multicast and reserved ranges, and IPv6 addresses that
 * carry an IPv4 address.
 */
public final class PublicAddress {
    private static final List<Range> NOT_PUBLIC_4 = List.of(
            Range.of("0.0.0.0", 8),
            Range.of("10.0.0.0", 8),
            Range.of("100.64.0.0", 10),
            Range.of("127.0.0.0", 8),
            Range.of("168.63.129.16", 32),
            Range.of("169.254.0.0", 16),
            Range.of("172.16.0.0", 12),
            Range.of("192.0.0.0", 24),
            Range.of("192.0.2.0", 24),
            Range.of("192.31.196.0", 24),
            Range.of("192.52.193.0", 24),
            Range.of("192.88.99.0", 24),
            Range.of("192.168.0.0", 16),
            Range.of("192.175.48.0", 24),
            Range.of("198.18.0.0", 15),
            Range.of("198.51.100.0", 24),
            Range.of("203.0.113.0", 24),
            Range.of("224.0.0.0", 3));

    private static final Range GLOBAL_6 = Range.of("2000::", 3);

    /** Within the global range: protocol assignments with Teredo, documentation, 6to4. */
    private static final List<Range> NOT_PUBLIC_6 =
            List.of(Range.of("2001::", 23), Range.of("2001:db8::", 32), Range.of("2002::", 16), Range.of("3fff::", 20));

    private PublicAddress() {}

    /** Whether {@code address} is a public one. */
    public static boolean isPublic(InetAddress address) {
        byte[] bytes = address.getAddress();
        if (address instanceof Inet4Address) {
            return NOT_PUBLIC_4.stream().noneMatch(range -> range.contains(bytes));
        }
        return GLOBAL_6.contains(bytes) && NOT_PUBLIC_6.stream().noneMatch(range -> range.contains(bytes));
    }

    /** All addresses that share the first {@code bits} bits. */
    private record Range(byte[] first, int bits) {
        static Range of(String first, int bits) {
            return new Range(InetAddress.ofLiteral(first).getAddress(), bits);
        }

        boolean contains(byte[] address) {
            for (int bit = 0; bit < bits; bit++) {
                int mask = 0x80 >> bit % 8;
                if (((first[bit / 8] ^ address[bit / 8]) & mask) != 0) {
                    return false;
                }
            }
            return true;
        }
    }
}
