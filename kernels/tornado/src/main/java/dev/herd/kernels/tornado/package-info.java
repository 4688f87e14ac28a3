/**
 * GPU kernels: static Java methods that TornadoVM compiles for the device, one per operation.
 *
 * <p>Conventions. Floats are row-major FloatArrays, matrices IntArrays in a {@link dev.herd.kernels.tornado.DeviceFormat},
 * so a kernel needs no reinterpreting of bits, no halves and no 8-bit loads and runs on every device, save those for devices
 * that declare more ({@link dev.herd.kernels.tornado.Capabilities}). Shapes use the words
 * of the CPU kernels. Sizes are ints that TornadoVM compiles in; what changes per step is in the arrays of
 * {@link dev.herd.kernels.tornado.Step}. Kernels are launched for a bucket of tokens, and groups beyond the step's number
 * of tokens do nothing. Every class has a {@code grid} method per kernel: group sizes are constants that kernels rely on.
 * Outputs come first. {@code adds} = 1 adds to the output instead of overwriting it, so that projections go straight into
 * the residual stream.
 *
 * <p>Buffers of a step, for a bucket of T tokens:
 *
 * <pre>
 * step       IntArray   [Step.SIZE]            counts
 * places     IntArray   [T, Step.PLACE]        token id, position, tables, ...
 * tables     IntArray   [any]                  block ids of all sequences and both kinds
 * layer      IntArray   [1] per layer          which of the kind's blocks per step holds the layer (LayerCache.unit)
 * rotations  FloatArray [T, headSize]          cosine and sine per pair, computed by the host in double
 * factors    FloatArray [T]                    attention temperature of GLOBAL layers
 * cache      IntArray   one per layer of a block (KvLayout.layersPerBlock of them):
 *            [blocks, 2, kvHeads, blockSize, headWords], keys then values;
 *            headWords = headSize as F32, headSize / 2 as F16, headSize / 32 * 9 as Q8_0 (DeviceFormat.Q8_0's groups)
 * choice     IntArray   [T, expertsPerToken]   expert of each assignment a = t * expertsPerToken + k
 * scores     FloatArray [T, expertsPerToken]   sigmoid of its logit
 * order      IntArray   [T * expertsPerToken]  assignments, those of expert 0 first
 * offsets    IntArray   [2, experts + 1]       where each expert's begin in order: for products in tiles, and with rounded inputs
 * partial    FloatArray [T or those alone, splits, heads, headSize + 2]  unnormalised attention, maximum and sum of weights
 * halves     IntArray   [T, rowWords]          inputs of products on matrix units, and what they lost (HalfInputs)
 * scales     FloatArray [T]                    what the halves are to be multiplied by
 * products   FloatArray [tiles of tokens, tiles of 128 rows]  sums on their way out of matrix units; scores and sums of
 *            MmaAttention, too
 * </pre>
 *
 * <p>A layer of decoding is: rmsNorm, matVec q, k, v, place, attend, combine, matVec o (adds), rmsNorm, then dense: gateUp,
 * matVec down (adds); or mixture: Router.logits, route, gateUp and matVec down (adds) of the shared expert, expert gateUp,
 * expert down (adds). With many tokens matMul stands for matVec, two matMul and swiGlu for gateUp; and for the experts
 * group, three ExpertMatMul.matMul with activate after the second, and combine; NarrowMatMul.matMul for the router. On
 * devices with matrix units MmaMatMul stands for MatMul and ExpertMatMul, except for weights of 32 bits, and
 * HalfInputs.pack comes once before the products that share their inputs; addShares follows a product whose columns several
 * groups may have shared; and MmaAttention.attend stands for attend and combine if the cache is of halves, but for tokens that are
 * alone, for which attend of FewAttention and combine follow it.
 *
 * <p>With dp4a, for few tokens: rmsNorm of RoundedInputs, projections, place, attend of FewAttention, combine of RoundedAttention,
 * matVec o (adds), then dense: rmsNorm of RoundedInputs, gateUp, roundRows, matVec down (adds); or mixture: rmsNorm of RoutedNorm, and
 * gateUp, roundBoth and down (adds) of RoundedExperts, which choose, and compute the shared expert too. Rounded rows are in two
 * arrays of the layout of RoundedInputs. For many tokens, as long as few of them choose the same expert: roundOrdered and
 * RoundedExpertMatMul.matMul stand for pack and ExpertMatMul.matMul; both ways are launched, and group leaves the one that the step
 * does not take no assignments.
 *
 * <p>The vision encoder computes batches of tiles; a tile has a row per patch and one for the class token, R rows in all, and
 * becomes fewer image tokens, M in all. Their numbers are in step. It begins with unfold, matMul, embed, layerNorm. A layer is:
 * layerNorm, matMul and addBias for q, k and v, turnPairs for q and k, attend, matMul o (adds), addBias, layerNorm, matMul,
 * addBias, gelu, matMul (adds), addBias. It ends with layerNorm, mergePatches, matMul, gelu, matMul, gelu, matMul.
 *
 * <pre>
 * pixels     FloatArray [tiles, 3, side, side] normalised, from the host
 * rotations  FloatArray [rows of a tile, headSize]  cosine and sine per pair
 * hidden, normed, query, key, value
 *            FloatArray [R, hiddenSize]
 * wide       FloatArray [R, ffnSize or patchValues] or [M, mergedSize]
 * adapted    FloatArray [M, outputSize]        twice
 * projected  FloatArray [M, textSize]          to the host
 * </pre>
 *
 * <pre>
 * Embedding.embed(context, step, places, hidden, table, images, format, columns)
 * Norms.rmsNorm(context, step, out, x, weight, epsilon, size, countAt)
 * Norms.layerNorm(context, step, out, x, weight, bias, epsilon, size, countAt)
 * MatVec.matVec(context, step, out, x, w, format, rows, columns, countAt, adds)
 * MatMul.matMul(context, step, out, x, w, format, rows, columns, countAt, adds)
 * NarrowMatMul.matMul(context, step, out, x, w, format, rows, columns, countAt)
 * HalfInputs.pack(context, step, halves, scales, x, columns, perToken, countAt)
 * MmaMatMul.matMul(context, step, out, products, halves, scales, w, format, rows, columns, tile, countAt, adds)
 * MmaMatMul.addShares(context, step, out, products, scales, w, format, rows, columns, tile, countAt, adds)
 * MmaMatMul.expertMatMul(context, out, products, halves, scales, w, order, offsets, format, rows, columns, experts, perInput)
 * Gated.gateUp(context, step, out, x, gate, up, gateFormat, upFormat, rows, columns)
 * KeyValues.place(context, step, places, tables, layer, query, key, value, rotations, factors, cache,
 *         heads, kvHeads, headSize, blockSize, blocksPerStep, kind, epsilon, format)
 * Attention.attend(context, step, places, tables, layer, partial, query, cache,
 *         heads, kvHeads, headSize, blockSize, blocksPerStep, kind, format, splits)
 * FewAttention.attend(the same, alone)                                                            with dp4a
 * RunAttention.attend(the same, runLength)                                                        with dp4a
 * MmaAttention.attend(context, step, places, tables, layer, out, sums, query, cache,
 *         heads, kvHeads, headSize, blockSize, blocksPerStep, kind, strands)                      with matrix units
 * Attention.combine(context, step, places, out, partial, heads, headSize, splits, alone)
 * Router.logits(context, step, out, x, router, format, experts, columns)
 * Router.route(context, step, choice, scores, logits, experts, expertsPerToken)
 * Router.group(context, step, order, offsets, choice, experts, expertsPerToken, mostRounded)
 * Experts.gateUp(context, step, out, x, gate, up, choice, scores, gateFormat, upFormat, rows, columns, expertsPerToken)
 * Experts.down(context, step, out, x, down, choice, format, rows, columns, expertsPerToken)       adds
 * ExpertMatMul.matMul(context, out, x, w, order, offsets, format, rows, columns, experts, perInput)
 * Experts.activate(context, step, gate, up, scores, size, expertsPerToken)
 * Experts.combine(context, step, out, x, size, expertsPerToken)                                   adds
 * Elements.swiGlu(context, step, gate, up, size, countAt)
 * Elements.add(context, step, out, x, size, countAt)
 * Elements.addBias(context, step, x, bias, size, countAt)
 * Elements.gelu(context, step, x, size, countAt)
 * Elements.gatherLogitRows(context, step, places, out, hidden, size)
 * Vision.unfold(context, step, out, pixels, grid, patchSize)
 * Vision.embed(context, step, hidden, positions, classEmbedding, size, tileRows)
 * Vision.turnPairs(context, step, x, rotations, size, headSize, tileRows)
 * Vision.attend(context, step, out, query, key, value, heads, headSize, tileRows)
 * MmaVision.attend(context, step, out, sums, query, key, value, heads, headSize, tileRows, strands)  with matrix units
 * Vision.mergePatches(context, step, out, encoded, grid, factor, size)
 * RoundedInputs.roundRows(context, step, levels, factors, x, first, columns, countAt, perCount)
 * RoundedInputs.roundOrdered(context, levels, factors, x, order, offsets, columns, experts, perInput)
 * RoundedInputs.roundBoth(context, step, levels, factors, shared, routed, sharedFirst, routedFirst,
 *         sharedColumns, columns, expertsPerToken)
 * RoundedInputs.rmsNorm(context, step, levels, factors, x, weight, epsilon, size, countAt)
 * RoundedAttention.combine(context, step, levels, factors, partial, heads, headSize, splits)
 * RoutedNorm.rmsNorm(context, step, logits, levels, factors, x, weight, router, epsilon, format, experts, size)
 * RoundedProducts.matVec(context, step, out, levels, factors, w, format, first, rows, columns, countAt, adds)
 * RoundedProducts.projections(context, step, query, key, value, levels, factors, queryProj, keyProj, valueProj,
 *         formats, queryRows, keyRows, columns)
 * RoundedProducts.gateUp(context, step, out, levels, factors, gate, up, gateFormat, upFormat, rows, columns)
 * RoundedExperts.gateUp(context, step, shared, routed, levels, factors, sharedGate, sharedUp, gate, up, choice, logits,
 *         sharedFormats, formats, sharedRows, rows, columns, experts, expertsPerToken)
 * RoundedExperts.down(context, step, out, levels, factors, sharedDown, down, choice, sharedFormat, format,
 *         sharedFirst, routedFirst, rows, sharedColumns, columns, expertsPerToken)                adds
 * RoundedExpertMatMul.matMul(context, out, levels, factors, w, order, offsets, format, rows, columns, experts)
 * Sampling.topOfParts(context, step, places, temperatures, values, ids, logits, size, count)
 * Sampling.top(context, step, places, temperatures, topValues, topIds, values, ids, parts, count)
 * </pre>
 */
@NullMarked
package dev.herd.kernels.tornado;

import org.jspecify.annotations.NullMarked;
