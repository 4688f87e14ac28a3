@NullMarked
package dev.herd.runtime;

import org.jspecify.annotations.NullMarked;
