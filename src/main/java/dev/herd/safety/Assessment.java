package dev.herd.safety;

import java.nio.charset.StandardCharsets;
import java.security.InvalidKeyException;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** What has been found in one direction of a request so far, and what follows from it. For one thread at a time. */
final class Assessment {
    private static final int MOST_FINDINGS = 200;
    private static final byte[] HASH_KEY = new SecureRandom().generateSeed(32);

    private final List<Finding> findings = new ArrayList<>();
    private final Map<String, String> guards = new TreeMap<>();
    private Action action = Action.ALLOW;
    private Action effective = Action.ALLOW;
    private boolean isDegraded;
    private boolean isUnavailable;
    private boolean isTruncated;
    private int guardTokens;

    /** Takes over what a scan has found from its {@code from}th finding on. */
    void add(TextScan scan, TextSource source, int segment, int from) {
        for (TextScan.Found found : scan.found().subList(from, scan.found().size())) {
            String value = scan.text().subSequence(found.start(), found.end()).toString();
            add(new Finding(
                    found.rule().scanner(),
                    found.rule().code(),
                    source,
                    segment + ":" + found.start() + "-" + found.end(),
                    1,
                    1,
                    found.rule().ruling().action(),
                    found.rule().ruling().effective(),
                    true,
                    hash(value),
                    0));
        }
        isTruncated |= scan.isTruncated();
    }

    /** Takes a finding; its action counts if it was detected, or is a failure. */
    void add(Finding finding) {
        action = action.or(finding.action());
        effective = effective.or(finding.effective());
        if (findings.size() < MOST_FINDINGS) {
            findings.add(finding);
        } else {
            isTruncated = true;
        }
    }

    /** Takes the score of a category or detector. */
    void addScore(
            String scanner,
            String code,
            TextSource source,
            double score,
            double threshold,
            Ruling ruling,
            long millis) {
        add(new Finding(
                scanner,
                code,
                source,
                "",
                score,
                threshold,
                ruling.action(),
                ruling.effective(),
                ruling.matters(),
                "",
                millis));
    }

    /** Takes the failure of a guard; what is set up wrongly blocks in every mode but when the policy only watches. */
    void addFailure(String scanner, GuardException.Status status, TextSource source, Ruling failureMode, long millis) {
        boolean isMisconfigured = status == GuardException.Status.MISCONFIGURED;
        Ruling ruling = isMisconfigured && failureMode.action() == failureMode.effective()
                ? Ruling.of(Action.BLOCK)
                : failureMode;
        add(new Finding(
                scanner, status.name(), source, "", 0, 0, ruling.action(), ruling.effective(), false, "", millis));
        if (ruling.effective() == Action.BLOCK) {
            isUnavailable = true;
        } else {
            isDegraded = true;
        }
    }

    /**
     * Takes that a guard was not shown the pictures of a request because it sees none.
     *
     * @param ruling what the policy says of that
     * @param isLet whether they pass only because the policy lets pass what is not judged
     */
    void addUnseenPictures(String guard, Ruling ruling, boolean isLet) {
        add(new Finding(
                guard, "UNSEEN_PICTURES", TextSource.USER, "", 0, 0, ruling.action(), ruling.effective(), true, "", 0));
        isDegraded |= isLet;
        isTruncated = true;
    }

    /** Takes over everything of another. */
    void addAll(Assessment other) {
        other.findings.forEach(this::add);
        guards.putAll(other.guards);
        isDegraded |= other.isDegraded;
        isUnavailable |= other.isUnavailable;
        isTruncated |= other.isTruncated;
        guardTokens += other.guardTokens;
    }

    void addGuard(String name, String revision, int tokens) {
        guards.put(name, revision);
        guardTokens += tokens;
    }

    void addTruncation() {
        isTruncated = true;
    }

    /**
     * Tells equal values apart from others, while the server runs. Numbers of cards and persons are few enough to be tried
     * out, so it takes a key that nobody has.
     */
    static String hash(String value) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(HASH_KEY, "HmacSHA256"));
            return HexFormat.of().formatHex(mac.doFinal(value.getBytes(StandardCharsets.UTF_8)), 0, 8);
        } catch (NoSuchAlgorithmException | InvalidKeyException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    List<Finding> findings() {
        return findings;
    }

    Map<String, String> guards() {
        return guards;
    }

    Action action() {
        return action;
    }

    Action effective() {
        return effective;
    }

    boolean isBlocked() {
        return effective == Action.BLOCK;
    }

    /** Whether a guard failed and the text passed all the same. */
    boolean isDegraded() {
        return isDegraded;
    }

    /** Whether a guard failed and the text did not pass. */
    boolean isUnavailable() {
        return isUnavailable;
    }

    boolean isTruncated() {
        return isTruncated;
    }

    int guardTokens() {
        return guardTokens;
    }
}
