/**
 * Runs GPU kernels in plain Java and watches them.
 *
 * <p>{@code uk.ac.manchester.tornado.api} in this module is our own, small statement of the part of TornadoVM's API that
 * Herd uses, so that kernels and the code that drives them compile and run without an SDK. This package executes what is
 * given to it: {@link dev.herd.kernels.emulator.Launch} takes a kernel through all its work groups, the work items of a
 * group being continuations of one thread that pass the turn on at barriers. Kernels are rewritten when they are loaded
 * ({@link dev.herd.kernels.emulator.KernelCode}), so that each access to an array is seen by a
 * {@link dev.herd.kernels.emulator.AccessLog}, and faults that a device commits in silence end the launch with a
 * {@link dev.herd.kernels.emulator.KernelFault}:
 *
 * <ul>
 *   <li>an index outside an array, whether in global or in local memory;
 *   <li>a read of local memory that this group has not written;
 *   <li>a barrier that not all items of a group reach, or at which they meet from different places;
 *   <li>a race: two items touch one element, one of them writes, and no barrier of the memory's kind lies between (for
 *       items of different groups: at all, since nothing orders groups);
 *   <li>a call of matrix units ({@link dev.herd.kernels.emulator.MatrixUnits}) that not all items of a warp make alike, or
 *       at an address that they do not take.
 * </ul>
 *
 * <p>The JVM needs {@code --add-exports java.base/jdk.internal.vm=ALL-UNNAMED}.
 */
@NullMarked
package dev.herd.kernels.emulator;

import org.jspecify.annotations.NullMarked;
