package uk.ac.manchester.tornado.api;

/** TornadoVM's runtime. */
public interface TornadoRuntime {
    TornadoBackend getBackend(int index);
}
