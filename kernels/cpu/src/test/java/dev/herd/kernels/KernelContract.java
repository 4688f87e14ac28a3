package dev.herd.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/**
 * Everything that a provider of kernels promises, against plain double-precision implementations. Each provider has one
 * subclass, which names it; if another provider answers, or none, every test is red.
 */
public abstract class KernelContract implements MatMulContract, AttentionContract, ElementwiseContract, VisionContract {
    private final Kernels kernels;

    /** The contract for the provider of this name. */
    protected KernelContract(String name) {
        this.kernels = KernelsSelector.select(Optional.of(name)).kernels();
        assertThat(kernels.name()).isEqualTo(name);
    }

    /** The contract for these kernels: one of several that a provider chooses from. */
    protected KernelContract(Kernels kernels) {
        this.kernels = kernels;
    }

    @Override
    public final Kernels kernels() {
        return kernels;
    }

    @Test
    void kernelsMayBeUsedFromSeveralThreads() throws Exception {
        Random random = new Random(21);
        WeightMatrix weights = KernelCases.rowMajor(random, TensorType.Q8_0, 64, 512);
        List<Callable<float[]>> tasks = new ArrayList<>();
        for (int i = 0; i < 16; i++) {
            Floats x = KernelCases.normal(random, 3 * 512, 1);
            tasks.add(() -> {
                Floats out = KernelCases.untouched(3 * 64);
                kernels.matMul(out, x, weights, 3, 0, 64);
                return out.toArray(0, 3 * 64);
            });
        }
        List<float[]> alone = new ArrayList<>();
        for (Callable<float[]> task : tasks) {
            alone.add(task.call());
        }

        try (ExecutorService executor = Executors.newFixedThreadPool(4)) {
            List<Future<float[]>> together = executor.invokeAll(tasks);
            for (int i = 0; i < tasks.size(); i++) {
                assertThat(together.get(i).get()).as("task %d", i).containsExactly(alone.get(i));
            }
        }
    }
}
