package dev.herd.safety;

/**
 * Which request is judged, for the record.
 *
 * @param assessmentId {@code sa_} and 32 digits
 * @param requestId of the HTTP request
 * @param model name and fingerprint of the model
 */
public record Subject(String assessmentId, String requestId, Caller caller, EffectivePolicy policy, String model) {}
