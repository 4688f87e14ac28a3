package dev.herd.safety;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Pictures and links in Markdown whose address has a query: a client that shows a picture fetches it, and with it
 * tells the host whatever the query says.
 */
final class ExfiltrationLink {
    /** Also matches the beginning of such an address, so that nothing of the query is out before its end is seen. */
    static final Regex FORM = RegexReader.known(
            "(?:!\\[[^\\]\\n]{0,300}\\]\\(\\s*<?|<img\\s[^>\\n]{0,300}src=[\"']?)https?://[^\\s?#)>\"']{1,300}\\?[^\\s)>\"']+",
            false);

    private static final Pattern HOST =
            Pattern.compile("https?://(?:[^/?#@\\s]*@)?([^/?#:\\s]+)", Pattern.CASE_INSENSITIVE);

    private ExfiltrationLink() {}

    /** Confirms matches whose host the policy does not permit; what is meant is the query. */
    static ScanRule.Check check(JsonNode fields) {
        Set<String> permitted = new HashSet<>();
        fields.at("/links/allowedHosts").forEach(host -> permitted.add(host.asText()));
        return (text, start, end) -> {
            Matcher host = HOST.matcher(text).region(start, end);
            if (!host.find() || permitted.contains(host.group(1).toLowerCase(Locale.ROOT))) {
                return ScanRule.Check.REFUSED;
            }
            for (int i = host.end(); i < end; i++) {
                if (text.charAt(i) == '?') {
                    return i + 1;
                }
            }
            return ScanRule.Check.REFUSED;
        };
    }
}
