/** The commands, run in this process as the launcher would run them, and the launcher itself. */
@NullMarked
package dev.herd.cli;

import org.jspecify.annotations.NullMarked;
