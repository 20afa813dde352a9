import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { atEnd } from './cleanup.ts';

export interface TemporaryDirectory {
  readonly path: string;
  remove(): Promise<void>;
}

/** A directory of our own, with these files in it. */
export function temporaryDirectory(
  files: Readonly<Record<string, string>> = {},
): TemporaryDirectory {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'sockmap-test-'));
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(directory, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, text);
  }
  return {
    path: directory,
    remove: atEnd(() => {
      fs.rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
    }),
  };
}
