import fs from 'node:fs';
import path from 'node:path';
import { run } from '../run.ts';
import { temporaryDirectory } from '../temporary.ts';

const root = path.resolve(import.meta.dirname, '../../..');
let packaged: Promise<string> | undefined;

/** The .vsix as `npm run package` makes it; made once in a process, removed at its end. */
export function packageExtension(): Promise<string> {
  return (packaged ??= build());
}

async function build(): Promise<string> {
  const directory = temporaryDirectory();
  process.once('exit', () => {
    fs.rmSync(directory.path, { recursive: true, force: true });
  });
  const file = path.join(directory.path, 'sockmap-bypass.vsix');
  await run('npm', ['run', '--silent', 'package', '--', '--out', file], { cwd: root });
  return file;
}
