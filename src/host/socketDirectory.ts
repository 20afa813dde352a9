import * as l10n from '@vscode/l10n';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { lstat, mkdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import { homedir, tmpdir, userInfo } from 'node:os';
import path from 'node:path';
import { HostError } from './errors.ts';

/**
 * Where sockets of shared connections lie: one directory a user, so that a window that was killed
 * leaves no directory of its own behind. Whoever can reach a socket can use the connection, so it has
 * to be ours alone.
 * @throws HostError that says of each place why it does not do.
 */
export async function socketDirectory(): Promise<string> {
  const { uid } = userInfo();
  const refused: string[] = [];
  const places = [tmpdir(), process.env['XDG_RUNTIME_DIR'] ?? '', '/tmp', homedir()];
  for (const place of new Set(places.filter((one) => path.isAbsolute(one)))) {
    const directory = path.join(place, `.sockmap-ssh-${uid}`);
    const wrong = await unfit(directory, uid);
    if (wrong === undefined) return directory;
    refused.push(`${directory} ${wrong}`);
  }
  throw new HostError({
    kind: 'input',
    tried: l10n.t('make a private directory for the connection'),
    where: l10n.t('this machine'),
    words: refused.join('\n'),
    next: l10n.t('Set TMPDIR to a directory of yours, with a short path.'),
  });
}

/** sun_path of macOS, the shortest, holds this beside a socket's name, and its suffix until ssh has it ready. */
const LONGEST_DIRECTORY = 104 - '/0123456789ab'.length - '.0123456789abcdef'.length - 1;

/** Makes the directory if it can be; what keeps sockets out of it otherwise. */
async function unfit(directory: string, uid: number): Promise<string | undefined> {
  if (Buffer.byteLength(directory) > LONGEST_DIRECTORY) return l10n.t('is too long for a socket');
  // ssh expands these in the path of a socket.
  if (/[%$]/.test(directory)) return l10n.t('has a character that ssh expands');
  try {
    await mkdir(directory, { mode: 0o700 });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== 'EEXIST') return l10n.t('cannot be made: {0}', message);
  }
  const found = await lstat(directory);
  if (!found.isDirectory() || found.uid !== uid || (found.mode & 0o077) !== 0)
    return l10n.t('is not a directory of yours alone: find out who made it');
  // Full or read-only file systems, and those of some virtual machines, take no socket.
  const trial = createServer();
  try {
    trial.listen(path.join(directory, randomBytes(6).toString('hex')));
    await once(trial, 'listening');
  } catch (error) {
    return l10n.t('takes no socket: {0}', (error as Error).message);
  } finally {
    trial.close();
  }
  return undefined;
}
