package uk.ac.manchester.tornado.api;

import uk.ac.manchester.tornado.api.common.Access;

/** Arguments of a task that is given as source. */
public class AccessorParameters {
    private final Object[] arguments;

    public AccessorParameters(int count) {
        arguments = new Object[count];
    }

    public void set(int index, Object argument, Access access) {
        arguments[index] = argument;
    }
}
