package dev.herd.api;

import dev.herd.tenant.Tenancy;
import java.util.Optional;

/** Where the tenants come from. */
public interface TenancySource {
    /** The tenants; empty if the server has none, so that everybody is the local one. */
    Optional<Tenancy> current();

    /** Whether everybody may read the metrics, or only the operator. */
    boolean hasOpenMetrics();
}
