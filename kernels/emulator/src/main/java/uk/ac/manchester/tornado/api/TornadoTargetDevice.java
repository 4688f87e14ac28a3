package uk.ac.manchester.tornado.api;

/** What a driver knows of a device. */
public interface TornadoTargetDevice {
    String getDeviceName();

    String getDeviceInfo();
}
