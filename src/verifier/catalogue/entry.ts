import * as l10n from '@vscode/l10n';
/** A kind of error and what is known of it. */
export interface Entry {
  /** A stable name, shown as the code of the diagnostic. */
  readonly id: string;
  /** On words in which the names that people chose are blank. */
  readonly pattern: RegExp;
  /** On the words as they are, for `detail` alone. */
  readonly named?: RegExp;
  /** This very message in plain words, where its numbers and types say more. */
  readonly detail?: (match: Readonly<Record<string, string | undefined>>) => string | undefined;
  /** Whether the entry is right only where there is such a detail. */
  readonly isOnlyWithDetail?: true;
  /** Why the verifier refuses; this and `fix` are translated where they are read. */
  readonly why: string;
  /** How to fix it. */
  readonly fix: string;
}

/** "bytes 24 to 31", or "byte 24". */
export function bytes(offset: number, size: number): string {
  const first = String(offset);
  return size === 1
    ? l10n.t('byte {0}', first)
    : l10n.t('bytes {0} to {1}', first, String(offset + size - 1));
}
