package dev.herd.kernels.emulator;

import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.CodeElement;
import java.lang.classfile.CodeModel;
import java.lang.classfile.Label;
import java.lang.classfile.MethodModel;
import java.lang.classfile.MethodTransform;
import java.lang.classfile.TypeKind;
import java.lang.classfile.instruction.ArrayLoadInstruction;
import java.lang.classfile.instruction.ArrayStoreInstruction;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.classfile.instruction.LabelTarget;
import java.lang.classfile.instruction.LineNumber;
import java.lang.classfile.instruction.LocalVariable;
import java.lang.classfile.instruction.StoreInstruction;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import uk.ac.manchester.tornado.api.KernelContext;

/**
 * Rewrites the methods of a class so that array accesses, barriers and allocations go through {@link Watch}. Arrays of
 * float and int are watched; kernels use no others.
 */
final class KernelCode {
    private static final ClassDesc WATCH = Watch.class.describeConstable().orElseThrow();
    private static final ClassDesc MATRIX_UNITS =
            MatrixUnits.class.describeConstable().orElseThrow();
    private static final ClassDesc CONTEXT =
            KernelContext.class.describeConstable().orElseThrow();
    private static final String CONTEXT_NAME = KernelContext.class.getName().replace('.', '/');

    private KernelCode() {}

    static byte[] rewrite(byte[] code) {
        ClassFile classFile = ClassFile.of();
        ClassModel model = classFile.parse(code);
        ClassTransform transform = (builder, element) -> {
            if (element instanceof MethodModel method && method.code().isPresent()) {
                Rewriting rewriting = new Rewriting(arrayNames(method.code().get()));
                builder.transformMethod(method, MethodTransform.transformingCode(rewriting::accept));
            } else {
                builder.with(element);
            }
        };
        return classFile.transformClass(model, transform);
    }

    /** Of every call that allocates local memory, in order, the name of the variable that it goes to. */
    private static Map<Integer, String> arrayNames(CodeModel code) {
        Map<Integer, String> names = new HashMap<>();
        List<CodeElement> elements = code.elementList();
        int number = 0;
        for (int i = 0; i < elements.size(); i++) {
            if (!(elements.get(i) instanceof InvokeInstruction call) || !isAllocation(call)) {
                continue;
            }
            if (i + 1 < elements.size() && elements.get(i + 1) instanceof StoreInstruction store) {
                names.put(number, variable(elements, i + 2, store.slot()));
            }
            number++;
        }
        return names;
    }

    private static String variable(List<CodeElement> elements, int after, int slot) {
        Set<Label> starts = new HashSet<>();
        for (int i = after; i < elements.size(); i++) {
            if (elements.get(i) instanceof LabelTarget target) {
                starts.add(target.label());
            } else if (!(elements.get(i) instanceof LineNumber)) {
                break;
            }
        }
        for (CodeElement element : elements) {
            if (element instanceof LocalVariable variable
                    && variable.slot() == slot
                    && starts.contains(variable.startScope())) {
                return variable.name().stringValue();
            }
        }
        return "array";
    }

    private static boolean isAllocation(InvokeInstruction call) {
        return isOfContext(call) && call.name().stringValue().startsWith("allocate");
    }

    private static boolean isOfContext(InvokeInstruction call) {
        return call.owner().asInternalName().equals(CONTEXT_NAME);
    }

    /** One method under way. */
    private static final class Rewriting {
        private final Map<Integer, String> arrayNames;
        private int line;
        private int allocations;

        Rewriting(Map<Integer, String> arrayNames) {
            this.arrayNames = arrayNames;
        }

        void accept(CodeBuilder builder, CodeElement element) {
            switch (element) {
                case LineNumber number -> {
                    line = number.line();
                    builder.with(element);
                }
                case ArrayLoadInstruction load
                when isWatched(load.typeKind()) -> builder.invokestatic(WATCH, "load", loadType(load.typeKind()));
                case ArrayStoreInstruction store
                when isWatched(store.typeKind()) -> builder.invokestatic(WATCH, "store", storeType(store.typeKind()));
                case InvokeInstruction call when isOfContext(call) -> call(builder, call);
                default -> builder.with(element);
            }
        }

        private void call(CodeBuilder builder, InvokeInstruction call) {
            String method = call.name().stringValue();
            switch (method) {
                case "localBarrier", "globalBarrier" ->
                    builder.loadConstant(line)
                            .invokestatic(
                                    WATCH,
                                    method,
                                    MethodTypeDesc.of(ConstantDescs.CD_void, CONTEXT, ConstantDescs.CD_int));
                case "allocateFloatLocalArray" -> allocate(builder, "allocateFloats", TypeKind.FLOAT);
                case "allocateIntLocalArray" -> allocate(builder, "allocateInts", TypeKind.INT);
                case "mmaLoadA", "mmaLoadB", "mma", "mmaStore" -> {
                    MethodTypeDesc type = call.typeSymbol().insertParameterTypes(0, CONTEXT);
                    builder.loadConstant(line)
                            .invokestatic(
                                    MATRIX_UNITS,
                                    method,
                                    type.insertParameterTypes(type.parameterCount(), ConstantDescs.CD_int));
                }
                case "mmaFragment" ->
                    builder.invokestatic(MATRIX_UNITS, method, call.typeSymbol().insertParameterTypes(0, CONTEXT));
                default -> builder.with(call);
            }
        }

        private void allocate(CodeBuilder builder, String method, TypeKind kind) {
            String name = arrayNames.getOrDefault(allocations++, "array");
            builder.loadConstant(name)
                    .invokestatic(
                            WATCH,
                            method,
                            MethodTypeDesc.of(
                                    kind.upperBound().arrayType(),
                                    CONTEXT,
                                    ConstantDescs.CD_int,
                                    ConstantDescs.CD_String));
        }

        private static boolean isWatched(TypeKind kind) {
            return kind == TypeKind.FLOAT || kind == TypeKind.INT;
        }

        private static MethodTypeDesc loadType(TypeKind kind) {
            return MethodTypeDesc.of(kind.upperBound(), kind.upperBound().arrayType(), ConstantDescs.CD_int);
        }

        private static MethodTypeDesc storeType(TypeKind kind) {
            return MethodTypeDesc.of(
                    ConstantDescs.CD_void, kind.upperBound().arrayType(), ConstantDescs.CD_int, kind.upperBound());
        }
    }
}
