package dev.herd.cli;

import java.lang.reflect.Proxy;

/**
 * Ctrl-C as an event. The JDK's only interface to it is {@code sun.misc.Signal}, which the compiler refuses to name
 * without a warning, so it is reached by reflection; a JVM without it ends the program on Ctrl-C as usual.
 */
final class InterruptSignal {
    private InterruptSignal() {}

    /** From now on Ctrl-C runs {@code action}, on a thread of its own, instead of ending the program. */
    static void handle(Runnable action) {
        try {
            Class<?> signal = Class.forName("sun.misc.Signal");
            Class<?> handler = Class.forName("sun.misc.SignalHandler");
            Object proxy = Proxy.newProxyInstance(
                    handler.getClassLoader(), new Class<?>[] {handler}, (self, method, arguments) -> {
                        if (method.getName().equals("handle")) {
                            action.run();
                        }
                        return null;
                    });
            signal.getMethod("handle", signal, handler)
                    .invoke(null, signal.getConstructor(String.class).newInstance("INT"), proxy);
        } catch (ReflectiveOperationException e) {
            // Without the interface the signal keeps its default: it ends the program, and nothing is lost but comfort.
            return;
        }
    }
}
