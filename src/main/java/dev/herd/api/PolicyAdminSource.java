package dev.herd.api;

import dev.herd.tenant.PolicyAdmin;
import dev.herd.tenant.Tenancy;

/** Makes what changes policies, with the check of this server's guards in it. */
public interface PolicyAdminSource {
    /** What changes the policies of {@code tenancy}. */
    PolicyAdmin of(Tenancy tenancy);
}
