package uk.ac.manchester.tornado.api.exceptions;

/** Declared where TornadoVM declares it; nothing here throws it. */
public class TornadoExecutionPlanException extends Exception {
    public TornadoExecutionPlanException(String message) {
        super(message);
    }
}
