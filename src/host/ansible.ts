import { constants } from 'node:fs';
import { access, readFile } from 'node:fs/promises';
import path from 'node:path';
import * as l10n from '@vscode/l10n';
import { HostError } from './errors.ts';
import { familyOf, INSTALL, PACKAGES, parseOsRelease } from './packages.mjs';
import { shellLine } from './quote.ts';

/**
 * The program that plays playbooks, of this machine.
 * @throws HostError of kind `not-found`, with how to get it here.
 */
export async function findAnsible(environment: NodeJS.ProcessEnv): Promise<string> {
  for (const directory of (environment['PATH'] ?? '').split(path.delimiter)) {
    // A relative one depends on where it is read from.
    if (!path.isAbsolute(directory)) continue;
    const file = path.join(directory, 'ansible-playbook');
    const isThere = await access(file, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isThere) return file;
  }
  throw missing(process.platform, await readFile('/etc/os-release', 'utf8').catch(() => ''));
}

/** @param release os-release(5); empty where there is none. */
export function missing(platform: NodeJS.Platform, release: string): HostError {
  const family = release === '' ? undefined : familyOf(parseOsRelease(release));
  const packages = family && PACKAGES['ansible']?.[family.uses];
  const install = family && packages && `${INSTALL[family.uses]} ${packages.join(' ')}`;
  return new HostError({
    kind: 'not-found',
    tried: l10n.t('find Ansible'),
    where: 'local',
    words: l10n.t('there is no ansible-playbook on the PATH'),
    next: adviceFor(platform, install),
    ...(install !== undefined && { remedy: shellLine(['sudo', 'sh', '-c', install]) }),
  });
}

function adviceFor(platform: NodeJS.Platform, install: string | undefined): string {
  if (platform === 'win32')
    return l10n.t(
      'Ansible runs on Linux and macOS: open this window in WSL, and install it there.',
    );
  if (platform === 'darwin') return l10n.t('Install it: brew install ansible');
  return install === undefined
    ? l10n.t('Install it: pipx install ansible-core')
    : l10n.t('Install it: {0}', install);
}
