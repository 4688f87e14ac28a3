package uk.ac.manchester.tornado.api;

import java.util.List;

/** Arrays of a graph that are copied together, at the times that {@code DataTransferMode} names. */
record Transfer(int mode, List<Object> arrays) {
    Transfer {
        arrays = List.copyOf(arrays);
    }
}
