@NullMarked
package dev.herd.safety;

import org.jspecify.annotations.NullMarked;
