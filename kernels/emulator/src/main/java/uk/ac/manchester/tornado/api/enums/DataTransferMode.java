package uk.ac.manchester.tornado.api.enums;

/** When data are copied between host and device. */
public final class DataTransferMode {
    /** At the first execution of the graph only. */
    public static final int FIRST_EXECUTION = 0;

    /** At every execution. */
    public static final int EVERY_EXECUTION = 1;

    /** When the result of an execution is asked for it. */
    public static final int UNDER_DEMAND = 2;

    private DataTransferMode() {}
}
