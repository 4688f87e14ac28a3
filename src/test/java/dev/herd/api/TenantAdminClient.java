package dev.herd.api;

import static io.restassured.RestAssured.given;

import io.restassured.http.ContentType;
import io.restassured.response.Response;
import io.restassured.specification.RequestSpecification;

/** What the tests of tenants do with the admin API. */
final class TenantAdminClient {
    private static int count;

    private TenantAdminClient() {}

    /** A request with a key. */
    static RequestSpecification with(String key) {
        return given().header("Authorization", "Bearer " + key).contentType(ContentType.JSON);
    }

    static RequestSpecification asOperator() {
        return with(TenantWireProfile.ADMIN_KEY);
    }

    /** A new tenant with these limits as JSON; its id. */
    static synchronized String tenant(String limits) {
        String id = "tenant-" + count++;
        asOperator()
                .body("{\"id\":\"" + id + "\",\"limits\":" + limits + "}")
                .post("/admin/v1/tenants")
                .then()
                .statusCode(201);
        return id;
    }

    /** A new key with these scopes, as JSON; the key itself. */
    static String key(String tenant, String scopes) {
        return asOperator()
                .body("{\"name\":\"test\",\"scopes\":" + scopes + "}")
                .post("/admin/v1/tenants/" + tenant + "/keys")
                .then()
                .statusCode(201)
                .extract()
                .path("key");
    }

    /** Writes, publishes and binds a policy; the number of its version. */
    static int bind(String tenant, String policy, String spec) {
        String draft = "/admin/v1/tenants/" + tenant + "/policies/" + policy + "/draft";
        Response before = asOperator().get(draft);
        RequestSpecification write = before.statusCode() == 200
                ? asOperator().header("If-Match", before.header("ETag"))
                : asOperator().header("If-None-Match", "*");
        write.body("{\"spec\":" + spec + "}").put(draft).then().statusCode(200);
        int version = asOperator()
                .post("/admin/v1/tenants/" + tenant + "/policies/" + policy + "/versions")
                .then()
                .extract()
                .path("version");
        bindVersion(tenant, policy, Integer.toString(version));
        return version;
    }

    /** Binds a version of a policy to a tenant. */
    static void bindVersion(String tenant, String policy, String version) {
        String bindings = "/admin/v1/tenants/" + tenant + "/bindings";
        asOperator()
                .header("If-Match", asOperator().get(bindings).header("ETag"))
                .body("{\"bindings\":[{\"scope\":\"tenant\",\"policy\":\"" + policy + "\",\"version\":\"" + version
                        + "\"}]}")
                .put(bindings)
                .then()
                .statusCode(200);
    }
}
