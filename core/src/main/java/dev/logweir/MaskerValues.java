package dev.logweir;

import org.jspecify.annotations.Nullable;

/**
 * What a masker looks for, at one time.
 *
 * @param plain the values as they are
 * @param forms what else they may look like, null if nothing else is looked for
 */
record MaskerValues(MaskerAutomaton plain, @Nullable EncodedForms forms) {}
