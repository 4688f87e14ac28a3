/** The commands of {@code herd} that run without a server: logits, bench, inspect, chat. Starts no Quarkus. */
@NullMarked
package dev.herd.cli;

import org.jspecify.annotations.NullMarked;
