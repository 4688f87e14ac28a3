/**
 * Pictures as the model sees them: an image becomes tiles, tiles become image tokens. Pure computation; files are decoded
 * elsewhere.
 *
 * <p>Shapes in comments: a tile is {@code [3, size, size]} floats, channel by channel; {@code patches} are the squares of a
 * tile, row by row.
 */
@NullMarked
package dev.herd.model.vision;

import org.jspecify.annotations.NullMarked;
