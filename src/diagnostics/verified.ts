import type { BpfSource } from '../bypass/build.ts';
import type { Diagnosis } from '../verifier/diagnose.ts';
import type { ProgramVerdict } from '../verifier/verdicts.ts';

/** One host's answer about a file, with all that it takes to show it again. */
export interface Verified {
  readonly diagnosis: Diagnosis;
  /** Undefined where it includes what may not be read. */
  readonly source: BpfSource | undefined;
  readonly verdicts: readonly ProgramVerdict[];
  readonly object: Uint8Array | undefined;
  /** Those of the source, by URI, with their versions where an editor had them. */
  readonly files: ReadonlyMap<string, number | undefined>;
  readonly milliseconds: number;
}
