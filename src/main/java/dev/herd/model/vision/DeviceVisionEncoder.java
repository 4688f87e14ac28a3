package dev.herd.model.vision;

import dev.herd.kernels.Floats;
import dev.herd.kernels.device.Encoder;
import dev.herd.kernels.device.LoadedEncoder;
import dev.herd.weights.VisionConfig;
import dev.herd.weights.VisionTower;
import dev.herd.weights.VisionWeights;
import java.lang.foreign.Arena;
import java.util.List;

/**
 * The vision tower on a device: what {@link VisionEncoder} computes, told to the device once as a whole ({@link #describe})
 * and then batch by batch. Rotations are the host's.
 */
public final class DeviceVisionEncoder implements TileEncoder {
    private final LoadedEncoder encoder;
    private final TileLimits limits;

    /**
     * @param encoder what a device made of {@link #describe}; closed with this
     * @param maxTiles tiles of the largest batch
     */
    public DeviceVisionEncoder(VisionConfig config, LoadedEncoder encoder, int maxTiles) {
        this.encoder = encoder;
        this.limits = new TileLimits(maxTiles, config.tileSize());
    }

    /**
     * The tower in the words of {@link Encoder}.
     *
     * @param maxTiles tiles of the largest batch
     */
    public static Encoder describe(VisionTower tower, int maxTiles) {
        VisionConfig config = tower.config();
        VisionWeights weights = tower.weights();
        return new Encoder(
                new Encoder.Sizes(
                        config.gridSize(),
                        config.patchSize(),
                        config.hiddenSize(),
                        config.headCount(),
                        config.shuffleFactor(),
                        config.normEpsilon(),
                        maxTiles),
                weights.patchProj(),
                weights.classEmbedding(),
                weights.positions(),
                PatchRope.rotations(config, Arena.ofAuto()),
                norm(weights.preNorm()),
                weights.layers().stream().map(DeviceVisionEncoder::layer).toList(),
                norm(weights.postNorm()),
                weights.adapterIn(),
                weights.adapterOut(),
                weights.projector());
    }

    private static Encoder.Layer layer(VisionWeights.Layer layer) {
        return new Encoder.Layer(
                norm(layer.attentionNorm()),
                linear(layer.queryProj()),
                linear(layer.keyProj()),
                linear(layer.valueProj()),
                linear(layer.outputProj()),
                norm(layer.ffnNorm()),
                linear(layer.ffnIn()),
                linear(layer.ffnOut()));
    }

    private static Encoder.Norm norm(VisionWeights.Norm norm) {
        return new Encoder.Norm(norm.weight(), norm.bias());
    }

    private static Encoder.Linear linear(VisionWeights.Linear linear) {
        return new Encoder.Linear(linear.weight(), linear.bias());
    }

    @Override
    public Floats encode(List<Tile> tiles) {
        limits.check(tiles);
        return encoder.encode(tiles.stream()
                .map(tile -> new Encoder.Tile(
                        tile.picture().values(), tile.index() * tile.picture().tileValues()))
                .toList());
    }

    @Override
    public void close() {
        encoder.close();
    }
}
