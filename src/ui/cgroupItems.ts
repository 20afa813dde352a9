import * as l10n from '@vscode/l10n';
import {
  ageText,
  localTraffic,
  localTrafficText,
  type LocalTraffic,
} from '../assess/page/localTraffic.ts';
import type { Traffic } from '../assess/assessment.ts';
import { sufferers } from '../bypass/knownPrograms.ts';
import type { Cgroup } from '../host/cgroups.ts';
import type { Item } from './quickPick.ts';

type Kind = 'container' | 'service' | 'other' | 'session' | 'slice' | 'root';

/** Describes a cgroup by its name and that of those above it, as engines and systemd give them. */
function kindOf({ path, label = '' }: Cgroup, mount: string): Kind {
  if (path === mount) return 'root';
  if (/^(?:container|pod) /.test(label)) return 'container';
  const below = path.slice(mount.length);
  if (/^\/(?:user\.slice|init\.scope)(?:\/|$)/.test(below)) return 'session';
  if (below.endsWith('.service')) return 'service';
  return /\.(?:slice|scope|mount|swap|socket)$/.test(below) ? 'slice' : 'other';
}

const ICONS: Readonly<Record<Kind, string>> = {
  container: 'package',
  service: 'server-process',
  other: 'folder',
  session: 'person',
  slice: 'layers',
  root: 'globe',
};

function groupTitle(kind: Kind): string {
  switch (kind) {
    case 'container':
      return l10n.t('Containers');
    case 'service':
      return l10n.t('Services');
    case 'root':
      return l10n.t('Root');
    default:
      return l10n.t('Other');
  }
}

const ORDER: readonly Kind[] = ['container', 'service', 'other', 'slice', 'session', 'root'];

/**
 * Cgroups as a person looks for them: containers, then services, others, and the root, a choice to be made with
 * care, last; slices and sessions of users come at the end of the others. Within each, those with more local traffic
 * come first, where that was assessed, then those whose processes have TCP sockets, then those with more processes,
 * then by path.
 * @param faults ids of what is known to be wrong on the host's kernel; undefined: it was not probed yet.
 * @param assessed local traffic, and how many ms ago it was; undefined where it was not assessed.
 * @returns items whose values are full paths.
 */
export function cgroupItems(
  cgroups: readonly Cgroup[],
  mount: string,
  faults: readonly string[] | undefined,
  assessed?: { readonly traffic: Traffic; readonly ageMs: number },
): Item<string>[] {
  return cgroups
    .map((one) => ({
      one,
      kind: kindOf(one, mount),
      local: assessed && localTraffic(assessed.traffic, [one.path]),
    }))
    .sort(
      (a, b) =>
        ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind) ||
        (b.local?.bytes ?? 0) - (a.local?.bytes ?? 0) ||
        Number(b.one.hasSockets) - Number(a.one.hasSockets) ||
        b.one.processes - a.one.processes ||
        (a.one.path < b.one.path ? -1 : 1),
    )
    .map(({ one, kind, local }) => {
      const item = cgroupItem(one, kind, mount, faults);
      if (assessed === undefined || local === undefined || local.bytes === 0) return item;
      return {
        ...item,
        description: `${trafficWords(local, assessed.ageMs)} · ${item.description}`,
      };
    });
}

const trafficWords = (local: LocalTraffic, ageMs: number): string =>
  l10n.t('{0} ({1})', localTrafficText(local), ageText(ageMs));

function cgroupItem(
  cgroup: Cgroup,
  kind: Kind,
  mount: string,
  faults: readonly string[] | undefined,
): Item<string> & { readonly description: string } {
  const { path, label, hasSockets } = cgroup;
  const isRoot = kind === 'root';
  const below = isRoot ? '/' : path.slice(mount.length);
  const risks = isRoot ? [] : sufferers(cgroup.programs, faults);
  const detail = [...risks, ...(label === undefined ? [] : [below])].join(' · ');
  const counts = [countWords(cgroup, isRoot), ...(isRoot ? [] : programWords(cgroup))];
  return {
    group: groupTitle(kind),
    icon: risks.length > 0 ? 'warning' : ICONS[kind],
    label: label ?? below,
    description: [...counts, ...(hasSockets ? [l10n.t('TCP')] : [])].join(' · '),
    ...(detail !== '' && { detail }),
    value: path,
  };
}

function countWords({ processes }: Cgroup, isRoot: boolean): string {
  const count = processes.toLocaleString('en');
  if (isRoot) return l10n.t('every process of the host: {0}', count);
  return processes === 1 ? l10n.t('1 process') : l10n.t('{0} processes', count);
}

const NAMED = 4;

/** "php-fpm ×12, nginx ×5", the first few. */
function programWords({ programs }: Cgroup): string[] {
  if (programs.length === 0) return [];
  const shown = programs
    .slice(0, NAMED)
    .map(({ name, count }) => (count === 1 ? name : `${name} ×${count.toLocaleString('en')}`));
  return [[...shown, ...(programs.length > NAMED ? ['…'] : [])].join(', ')];
}
