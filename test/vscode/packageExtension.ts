import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { atEnd } from '../support/cleanup.ts';
import { run } from '../support/run.ts';

const root = path.resolve(import.meta.dirname, '../..');
let packaged: Promise<string> | undefined;

/** The .vsix as `npm run package` makes it; made once in a process, removed at its end. */
export function packageExtension(): Promise<string> {
  return (packaged ??= build());
}

async function build(): Promise<string> {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'sockmap-vsix-'));
  const remove = (): void => {
    fs.rmSync(directory, { recursive: true, force: true });
  };
  atEnd(remove);
  process.once('exit', remove);
  const file = path.join(directory, 'sockmap-bypass.vsix');
  await run('npm', ['run', '--silent', 'package', '--', '--out', file], { cwd: root });
  return file;
}
