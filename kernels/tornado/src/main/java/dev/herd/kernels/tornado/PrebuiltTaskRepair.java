package dev.herd.kernels.tornado;

import java.io.IOException;
import java.io.InputStream;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.MethodModel;
import java.lang.classfile.instruction.TypeCheckInstruction;
import java.lang.invoke.MethodHandles;
import java.util.Optional;

/**
 * Makes TornadoVM 5.2.0 tell tasks that are given as sources apart, without which a graph can have only one of them.
 *
 * <p>Its {@code PrebuiltTask.equals} compares itself with tasks of another class only and equals nothing, not even itself.
 * The interpreter looks a task up in its list, does not find it, and takes the first. So the class is defined here without
 * that method, before TornadoVM does it: tasks are equal then that are the same. TornadoVM's module is an open one, so
 * that no option of the JVM is needed. Why so: ADR 0015.
 */
final class PrebuiltTaskRepair {
    private static final String MODULE = "tornado.runtime";
    private static final String PACKAGE = "uk.ac.manchester.tornado.runtime.tasks";
    private static final String FAULTY = PACKAGE + ".PrebuiltTask";

    /** A small class of that package, for access to it; to load it loads no other of them. */
    private static final String NEIGHBOUR = PACKAGE + ".TornadoGraphBitcodes";

    private static boolean isDone;

    private PrebuiltTaskRepair() {}

    /**
     * Repairs the class if it needs it; only the first call does something.
     *
     * @throws IllegalStateException if the class cannot be repaired; says why
     */
    static synchronized void apply() {
        if (!isDone) {
            Module module = ModuleLayer.boot().findModule(MODULE).orElseThrow();
            Optional<byte[]> repaired = withoutFaultyEquals(read(module));
            if (repaired.isPresent()) {
                define(module, repaired.get());
            }
            isDone = true;
        }
    }

    private static byte[] read(Module module) {
        String file = FAULTY.replace('.', '/') + ".class";
        try (InputStream bytes = module.getResourceAsStream(file)) {
            if (bytes == null) {
                throw new IllegalStateException("TornadoVM has no class " + FAULTY);
            }
            return bytes.readAllBytes();
        } catch (IOException e) {
            throw new IllegalStateException("the class " + FAULTY + " of TornadoVM cannot be read", e);
        }
    }

    private static void define(Module module, byte[] bytes) {
        try {
            Class<?> neighbour = Class.forName(NEIGHBOUR, false, module.getClassLoader());
            Class<?> defined = MethodHandles.privateLookupIn(neighbour, MethodHandles.lookup())
                    .defineClass(bytes);
            Class<?> used = Class.forName(FAULTY, false, module.getClassLoader());
            if (used != defined || used.getMethod("equals", Object.class).getDeclaringClass() != Object.class) {
                throw new IllegalStateException("TornadoVM does not use the repaired class " + FAULTY);
            }
        } catch (ReflectiveOperationException | LinkageError e) {
            IllegalStateException refusal =
                    new IllegalStateException("TornadoVM's class " + FAULTY + " cannot be repaired: " + e.getMessage());
            refusal.addSuppressed(e); // no cause, so that users are told this sentence and not the innermost
            throw refusal;
        }
    }

    /** The class without its {@code equals}, if that looks for another class than its own. */
    static Optional<byte[]> withoutFaultyEquals(byte[] bytes) {
        ClassModel type = ClassFile.of().parse(bytes);
        boolean isFaulty = type.methods().stream()
                .filter(PrebuiltTaskRepair::isEquals)
                .flatMap(method -> method.code().stream())
                .flatMap(code -> code.elementStream())
                .anyMatch(element -> element instanceof TypeCheckInstruction check
                        && !check.type().equals(type.thisClass()));
        return isFaulty
                ? Optional.of(ClassFile.of()
                        .transformClass(
                                type,
                                ClassTransform.dropping(
                                        element -> element instanceof MethodModel method && isEquals(method))))
                : Optional.empty();
    }

    private static boolean isEquals(MethodModel method) {
        return method.methodName().equalsString("equals") && method.methodType().equalsString("(Ljava/lang/Object;)Z");
    }
}
