/**
 * Pictures and videos as they come from outside: where they may be fetched from, what they claim to be, what they may
 * cost, and their decoding into {@link dev.herd.model.vision.RgbImage}. Everything here distrusts its input: dimensions are
 * read and judged before a library sees a pixel.
 *
 * <p>No framework; plain constructors. Failures that a caller is to be told are {@link dev.herd.media.MediaException}s.
 */
@NullMarked
package dev.herd.media;

import org.jspecify.annotations.NullMarked;
