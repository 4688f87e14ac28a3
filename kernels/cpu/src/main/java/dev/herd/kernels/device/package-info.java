/**
 * Devices that hold a whole decoder: the seam between the engine and a GPU (docs/adr/0007). The engine describes the model
 * in {@link dev.herd.kernels.device.Decoder} and each step in {@link dev.herd.kernels.device.DecoderStep}; what lies behind
 * is found by {@link java.util.ServiceLoader}.
 */
@NullMarked
package dev.herd.kernels.device;

import org.jspecify.annotations.NullMarked;
