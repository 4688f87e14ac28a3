/** The drawing of docs/adr/0002 as tests: who may import whom, and what each package may know. */
@NullMarked
package dev.herd.arch;

import org.jspecify.annotations.NullMarked;
