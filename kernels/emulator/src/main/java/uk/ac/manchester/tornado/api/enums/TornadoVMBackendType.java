package uk.ac.manchester.tornado.api.enums;

/** Ways to drive devices. */
public enum TornadoVMBackendType {
    OPENCL,
    CUDA,
    PTX
}
