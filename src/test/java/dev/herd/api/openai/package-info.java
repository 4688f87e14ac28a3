@NullMarked
package dev.herd.api.openai;

import org.jspecify.annotations.NullMarked;
