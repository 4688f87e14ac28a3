package uk.ac.manchester.tornado.api;

import java.util.List;
import uk.ac.manchester.tornado.api.TaskGraph.Task;

/** A task graph as it was when the snapshot was taken. */
public class ImmutableTaskGraph {
    final String name;
    final List<Task> tasks;
    final List<Transfer> toDevice;
    final List<Transfer> toHost;
    final List<Consumption> consumed;
    final List<Object> persisted;

    ImmutableTaskGraph(
            String name,
            List<Task> tasks,
            List<Transfer> toDevice,
            List<Transfer> toHost,
            List<Consumption> consumed,
            List<Object> persisted) {
        this.name = name;
        this.tasks = List.copyOf(tasks);
        this.toDevice = List.copyOf(toDevice);
        this.toHost = List.copyOf(toHost);
        this.consumed = List.copyOf(consumed);
        this.persisted = List.copyOf(persisted);
    }
}
