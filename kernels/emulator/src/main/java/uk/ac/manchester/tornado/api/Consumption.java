package uk.ac.manchester.tornado.api;

import java.util.List;

/** Arrays that a graph takes over from another. */
record Consumption(String graph, List<Object> arrays) {
    Consumption {
        arrays = List.copyOf(arrays);
    }
}
