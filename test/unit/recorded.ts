import fs from 'node:fs';
import path from 'node:path';

/** Output of real tools, as they wrote it; only names and addresses are neutral. */
export const recorded = (file: string): string =>
  fs.readFileSync(path.join(import.meta.dirname, 'recorded', file), 'utf8');

/** The boundary the recorded scripts were given. */
export const BOUNDARY = '==boundary';
