/**
 * Who may use the server and how much: tenants, their keys and limits, their policies and which of them binds whom, the
 * stores that keep all this, and the audit log. Knows no framework but the JSON library; the stores in PostgreSQL are loaded
 * only where they are configured.
 */
@NullMarked
package dev.herd.tenant;

import org.jspecify.annotations.NullMarked;
