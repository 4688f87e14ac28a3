package dev.herd.tenant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.databind.JsonNode;
import dev.herd.safety.EffectivePolicy;
import dev.herd.safety.Policies;
import dev.herd.safety.PolicyException;
import dev.herd.safety.PolicyQuery;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TenantDirectoryTest {
    @TempDir
    Path root;

    private TestTenancy tenancy;
    private TenantPolicies source;

    @BeforeEach
    void open() throws PolicyException {
        tenancy = new TestTenancy(root);
        tenancy.tenant("a");
        source = new TenantPolicies(tenancy.directory, Optional.empty(), Policies.standard());
        publish("strict", "{\"pii\":{\"input\":\"block\"}}");
        publish("mild", "{\"pii\":{\"input\":\"annotate\"}}");
    }

    @AfterEach
    void close() {
        tenancy.close();
    }

    private PolicyVersion publish(String id, String spec) throws PolicyException {
        try {
            tenancy.policies.writeDraft(
                    TestTenancy.OPERATOR,
                    "a",
                    id,
                    new PolicyDraft(id, Documents.JSON.readTree(spec)),
                    new Expected.Anything());
        } catch (com.fasterxml.jackson.core.JsonProcessingException impossible) {
            throw new IllegalStateException(impossible);
        }
        return tenancy.policies
                .publish(TestTenancy.OPERATOR, "a", id, new Expected.Anything())
                .version()
                .value();
    }

    private void bind(Binding... bindings) {
        tenancy.policies.bind(TestTenancy.OPERATOR, "a", new Binding.Table(List.of(bindings)), new Expected.Anything());
    }

    private static Binding binding(
            Binding.Scope scope, @Nullable String target, String policy, @Nullable Integer share) {
        return new Binding(scope, target, policy, Binding.LATEST, share);
    }

    @Test
    void damagedDocumentLeavesWhatWasBefore() throws Exception {
        Path file = root.resolve("tenants/a/tenant.json");
        String good = Files.readString(file);

        Files.writeString(file, good.replace("\"limits\"", "\"limitz\""));
        tenancy.directory.refresh();
        tenancy.directory.refresh();

        assertThat(tenancy.directory.snapshot().tenants()).containsKey("a");
        assertThat(tenancy.complaints).hasSize(1).first().asString().contains("tenants/a/tenant.json", "limitz");
        assertThat(tenancy.directory.failures()).isEqualTo(1);
        Files.writeString(file, good.replaceFirst("\"limits\" : \\{[^}]*},", ""));
        tenancy.directory.refresh();
        assertThat(tenancy.complaints).hasSize(2).last().asString().contains("'limits' is missing");
        Files.writeString(file, good.replaceFirst("\"auditDays\" : 30", "\"auditDays\" : -1"));
        tenancy.directory.refresh();
        assertThat(tenancy.complaints).hasSize(3).last().asString().contains("auditDays");
        Files.writeString(file, good.replace("\"name\" : \"a\"", "\"name\" : \"Alpha\""));
        tenancy.directory.refresh();
        assertThat(tenancy.admin.tenant("a").tenant().value().name()).isEqualTo("Alpha");
    }

    @Test
    void nonsenseInOneDocumentHidesNoOther() throws Exception {
        Path bindings = root.resolve("tenants/a/bindings.json");
        Path tenant = root.resolve("tenants/a/tenant.json");
        Files.writeString(root.resolve("tenants/a/policies/mild/v2.json"), "{\"version\":2}");
        Files.writeString(bindings, "{\"bindings\":[{\"policy\":\"mild\",\"version\":\"1\"}]}");
        Files.writeString(
                root.resolve("tenants/a/policies/strict/draft.json"), "{\"name\":\"strict\",\"spec\":{},\"spec\":1}");
        Files.writeString(tenant, Files.readString(tenant).replace("\"name\" : \"a\"", "\"name\" : \"Alpha\""));

        tenancy.directory.refresh();

        assertThat(tenancy.complaints).hasSize(3).anyMatch(line -> line.startsWith("tenants/a/policies/mild/v2.json"));
        assertThat(tenancy.admin.tenant("a").tenant().value().name()).isEqualTo("Alpha");
    }

    @Test
    void copiedDocumentsDoNotActForWhomTheyWereCopiedFrom() throws Exception {
        TenantAdmin.NewKey key = tenancy.key("a", Scope.INFER);
        Path copy = Files.createDirectories(root.resolve("tenants/b/keys"));
        Files.copy(root.resolve("tenants/a/tenant.json"), copy.resolveSibling("tenant.json"));
        Files.copy(
                root.resolve("tenants/a/keys/" + key.key().value().id() + ".json"), copy.resolve("aaaaaaaaaaaa.json"));
        Files.copy(root.resolve("tenants/a/policies/mild/v1.json"), root.resolve("tenants/a/policies/mild/v2.json"));

        tenancy.directory.refresh();

        assertThat(tenancy.directory.snapshot().tenants()).containsOnlyKeys("a");
        assertThat(tenancy.policies.policy("a", "mild").versions()).containsOnlyKeys(1);
        assertThat(tenancy.complaints).hasSize(3).allMatch(line -> line.contains("not its own"));
    }

    @Test
    void floorThatContradictsAPublishedPolicyIsRefused() throws Exception {
        publish("words", "{\"words\":[{\"id\":\"w\",\"terms\":[\"mild\"]}]}");
        JsonNode floor = Documents.JSON.readTree("{\"words\":[{\"id\":\"w\",\"terms\":[\"wild\"]}]}");

        assertThatExceptionOfType(StoreException.class)
                .isThrownBy(() -> tenancy.policies.writeFloor(TestTenancy.OPERATOR, floor, new Expected.Absent()))
                .withMessageContaining("words@1 of tenant 'a'");
        assertThat(tenancy.policies.floor()).isEmpty();
        // No tenant can keep the operator from it.
        Stored<Tenant> before = tenancy.admin.tenant("a").tenant();
        Tenant suspended = new Tenant("a", "a", Tenant.Status.SUSPENDED, 0, Limits.NONE, false, 30);
        tenancy.admin.update(TestTenancy.OPERATOR, before, suspended, new Expected.Present());
        tenancy.policies.writeFloor(TestTenancy.OPERATOR, floor, new Expected.Absent());
        assertThat(tenancy.policies.floor()).isPresent();
    }

    @Test
    void publishedPolicyThatSomebodyEditedIsNotUsed() throws Exception {
        bind(binding(Binding.Scope.TENANT, null, "strict", null));
        String before = policy("m", "r").policy().sha256();
        Path file = root.resolve("tenants/a/policies/strict/v1.json");

        Files.writeString(file, Files.readString(file).replace("block", "allow"));
        tenancy.directory.refresh();

        assertThat(policy("m", "r").policy().sha256()).isEqualTo(before);
        assertThat(tenancy.complaints).hasSize(1).first().asString().contains("v1.json");
    }

    @Test
    void mostSpecificBindingDecides() {
        String key = tenancy.key("a", Scope.INFER).key().value().id();
        bind(binding(Binding.Scope.TENANT, null, "mild", null), binding(Binding.Scope.MODEL, "m", "strict", null));

        assertThat(policy("m", "r").id()).isEqualTo("strict");
        assertThat(policy("n", "r").id()).isEqualTo("mild");
        bind(binding(Binding.Scope.MODEL, "m", "strict", null), binding(Binding.Scope.ROUTE, "r", "mild", null));
        assertThat(policy("m", "r").id()).isEqualTo("mild");
        assertThat(policy("n", "s").id()).isEqualTo("default");
        bind(binding(Binding.Scope.ROUTE, "r", "mild", null), binding(Binding.Scope.API_KEY, key, "strict", null));
        assertThat(policy("m", "r").id()).isEqualTo("mild");
        assertThat(source.policyFor(caller("a", key), query("m", "r", Optional.empty(), "q"))
                        .orElseThrow()
                        .label())
                .isEqualTo("strict@1");
    }

    @Test
    void canaryTakesItsShareAndAlwaysTheSame() {
        bind(binding(Binding.Scope.TENANT, null, "strict", 20), binding(Binding.Scope.TENANT, null, "mild", null));
        Map<String, Integer> counts = new TreeMap<>();
        for (int i = 0; i < 5000; i++) {
            PolicyQuery query = query("m", "r", Optional.empty(), "req_" + i);
            String id = source.policyFor(caller("a", "k"), query).orElseThrow().id();
            assertThat(source.policyFor(caller("a", "k"), query).orElseThrow().id())
                    .isEqualTo(id);
            counts.merge(id, 1, Integer::sum);
        }

        assertThat(counts.get("strict")).isBetween(850, 1150);
    }

    @Test
    void requestsMayAskForWhatTheirKeyWasGranted() {
        TenantAdmin.NewKey key = tenancy.admin.createKey(
                TestTenancy.OPERATOR,
                "a",
                new TenantAdmin.KeyRequest(
                        "k", java.util.Set.of(Scope.INFER), null, Limits.NONE, List.of("strict", "mild@1")));
        String id = key.key().value().id();

        assertThat(wanted(id, "strict").orElseThrow().label()).isEqualTo("strict@1");
        assertThat(wanted(id, "strict@1")).isPresent();
        assertThat(wanted(id, "mild@1")).isPresent();
        assertThat(wanted(id, "mild")).isEmpty();
        assertThat(wanted(id, "strict@2")).isEmpty();
        assertThat(wanted(id, "nothing")).isEmpty();
        assertThat(wanted("other", "strict")).isEmpty();
    }

    private Optional<EffectivePolicy> wanted(String key, String policy) {
        return source.policyFor(caller("a", key), query("m", "r", Optional.of(policy), "q"));
    }

    @Test
    void latestMovesWithPublishingAndPinnedVersionsStay() throws Exception {
        bind(binding(Binding.Scope.TENANT, null, "mild", null));
        EffectivePolicy inFlight = policy("m", "r");

        publish("mild", "{\"pii\":{\"input\":\"redact\"}}");

        assertThat(policy("m", "r").label()).isEqualTo("mild@2");
        assertThat(inFlight.label()).isEqualTo("mild@1");
        assertThat(inFlight.policy().sha256())
                .isNotEqualTo(policy("m", "r").policy().sha256());
        bind(new Binding(Binding.Scope.TENANT, null, "mild", "1", null));
        assertThat(policy("m", "r").policy().sha256())
                .isEqualTo(inFlight.policy().sha256());
    }

    @Test
    void changesAreAuditedWithTheirDifferencesAndWithoutHashes() {
        tenancy.key("a", Scope.INFER);
        List<String> lines = new java.util.ArrayList<>();
        tenancy.store.auditLog().read("a", 0, lines::add);

        assertThat(lines)
                .anySatisfy(line -> assertThat(line)
                        .contains("\"change\":\"create key\"", "\"actor\":\"operator/test\"")
                        .doesNotContain("\"path\":\"/hash\"", "\"hash\":{"));
        assertThat(lines).anySatisfy(line -> assertThat(line).contains("\"change\":\"publish policy\""));
        assertThat(tenancy.store.auditLog().verify("a").isWhole()).isTrue();
    }

    private EffectivePolicy policy(String model, String route) {
        return source.policyFor(caller("a", "k"), query(model, route, Optional.empty(), "q"))
                .orElseThrow();
    }

    private static dev.herd.safety.Caller caller(String tenant, String key) {
        return new dev.herd.safety.Caller(tenant, key, "", "");
    }

    private static PolicyQuery query(String model, String route, Optional<String> wanted, String request) {
        return new PolicyQuery(wanted, model, route, request);
    }
}
