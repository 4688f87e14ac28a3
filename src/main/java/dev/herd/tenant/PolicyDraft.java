package dev.herd.tenant;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * A policy that is being worked on.
 *
 * @param name for people
 * @param spec the policy as its author wrote it
 */
public record PolicyDraft(String name, JsonNode spec) {}
