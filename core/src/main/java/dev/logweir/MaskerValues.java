package dev.logweir;

import org.jspecify.annotations.Nullable;

/**
 * What a masker looks for, at one time.
 *
 * @param plain the values as they are
 * @param forms what else they may look like, null if nothing else is looked for
 * @param starts where a value in escapes may begin, null if nothing else is looked for
 */
record MaskerValues(
    MaskerAutomaton plain, @Nullable EncodedForms forms, @Nullable EscapeStarts starts) {
  MaskerValues(MaskerAutomaton plain, @Nullable EncodedForms forms) {
    this(
        plain,
        forms,
        forms == null ? null : new EscapeStarts(plain, forms.escapes, forms.wideSpaces));
  }
}
