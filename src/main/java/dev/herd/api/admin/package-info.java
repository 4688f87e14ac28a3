/** Bodies of {@code /admin/v1}. */
@NullMarked
package dev.herd.api.admin;

import org.jspecify.annotations.NullMarked;
