package dev.herd.api;

import static dev.herd.api.TenantAdminClient.key;
import static dev.herd.api.TenantAdminClient.with;

import dev.herd.runtime.ScriptedOpener;
import io.restassured.response.ValidatableResponse;
import jakarta.inject.Inject;
import org.junit.jupiter.api.BeforeEach;

/** What tests of tenants over HTTP share. */
abstract class TenantWire {
    static final String ALL_SCOPES =
            "[\"infer\",\"moderate\",\"policy:read\",\"policy:write\",\"audit:read\",\"admin\"]";
    static final String INFER = "[\"infer\"]";
    static final String CHAT = "{\"model\":\"herd-tiny\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}";

    @Inject
    ScriptedOpener model;

    @BeforeEach
    void answerReadily() {
        model.runner().release();
        model.say("Hello, world!");
    }

    static ValidatableResponse chat(String key, String body) {
        return with(key).body(body).post("/v1/chat/completions").then();
    }
}
