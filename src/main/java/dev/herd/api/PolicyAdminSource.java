package dev.herd.api;

import dev.herd.tenant.PolicyAdmin;
import dev.herd.tenant.Tenancy;
import dev.herd.tenant.TenantPolicies;

/** Where policies are changed, with the check of this server's guards, and where it is told which binds whom. */
public interface PolicyAdminSource {
    /** What changes the policies of {@code tenancy}. */
    PolicyAdmin of(Tenancy tenancy);

    /** Which policy binds whom. */
    TenantPolicies policies();
}
