import * as l10n from '@vscode/l10n';
import { buffer } from 'node:stream/consumers';
import { pack } from 'tar-stream';
import type { Host } from './host.ts';
import { scriptArgv } from './hostScript.ts';
import { isPlainPath } from './plainPath.ts';

/** Sources have 16 MiB at most. */
const MOST_MIB = 64;
/** PATH_MAX of Linux. */
const LONGEST_PATH = 4096;

/**
 * A tar archive of files by their relative paths, for any `tar -x`: GNU's and BusyBox's know its pax headers,
 * which long names and names beyond ASCII have. Files are readable and writable for their owner alone.
 * @throws RangeError where a path is not plain, or where they have more than 64 MiB.
 */
export async function archive(files: ReadonlyMap<string, Uint8Array>): Promise<Uint8Array> {
  let total = 0;
  for (const [name, { length }] of files) {
    if (!isPlainPath(name)) throw new RangeError(`not a plain path: ${name}`);
    if (Buffer.byteLength(name) > LONGEST_PATH) throw new RangeError(`too long: ${name}`);
    total += length;
  }
  if (total > MOST_MIB * 2 ** 20) throw new RangeError(`more than ${MOST_MIB} MiB to upload`);
  const tar = pack();
  const bytes = buffer(tar);
  // Always the same for the same files, and no host finds them to be of its future.
  const mtime = new Date(0);
  for (const [name, content] of files)
    tar.entry({ name, mode: 0o600, mtime }, Buffer.from(content));
  tar.finalize();
  return bytes;
}

/** The next step where a host does not take an archive. */
export const noUpload = (): string => l10n.t('Check that the host has tar, and free space.');

/**
 * Writes files into a directory of the host, all in one go; contents are any bytes.
 * @throws HostError with the words of the host's tar.
 */
export async function upload(
  host: Host,
  directory: string,
  files: ReadonlyMap<string, Uint8Array>,
  signal?: AbortSignal,
): Promise<void> {
  const [first = 'nothing', ...others] = files.keys();
  await host.check(scriptArgv('upload.sh', directory), {
    tried:
      others.length === 0
        ? l10n.t('upload {0}', first)
        : l10n.t('upload {0} and {1} more', first, others.length),
    input: await archive(files),
    signal,
    next: noUpload(),
  });
}
