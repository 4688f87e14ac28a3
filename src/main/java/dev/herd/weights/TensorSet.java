package dev.herd.weights;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The tensors of a checkpoint by name, in file order. */
final class TensorSet {
    private final String source;
    private final Map<String, StoredTensor> byName = new LinkedHashMap<>();

    /** An empty set; {@code source} is what messages call the checkpoint. */
    TensorSet(String source) {
        this.source = source;
    }

    /** Adds a tensor, refusing a name that is taken. */
    void add(StoredTensor tensor) {
        StoredTensor other = byName.putIfAbsent(tensor.name(), tensor);
        if (other != null) {
            throw tensor.error(
                    other.file().equals(tensor.file()) ? "occurs twice" : "occurs in " + other.file() + " as well");
        }
    }

    /** The tensor called {@code name}, if there is one. */
    Optional<StoredTensor> find(String name) {
        return Optional.ofNullable(byName.get(name));
    }

    /** The tensor called {@code name}, which the model cannot do without. */
    StoredTensor require(String name) {
        return find(name).orElseThrow(() -> StoredTensor.error(source, name, "is missing"));
    }

    /** Whether there is a tensor called {@code name}. */
    boolean has(String name) {
        return byName.containsKey(name);
    }

    /** All tensors, in file order. */
    Collection<StoredTensor> all() {
        return byName.values();
    }

    /** Refuses tensors of one file that share bytes; such a file lies about at least one of them. */
    static void requireDisjoint(Collection<StoredTensor> tensors) {
        List<StoredTensor> sorted = new ArrayList<>(tensors);
        sorted.removeIf(tensor -> tensor.data().byteSize() == 0);
        // A lambda of ours, since the JVM keeps none of Comparator's in its AOT cache: they are serializable.
        sorted.sort((a, b) -> Long.compare(a.data().address(), b.data().address()));
        for (int i = 1; i < sorted.size(); i++) {
            StoredTensor before = sorted.get(i - 1);
            if (before.data().address() + before.data().byteSize()
                    > sorted.get(i).data().address()) {
                throw sorted.get(i).error("overlaps tensor '" + before.name() + "'");
            }
        }
    }
}
