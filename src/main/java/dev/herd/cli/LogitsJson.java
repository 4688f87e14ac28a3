package dev.herd.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.util.MinimalPrettyPrinter;
import dev.herd.cli.LogProbs.Ranked;
import dev.herd.kernels.Floats;
import dev.herd.tokenizer.Tokenizer;
import java.io.IOException;
import java.io.PrintStream;
import java.util.Optional;

/** Writes the answer of {@code herd logits} as it is computed, one position per line. */
final class LogitsJson {
    private static final String POSITIONS = "positions";
    private static final double PRECISION = 1e6;

    private final PrintStream out;
    private final JsonGenerator json;
    private final int vocabularySize;
    private final Optional<Tokenizer> tokenizer;
    private final int top;

    LogitsJson(PrintStream out, int vocabularySize, Optional<Tokenizer> tokenizer, int top) throws IOException {
        this.out = out;
        this.json = new JsonFactory().createGenerator(out).disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);
        json.setPrettyPrinter(new LinePerPosition());
        this.vocabularySize = vocabularySize;
        this.tokenizer = tokenizer;
        this.top = top;
    }

    void begin(String model) throws IOException {
        json.writeStartObject();
        json.writeStringField("model", model);
        json.writeNumberField("vocabularySize", vocabularySize);
        json.writeArrayFieldStart(POSITIONS);
    }

    /** What follows {@code token}, by {@code [row]} of the logits. */
    void position(int position, int token, Floats logits, int row) throws IOException {
        json.writeStartObject();
        json.writeNumberField("position", position);
        json.writeNumberField("token", token);
        json.writeArrayFieldStart("top");
        for (Ranked ranked : LogProbs.top(logits, row, vocabularySize, top)) {
            json.writeStartObject();
            json.writeNumberField("token", ranked.token());
            json.writeNumberField("logProb", Math.round(ranked.logProb() * PRECISION) / PRECISION);
            if (tokenizer.isPresent()) {
                json.writeStringField("text", tokenizer.get().decode(ranked.token()));
            }
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    void end() throws IOException {
        json.writeEndArray();
        json.writeEndObject();
        json.close();
        out.println();
    }

    /** Compact, but for a newline before each position. */
    private static final class LinePerPosition extends MinimalPrettyPrinter {
        private static final long serialVersionUID = 1;

        @Override
        public void beforeArrayValues(JsonGenerator json) throws IOException {
            newLine(json);
        }

        @Override
        public void writeArrayValueSeparator(JsonGenerator json) throws IOException {
            json.writeRaw(',');
            newLine(json);
        }

        private static void newLine(JsonGenerator json) throws IOException {
            if (POSITIONS.equals(json.getOutputContext().getParent().getCurrentName())) {
                json.writeRaw('\n');
            }
        }
    }
}
