/** The part of TornadoVM's package of this name that finds devices; there are none here. */
@NullMarked
package uk.ac.manchester.tornado.api.runtime;

import org.jspecify.annotations.NullMarked;
