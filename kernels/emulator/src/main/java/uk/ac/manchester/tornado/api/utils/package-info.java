/** Our own statement of what Herd uses of TornadoVM's package of this name. */
@NullMarked
package uk.ac.manchester.tornado.api.utils;

import org.jspecify.annotations.NullMarked;
