@NullMarked
package dev.herd.api;

import org.jspecify.annotations.NullMarked;
