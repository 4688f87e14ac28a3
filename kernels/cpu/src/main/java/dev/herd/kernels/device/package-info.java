/**
 * Devices that hold a whole decoder, and a vision encoder beside it: the seam between the engine and a GPU (docs/adr/0013).
 * The engine describes the model in {@link dev.herd.kernels.device.Decoder} and each step in
 * {@link dev.herd.kernels.device.DecoderStep}, the tower in {@link dev.herd.kernels.device.Encoder}; what lies behind is
 * found by {@link java.util.ServiceLoader}.
 */
@NullMarked
package dev.herd.kernels.device;

import org.jspecify.annotations.NullMarked;
