package dev.herd.kernels.tornado;

import dev.herd.kernels.Kernels;
import dev.herd.kernels.MatMulContract;
import dev.herd.kernels.WeightMatrix;

/** The contract of products for those of many tokens as the device gets them: on matrix units, if it has some. */
final class HalfProductsTest implements MatMulContract {
    private final Kernels kernels =
            new DeviceKernels(Device.hasMma() ? DeviceProducts.Form.HALVES : DeviceProducts.Form.TILES);

    @Override
    public Kernels kernels() {
        return kernels;
    }

    @Override
    public double matMulTolerance(WeightMatrix weights) {
        return Device.hasMma()
                ? HalfProducts.tolerance(DeviceFormat.of(weights))
                : MatMulContract.super.matMulTolerance(weights);
    }
}
