import fs from 'node:fs';
import path from 'node:path';
import { run } from '../run.ts';
import { temporaryDirectory } from '../temporary.ts';

const root = path.resolve(import.meta.dirname, '../../..');
let packaged: Promise<string> | undefined;

/** The environment variable that names a package made before: several who make one at a time meet in dist. */
export const PACKAGE_VARIABLE = 'SOCKMAP_TEST_PACKAGE';

/** The .vsix as `npm run package` makes it; made once in a process, removed at its end. */
export function packageExtension(): Promise<string> {
  const made = process.env[PACKAGE_VARIABLE];
  return made === undefined ? (packaged ??= build()) : Promise.resolve(made);
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
