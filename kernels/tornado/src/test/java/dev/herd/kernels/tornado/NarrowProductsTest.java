package dev.herd.kernels.tornado;

import dev.herd.kernels.Kernels;
import dev.herd.kernels.MatMulContract;

/** The contract of products for those of few rows and many tokens. */
final class NarrowProductsTest implements MatMulContract {
    private final Kernels kernels = new DeviceKernels(DeviceProducts.Form.NARROW);

    @Override
    public Kernels kernels() {
        return kernels;
    }
}
