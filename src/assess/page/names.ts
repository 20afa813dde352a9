import * as l10n from '@vscode/l10n';
import { cgroupPath as pathBelow, oneLine, shownName } from '../../text.ts';
import type { Side } from '../flows.ts';

/** A cgroup as the page names it: a container's or unit's name, else the end of its path. */
export function cgroupName(cgroup: string | undefined, label?: string): string {
  if (label !== undefined && label !== '') return oneLine(label, 80);
  return cgroup === undefined ? l10n.t('unknown cgroup') : cgroupPath(cgroup);
}

/** A path without the mount that all have, for a line. */
export const cgroupPath = (cgroup: string): string => oneLine(pathBelow(cgroup), 120);

/** A process and where it runs: `redis-server (shop.service)`. */
export const sideName = ({ process, cgroup, label }: Side): string =>
  l10n.t('{0} ({1})', processName(process), cgroupName(cgroup, label));

export const processName = (process: string | undefined): string =>
  process === undefined ? l10n.t('a process that is gone') : shownName(process);
