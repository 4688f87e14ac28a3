/** OpenAI's wire format: what requests and answers look like as JSON. The only package that knows OpenAI's names. */
@NullMarked
package dev.herd.api.openai;

import org.jspecify.annotations.NullMarked;
