package dev.herd.kernels.emulator;

import java.io.Serializable;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.invoke.SerializedLambda;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Parameter;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A kernel that a method reference stands for, in its rewritten form.
 *
 * @param body takes the arguments as one array
 * @param parameters their names
 */
record Kernel(String name, MethodHandle body, List<String> parameters) {
    private static final Map<String, Kernel> KERNELS = new ConcurrentHashMap<>();
    private static final Map<String, KernelLoader> LOADERS = new ConcurrentHashMap<>();

    /** The kernel that {@code reference} refers to. */
    static Kernel of(Serializable reference) {
        SerializedLambda lambda = written(reference);
        String className = lambda.getImplClass().replace('/', '.');
        String method = lambda.getImplMethodName();
        if (method.startsWith("lambda$")) {
            throw new IllegalArgumentException("a kernel is given as a reference to a static method, not as a lambda");
        }
        return KERNELS.computeIfAbsent(
                className + "." + method + lambda.getImplMethodSignature(),
                key -> load(reference.getClass().getClassLoader(), className, method, lambda.getImplMethodSignature()));
    }

    private static SerializedLambda written(Serializable reference) {
        try {
            Method replace = reference.getClass().getDeclaredMethod("writeReplace");
            replace.setAccessible(true);
            return (SerializedLambda) replace.invoke(reference);
        } catch (ReflectiveOperationException e) {
            throw new IllegalArgumentException("a kernel is given as a reference to a static method", e);
        }
    }

    private static Kernel load(ClassLoader parent, String className, String method, String signature) {
        try {
            String packageName = className.substring(0, className.lastIndexOf('.'));
            KernelLoader loader = LOADERS.computeIfAbsent(packageName, name -> new KernelLoader(parent, name));
            Class<?> owner = loader.loadClass(className);
            MethodType type = MethodType.fromMethodDescriptorString(signature, loader);
            Method body = owner.getDeclaredMethod(method, type.parameterArray());
            if (!Modifier.isStatic(body.getModifiers())) {
                throw new IllegalArgumentException(className + "." + method + " is not static");
            }
            body.setAccessible(true);
            MethodHandle handle = MethodHandles.lookup()
                    .unreflect(body)
                    .asSpreader(Object[].class, type.parameterCount())
                    .asType(MethodType.methodType(void.class, Object[].class));
            List<String> names =
                    Arrays.stream(body.getParameters()).map(Parameter::getName).toList();
            return new Kernel(owner.getSimpleName() + "." + method, handle, names);
        } catch (ReflectiveOperationException e) {
            throw new IllegalArgumentException("there is no kernel " + className + "." + method + signature, e);
        }
    }
}
