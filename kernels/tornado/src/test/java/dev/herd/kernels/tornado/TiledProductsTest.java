package dev.herd.kernels.tornado;

import dev.herd.kernels.Kernels;
import dev.herd.kernels.MatMulContract;

/** The contract of products for those of many tokens. */
final class TiledProductsTest implements MatMulContract {
    private final Kernels kernels = new DeviceKernels(DeviceProducts.Form.TILES);

    @Override
    public Kernels kernels() {
        return kernels;
    }
}
