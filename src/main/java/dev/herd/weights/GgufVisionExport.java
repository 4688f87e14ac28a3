package dev.herd.weights;

import dev.herd.kernels.Floats;
import dev.herd.kernels.TensorType;
import dev.herd.kernels.WeightMatrix;
import dev.herd.weights.VisionTensors.LayerNames;
import dev.herd.weights.VisionTensors.Names;
import dev.herd.weights.VisionWeights.Layer;
import dev.herd.weights.VisionWeights.Linear;
import dev.herd.weights.VisionWeights.Norm;
import java.nio.file.Path;
import java.util.List;

/** Writes the vision tower of any checkpoint as a GGUF file to lie beside the text model's, an {@code mmproj} file. */
public final class GgufVisionExport {
    private static final Names NAMES = GgufVision.NAMES;

    private final GgufWriter writer = new GgufWriter();
    private final TensorType matrixType;

    private GgufVisionExport(TensorType matrixType) {
        this.matrixType = matrixType;
    }

    /**
     * Writes the tower of {@code source} to {@code target}, replacing it.
     *
     * @param matrixType encoding of matrices, as {@link GgufExport#write} takes it
     * @throws CheckpointException if there is no tower, or the file cannot be written
     */
    public static void write(Checkpoint source, TensorType matrixType, Path target) {
        VisionTower tower = source.vision()
                .orElseThrow(() -> new CheckpointException(source.name() + ": has no vision tower to be written"));
        GgufExport.requireWritable(matrixType, target);
        writer(source.name(), tower, source.config().hiddenSize(), matrixType).writeTo(target);
    }

    private static GgufWriter writer(String name, VisionTower tower, int textSize, TensorType matrixType) {
        GgufVisionExport export = new GgufVisionExport(matrixType);
        putMetadata(export.writer, name, tower.config(), textSize);
        export.putTensors(tower.weights());
        return export.writer;
    }

    /** The metadata of a tower for a text decoder of width {@code textSize}. */
    static void putMetadata(GgufWriter writer, String name, VisionConfig config, int textSize) {
        writer.text(GgufKeys.ARCHITECTURE, GgufVision.ARCHITECTURE)
                .text("general.type", "mmproj")
                .text(GgufKeys.NAME, name)
                .flag(GgufVision.HAS_TOWER, true)
                .flag(GgufVision.USE_GELU, true)
                .text(GgufVision.PROJECTOR_TYPE, GgufVision.PROJECTOR)
                .uint32(GgufVision.IMAGE_SIZE, config.tileSize())
                .uint32(GgufVision.PATCH_SIZE, config.patchSize())
                .uint32(GgufVision.EMBEDDING_LENGTH, config.hiddenSize())
                .uint32(GgufVision.FEED_FORWARD_LENGTH, config.ffnSize())
                .uint32(GgufVision.BLOCK_COUNT, config.layerCount())
                .uint32(GgufVision.HEAD_COUNT, config.headCount())
                .float32(GgufVision.NORM_EPSILON, config.normEpsilon())
                .uint32(GgufVision.PROJECTION_DIM, textSize)
                .uint32(GgufVision.SCALE_FACTOR, config.shuffleFactor())
                .float32s(GgufVision.IMAGE_MEAN, 0.5f, 0.5f, 0.5f)
                .float32s(GgufVision.IMAGE_STD, 0.5f, 0.5f, 0.5f);
        if (config.ropeTheta() != GgufVision.DEFAULT_ROPE_THETA) {
            writer.float32(GgufVision.ROPE_FREQ_BASE, config.ropeTheta());
        }
    }

    private void putTensors(VisionWeights weights) {
        putMatrix(NAMES.patchProj(), weights.patchProj());
        GgufExport.putFloats(writer, NAMES.classEmbedding(), weights.classEmbedding());
        long width = weights.classEmbedding().size();
        Floats positions = weights.positions();
        writer.tensor(
                NAMES.positions(),
                TensorType.F32,
                List.of(width, positions.size() / width),
                sink -> sink.write(positions.segment()));
        putNorm(NAMES.preNorm(), weights.preNorm());
        for (int layer = 0; layer < weights.layers().size(); layer++) {
            putLayer(NAMES.layer().formatted(layer), weights.layers().get(layer));
        }
        putNorm(NAMES.postNorm(), weights.postNorm());
        putMatrix(NAMES.adapterIn(), weights.adapterIn());
        putMatrix(NAMES.adapterOut(), weights.adapterOut());
        putMatrix(NAMES.projector(), weights.projector());
    }

    private void putLayer(String prefix, Layer layer) {
        LayerNames in = NAMES.inLayer();
        putNorm(prefix + in.attentionNorm(), layer.attentionNorm());
        putLinear(prefix + in.query(), layer.queryProj());
        putLinear(prefix + in.key(), layer.keyProj());
        putLinear(prefix + in.value(), layer.valueProj());
        putLinear(prefix + in.output(), layer.outputProj());
        putNorm(prefix + in.ffnNorm(), layer.ffnNorm());
        putLinear(prefix + in.ffnIn(), layer.ffnIn());
        putLinear(prefix + in.ffnOut(), layer.ffnOut());
    }

    private void putLinear(String name, Linear linear) {
        putMatrix(name, linear.weight());
        GgufExport.putFloats(writer, name + ".bias", linear.bias());
    }

    private void putNorm(String name, Norm norm) {
        GgufExport.putFloats(writer, name + ".weight", norm.weight());
        GgufExport.putFloats(writer, name + ".bias", norm.bias());
    }

    private void putMatrix(String name, WeightMatrix matrix) {
        GgufExport.putMatrix(writer, name + ".weight", matrix, matrixType);
    }
}
