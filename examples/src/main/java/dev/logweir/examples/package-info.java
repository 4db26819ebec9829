/** A small runner to try Logweir with. */
@NullMarked
package dev.logweir.examples;

import org.jspecify.annotations.NullMarked;
