package dev.herd.tenant;

/**
 * What a document states.
 *
 * @param etag tells this text of the document from others
 */
public record Stored<T>(T value, String etag) {}
