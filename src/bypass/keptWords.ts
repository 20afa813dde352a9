import * as l10n from '@vscode/l10n';
import { oneLine } from '../text.ts';
import type { Attachment, BypassStatus, Kept } from './attachment.ts';
import { table } from './counterReport.ts';

const STATES: Readonly<Record<Kept['state'], string>> = {
  get on() {
    return l10n.t('on');
  },
  get ready() {
    return l10n.t('ready: on when its cgroups are there');
  },
  get waiting() {
    return l10n.t('not verified on this kernel yet');
  },
  get refused() {
    return l10n.t('not loaded');
  },
  get stopped() {
    return l10n.t('stopped until the next boot');
  },
};

/** Whether it runs, and where not, why. */
export const keptState = ({ state, why }: Kept): string =>
  why === undefined ? STATES[state] : `${STATES[state]}: ${oneLine(why, 4096)}`;

/** The services, slices and other cgroups that it is for. */
export const keptPlaces = ({ units, cgroups }: Kept): string[] => [...units, ...cgroups];

/** Its place in the status as text. */
export const keptReport = (kept: Kept): string =>
  [
    l10n.t('kept across reboots as {0}, by version {1}', oneLine(kept.name), oneLine(kept.version)),
    ...table(
      [
        ...keptPlaces(kept).map((one): [string, string] => ['on', oneLine(one, 4096)]),
        ['settings', settings(kept)],
        ['state', keptState(kept)],
      ],
      '  ',
    ),
    '',
  ].join('\n');

const settings = ({ policy, reach }: Kept): string =>
  oneLine(policy === 'guarded' ? `${policy}, reach ${reach}` : policy);

/** A kept bypass in one line: "shop 0.1.0 (shop.service): on". */
export const keptLine = (kept: Kept): string =>
  `${oneLine(kept.name)} ${oneLine(kept.version)} (${oneLine(keptPlaces(kept).join(', '), 500)}): ${keptState(kept)}`;

/** Says what keeps a bypass that is loaded; undefined: it is gone with the next boot. */
export const keeperOf = (
  kept: readonly Kept[] | undefined,
  { cgroups, gone }: Pick<Attachment, 'cgroups' | 'gone'>,
): Kept | undefined => kept?.find((one) => [...cgroups, ...gone].some((at) => isPlaceOf(one, at)));

/** Says in words which bypass is kept and not loaded now. */
export const keptOff = (status: BypassStatus | undefined): string[] =>
  (status?.kept ?? [])
    .filter(
      (kept) => status?.attachments.every((one) => keeperOf([kept], one) === undefined) === true,
    )
    .map(keptLine);

/** Whether a cgroup's path is one of its places. Units have one, whichever slice they are in. */
export const isPlaceOf = ({ units, cgroups }: Kept, cgroup: string): boolean =>
  cgroups.includes(cgroup) || units.includes(cgroup.slice(cgroup.lastIndexOf('/') + 1));
