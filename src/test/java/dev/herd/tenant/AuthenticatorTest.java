package dev.herd.tenant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AuthenticatorTest {
    private static final String ADMIN_KEY = "an operator's key of more than 32 characters";

    @TempDir
    Path root;

    private TestTenancy tenancy;
    private Authenticator authenticator;

    @BeforeEach
    void open() {
        tenancy = new TestTenancy(root);
        tenancy.tenant("a");
        tenancy.tenant("b");
        authenticator = tenancy.authenticator(Optional.empty(), Optional.of(ADMIN_KEY));
    }

    @AfterEach
    void close() {
        tenancy.close();
    }

    @Test
    void keyTellsItsTenantAndScopes() {
        TenantAdmin.NewKey key = tenancy.key("a", Scope.INFER, Scope.AUDIT_READ);

        Identity identity = authenticate(key.text());

        assertThat(identity.caller().tenant()).isEqualTo("a");
        assertThat(identity.caller().key()).isEqualTo(key.key().value().id());
        assertThat(identity.caller().cacheSalt()).isEqualTo(tenancy.serverKey.cacheSalt("a", 0));
        assertThat(identity.may(Scope.INFER)).isTrue();
        assertThat(identity.may(Scope.AUDIT_READ)).isTrue();
        assertThat(identity.may(Scope.MODERATE)).isFalse();
        assertThat(identity.may(Scope.ADMIN)).isFalse();
        assertThat(identity.isOperator()).isFalse();
    }

    @Test
    void secretIsNowhereInTheStore() throws Exception {
        TenantAdmin.NewKey key = tenancy.key("a", Scope.INFER);
        String secret = key.text().substring("lk_test_".length() + 13);

        try (var files = Files.walk(root)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                assertThat(Files.readString(file)).doesNotContain(secret);
            }
        }
        assertThat(tenancy.store.auditLog().verify("a").isWhole()).isTrue();
    }

    @Test
    void whatIsNotRightIsRefusedAlike() {
        String key = tenancy.key("a", Scope.INFER).text();
        String otherSecret = key.substring(0, key.length() - 3) + (key.endsWith("AAA") ? "BBB" : "AAA");
        String otherId = "lk_test_aaaaaaaaaaaa" + key.substring(20);

        for (String wrong : List.of(otherSecret, otherId, "sk-something", "lk_", "", "  ")) {
            assertThatExceptionOfType(AuthException.class)
                    .as(wrong)
                    .isThrownBy(() -> authenticate(wrong))
                    .withMessage(Credentials.refused().getMessage())
                    .matches(refused -> !refused.isAmbiguous());
        }
    }

    @Test
    void oneHeaderWithOneKeyIsWanted() {
        String key = "Bearer " + tenancy.key("a", Scope.INFER).text();

        for (Credentials several : List.of(
                new Credentials(List.of(key, key), List.of()),
                new Credentials(List.of(key + ", Bearer a.b.c"), List.of()),
                new Credentials(List.of(key), List.of("another")))) {
            assertThatExceptionOfType(AuthException.class)
                    .isThrownBy(() -> authenticator.authenticate(several))
                    .matches(AuthException::isAmbiguous);
        }
        for (Credentials none : List.of(
                new Credentials(List.of(), List.of()),
                new Credentials(List.of(), List.of(key.substring(7))),
                new Credentials(List.of("Basic abc"), List.of()))) {
            assertThatExceptionOfType(AuthException.class)
                    .isThrownBy(() -> authenticator.authenticate(none))
                    .matches(refused -> !refused.isAmbiguous());
        }
    }

    @Test
    void keysEnd() {
        TenantAdmin.NewKey key = tenancy.key("a", Duration.ofHours(1), Scope.INFER);
        TenantAdmin.NewKey other = tenancy.key("a", Scope.INFER);

        tenancy.clock.advance(Duration.ofMinutes(59));
        assertThat(authenticate(key.text())).isNotNull();
        tenancy.clock.advance(Duration.ofMinutes(1));
        refuses(key.text());

        tenancy.admin.revoke(TestTenancy.OPERATOR, "a", other.key().value().id());
        refuses(other.text());
        assertThat(tenancy.admin.key("a", other.key().value().id()).value().state(tenancy.clock.instant()))
                .isEqualTo(ApiKey.State.REVOKED);
    }

    @Test
    void successorOverlapsWithTheOldKey() {
        TenantAdmin.NewKey old = tenancy.key("a", Scope.INFER);

        TenantAdmin.NewKey successor = tenancy.admin.rotate(
                TestTenancy.OPERATOR, "a", old.key().value().id(), Duration.ofMinutes(10));

        assertThat(authenticate(old.text()).caller().tenant()).isEqualTo("a");
        assertThat(authenticate(successor.text()).scopes()).containsExactly(Scope.INFER);
        tenancy.clock.advance(Duration.ofMinutes(10));
        refuses(old.text());
        assertThat(authenticate(successor.text()).caller().tenant()).isEqualTo("a");
    }

    @Test
    void suspendedAndDeletedTenantsAreRefused() {
        String a = tenancy.key("a", Scope.INFER).text();
        String b = tenancy.key("b", Scope.INFER).text();
        Tenant suspended =
                new Tenant("a", "a", Tenant.Status.SUSPENDED, 0, Limits.NONE, false, Tenant.DEFAULT_AUDIT_DAYS);

        tenancy.admin.update(
                TestTenancy.OPERATOR, tenancy.admin.tenant("a").tenant(), suspended, new Expected.Present());
        tenancy.admin.delete(TestTenancy.OPERATOR, "b", new Expected.Present());

        refuses(a);
        refuses(b);
        tenancy.tenant("b");
        refuses(b);
    }

    @Test
    void configuredOperatorsKeyIsTheOperator() {
        Identity operator = authenticate(ADMIN_KEY);

        assertThat(operator.isOperator()).isTrue();
        assertThat(operator.may(Scope.INFER)).isFalse();
        assertThat(operator.may(Scope.POLICY_WRITE)).isTrue();
        refuses(ADMIN_KEY + "x");
    }

    @Test
    void firstStartMakesTheOperatorsKey() {
        List<String> made = new java.util.ArrayList<>();
        tenancy.admin.bootstrap(made::add);
        tenancy.admin.bootstrap(made::add);

        assertThat(made).hasSize(1);
        assertThat(authenticate(made.getFirst()).isOperator()).isTrue();
    }

    @Test
    void lastUseIsWritten() {
        TenantAdmin.NewKey key = tenancy.key("a", Scope.INFER);
        authenticate(key.text());
        tenancy.clock.advance(Duration.ofMinutes(5));
        authenticate(key.text());

        tenancy.usage.write(tenancy.store, tenancy.directory);

        assertThat(tenancy.admin.tenant("a").lastUsed())
                .containsEntry(key.key().value().id(), tenancy.clock.instant());
    }

    private Identity authenticate(String bearer) {
        return authenticator.authenticate(new Credentials(List.of("Bearer " + bearer), List.of()));
    }

    private void refuses(String bearer) {
        assertThatExceptionOfType(AuthException.class).isThrownBy(() -> authenticate(bearer));
    }
}
