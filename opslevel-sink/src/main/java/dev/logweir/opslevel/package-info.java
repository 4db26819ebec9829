/** A sink that ships job output to OpsLevel. */
@NullMarked
package dev.logweir.opslevel;

import org.jspecify.annotations.NullMarked;
