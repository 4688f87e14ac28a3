package dev.herd.kernels.device;

/** The device failed while it computed. What was on it is gone, and this process cannot use it again. */
public final class DeviceLostException extends RuntimeException {
    public DeviceLostException(String message, Throwable cause) {
        super(message, cause);
    }
}
