package dev.herd.kernels.emulator;

/** What a kernel did wrong, with kernel, group, item, array and index. */
public final class KernelFault extends RuntimeException {
    KernelFault(String message) {
        super(message);
    }

    KernelFault(String message, Throwable cause) {
        super(message, cause);
    }
}
