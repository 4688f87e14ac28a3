package dev.herd.kernels.tornado;

import dev.herd.kernels.KernelContract;

/** The contract of the CPU's kernels for the device's, products being those for few tokens. */
final class DeviceKernelsTest extends KernelContract {
    DeviceKernelsTest() {
        super(new DeviceKernels(DeviceProducts.Form.FEW));
    }
}
