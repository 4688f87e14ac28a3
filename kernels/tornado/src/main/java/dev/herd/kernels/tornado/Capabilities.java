package dev.herd.kernels.tornado;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a device can do beyond what every device can. It is declared when the device is opened, and decides which form of a
 * kernel a graph gets; nothing is tried out.
 *
 * @param hasDp4a sums of products of four pairs of signed bytes; such devices also run a group's items side by side, which
 *     {@link RunAttention} is made for, and turn halves to floats, as {@link FewAttention} has them do
 * @param hasMma matrix units that multiply halves
 */
public record Capabilities(boolean hasDp4a, boolean hasMma) {
    /** Of a device of which nothing is known: the portable forms. */
    public static final Capabilities NONE = new Capabilities(false, false);

    /** All that kernels know to use. */
    public static final Capabilities ALL = new Capabilities(true, true);

    private static final Pattern CUDA_VERSION = Pattern.compile("(?m)^Device version *: *CUDA (\\d+)\\.(\\d+)");

    /** Of a CUDA device with that compute capability. */
    static Capabilities ofCuda(int major, int minor) {
        return new Capabilities(major > 6 || (major == 6 && minor >= 1), major >= 8);
    }

    /** From what TornadoVM's CUDA backend says of a device; {@link #NONE} if it names no compute capability. */
    static Capabilities ofCuda(String description) {
        Matcher version = CUDA_VERSION.matcher(description);
        return version.find() ? ofCuda(Integer.parseInt(version.group(1)), Integer.parseInt(version.group(2))) : NONE;
    }
}
