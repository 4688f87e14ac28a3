package dev.herd.kernels.tornado;

import dev.herd.kernels.Kernels;
import dev.herd.kernels.MatMulContract;
import dev.herd.kernels.WeightMatrix;

/** The contract of products for those of few tokens as the device gets them: with {@code dp4a}, if it has that. */
final class RoundedProductsTest implements MatMulContract {
    private static final double HALF_STEP = 1 / 254d;

    private final Kernels kernels =
            new DeviceKernels(Device.hasDp4a() ? DeviceProducts.Form.ROUNDED : DeviceProducts.Form.FEW);

    @Override
    public Kernels kernels() {
        return kernels;
    }

    @Override
    public double inputRounding(WeightMatrix weights) {
        return Device.hasDp4a() && RoundedRows.takes(DeviceFormat.of(weights)) ? 1.001 * HALF_STEP : 0;
    }
}
