package dev.herd.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.herd.cli.PeerComparison.Sample;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/**
 * What a comparison with llama.cpp found. Ratios are formed within a round, so that their spread shows how much of a
 * difference is noise.
 *
 * @param herd Herd's samples, one for each round
 * @param peer the peer's, in the same order
 */
record PeerReport(PeerComparison.Work work, List<Sample> herd, List<Sample> peer) {
    private static final double BYTES_PER_MIB = 1 << 20;

    private static final List<Figure> FIGURES = List.of(
            new Figure("prompt", "tokens/s", "promptTokensPerSecond", 1, Sample::prompt),
            new Figure("decode", "tokens/s", "decodeTokensPerSecond", 1, Sample::decode),
            new Figure("first token", "s", "secondsFromProcessStartToFirstToken", 2, Sample::firstToken),
            new Figure("peak memory", "MiB", "peakMemoryMebibytes", 0, sample -> sample.peakMemory() / BYTES_PER_MIB));

    PeerReport {
        herd = List.copyOf(herd);
        peer = List.copyOf(peer);
    }

    void writeText(Console console) {
        console.out().printf("%-12s %s%n", "model", work.model().getFileName());
        console.out().printf("%-12s %s%n", "herd", herd.getFirst().backend());
        console.out().printf("%-12s %s%n", "peer", peer.getFirst().backend());
        console.out()
                .printf(
                        "%-12s prompt %d, decode %d tokens, %d threads, %d rounds; median (min to max)%n%n",
                        "work", work.prompt(), work.decode(), work.threads(), herd.size());
        console.out().printf("%-24s %-28s %-28s %s%n", "", "herd", "peer", "herd / peer");
        for (Figure figure : FIGURES) {
            console.out()
                    .printf(
                            Locale.ROOT,
                            "%-24s %-28s %-28s %s%n",
                            figure.name() + ", " + figure.unit(),
                            spread(herd, figure).text(figure.decimals()),
                            spread(peer, figure).text(figure.decimals()),
                            ratio(figure).text(2));
        }
        console.out().println("\nThe prompt and decode rows are better when higher, the others when lower.");
    }

    void writeJson(Console console) throws IOException {
        JsonGenerator json = new JsonFactory().createGenerator(console.out()).useDefaultPrettyPrinter();
        json.disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);
        json.writeStartObject();
        json.writeStringField("model", work.model().getFileName().toString());
        json.writeNumberField("promptTokens", work.prompt());
        json.writeNumberField("decodeTokens", work.decode());
        json.writeNumberField("threads", work.threads());
        json.writeNumberField("rounds", herd.size());
        writeSide(json, "herd", herd);
        writeSide(json, "peer", peer);
        json.writeObjectFieldStart("ratios");
        for (Figure figure : FIGURES) {
            ratio(figure).write(json, figure.field());
        }
        json.writeEndObject();
        json.writeEndObject();
        json.close();
        console.out().println();
    }

    private static void writeSide(JsonGenerator json, String side, List<Sample> samples) throws IOException {
        json.writeObjectFieldStart(side);
        json.writeStringField("backend", samples.getFirst().backend());
        for (Figure figure : FIGURES) {
            spread(samples, figure).write(json, figure.field());
        }
        json.writeEndObject();
    }

    private static Spread spread(List<Sample> samples, Figure figure) {
        return Spread.of(samples.stream().mapToDouble(figure.value()).toArray());
    }

    private Spread ratio(Figure figure) {
        double[] ratios = new double[herd.size()];
        for (int round = 0; round < ratios.length; round++) {
            ratios[round] = figure.value().applyAsDouble(herd.get(round))
                    / figure.value().applyAsDouble(peer.get(round));
        }
        return Spread.of(ratios);
    }

    /** A row of the report. */
    private record Figure(String name, String unit, String field, int decimals, ToDoubleFunction<Sample> value) {}
}
