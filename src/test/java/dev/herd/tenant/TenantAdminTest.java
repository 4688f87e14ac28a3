package dev.herd.tenant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.herd.tenant.StoreException.Reason;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TenantAdminTest {
    @TempDir
    Path root;

    private TestTenancy tenancy;

    @BeforeEach
    void open() {
        tenancy = new TestTenancy(root);
        tenancy.tenant("a");
    }

    @AfterEach
    void close() {
        tenancy.close();
    }

    @Test
    void newTenantDoesNotInheritWhatAKilledDeletionHasLeft() throws Exception {
        TenantAdmin.NewKey key = tenancy.key("a", Scope.INFER);
        Files.writeString(root.resolve("tenants/a/usage.json"), "{}");
        Files.writeString(root.resolve("tenants/a/bindings.json"), "no JSON");
        Files.delete(root.resolve("tenants/a/tenant.json")); // the process was killed here

        tenancy.tenant("a");

        assertThat(tenancy.admin.keys("a")).isEmpty();
        Authenticator authenticator = tenancy.authenticator(Optional.empty(), Optional.empty());
        assertThatExceptionOfType(AuthException.class)
                .isThrownBy(
                        () -> authenticator.authenticate(new Credentials(List.of("Bearer " + key.text()), List.of())));
        assertThat(filesOf("a")).containsExactly("tenant.json");
    }

    @Test
    void deletionLeavesNothing() throws Exception {
        tenancy.key("a", Scope.INFER);
        Files.writeString(root.resolve("tenants/a/usage.json"), "{}");

        tenancy.admin.delete(TestTenancy.OPERATOR, "a", new Expected.Present());

        assertThat(filesOf("a")).isEmpty();
        List<String> lines = new ArrayList<>();
        tenancy.store.auditLog().read("a", 0, lines::add);
        assertThat(lines.toString()).doesNotContain("\"hash\":{");
    }

    private List<String> filesOf(String tenant) throws Exception {
        try (Stream<Path> files = Files.walk(root.resolve("tenants/" + tenant))) {
            return files.filter(Files::isRegularFile)
                    .map(file -> file.getFileName().toString())
                    .toList();
        }
    }

    @Test
    void tenantWhoseDocumentIsDamagedIsNotReplaced() throws Exception {
        tenancy.key("a", Scope.INFER);
        Files.writeString(root.resolve("tenants/a/tenant.json"), "{");
        try (TestTenancy restarted = new TestTenancy(root)) {
            assertThatExceptionOfType(StoreException.class)
                    .isThrownBy(() -> restarted.tenant("a"))
                    .matches(failure -> failure.reason() == Reason.EXISTS);
        }
        assertThat(filesOf("a")).hasSize(2);
    }

    @Test
    void operatorsKeysAreMadeRotatedAndEndedLikeAnyOther() {
        tenancy.admin.bootstrap(text -> {});
        String first = tenancy.admin.keys(Identity.OPERATOR).firstKey();

        TenantAdmin.NewKey second = tenancy.admin.rotate(TestTenancy.OPERATOR, Identity.OPERATOR, first, Duration.ZERO);

        assertThat(accepts(second)).isTrue();
        assertThat(tenancy.admin.key(Identity.OPERATOR, first).value().state(tenancy.clock.instant()))
                .isEqualTo(ApiKey.State.EXPIRED);
        TenantAdmin.NewKey third = key(Set.of(Scope.ADMIN));
        tenancy.admin.revoke(
                TestTenancy.OPERATOR, Identity.OPERATOR, third.key().value().id());
        assertThat(accepts(third)).isFalse();
        assertThatExceptionOfType(StoreException.class)
                .isThrownBy(() -> key(Set.of(Scope.INFER)))
                .matches(failure -> failure.reason() == Reason.INVALID);
    }

    @Test
    void startMakesAKeyForTheOperatorOnlyWhenNoneIsAccepted() {
        List<String> made = new ArrayList<>();
        tenancy.admin.bootstrap(made::add);
        tenancy.admin.bootstrap(made::add);
        assertThat(made).hasSize(1);

        tenancy.admin.revoke(
                TestTenancy.OPERATOR,
                Identity.OPERATOR,
                tenancy.admin.keys(Identity.OPERATOR).firstKey());
        tenancy.admin.bootstrap(made::add);

        assertThat(made).hasSize(2);
    }

    private TenantAdmin.NewKey key(Set<Scope> scopes) {
        return tenancy.admin.createKey(
                TestTenancy.OPERATOR,
                Identity.OPERATOR,
                new TenantAdmin.KeyRequest("k", scopes, null, Limits.NONE, List.of()));
    }

    private boolean accepts(TenantAdmin.NewKey key) {
        try {
            return tenancy.authenticator(Optional.empty(), Optional.empty())
                    .authenticate(new Credentials(List.of("Bearer " + key.text()), List.of()))
                    .isOperator();
        } catch (AuthException refused) {
            return false;
        }
    }
}
