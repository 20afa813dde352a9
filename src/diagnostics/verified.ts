import type { Diagnosis } from '../verifier/diagnose.ts';
import type { ProgramVerdict } from '../verifier/verdicts.ts';

/** What one host made of a file, with what it is to be shown again. */
export interface Verified {
  readonly diagnosis: Diagnosis;
  readonly verdicts: readonly ProgramVerdict[];
  readonly object: Uint8Array | undefined;
  /** Those of the source, by URI, with their versions where an editor had them. */
  readonly files: ReadonlyMap<string, number | undefined>;
  readonly milliseconds: number;
}
