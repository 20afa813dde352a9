import * as l10n from '@vscode/l10n';
import { amount, number } from '../../results/format.ts';
import type { Traffic } from '../assessment.ts';

/** The traffic of some cgroups' processes with others on the host, and among themselves, each second. */
export interface LocalTraffic {
  readonly bytes: number;
  readonly messages: number;
}

/** @param cgroups full paths; what is below them counts. */
export function localTraffic({ flows }: Traffic, cgroups: readonly string[]): LocalTraffic {
  const isIn = (cgroup: string | undefined): boolean =>
    cgroup !== undefined && cgroups.some((one) => cgroup === one || cgroup.startsWith(`${one}/`));
  const own = flows.filter(({ server, client }) => isIn(server.cgroup) || isIn(client.cgroup));
  const sum = (values: readonly number[]): number => values.reduce((all, one) => all + one, 0);
  return {
    bytes: sum(own.map((flow) => flow.bytesToServer + flow.bytesToClient)),
    messages: sum(own.map((flow) => flow.messagesToServer + flow.messagesToClient)),
  };
}

/** `3.1 MiB/s local, 20,100 messages/s`. */
export const localTrafficText = ({ bytes, messages }: LocalTraffic): string =>
  l10n.t('{0}/s local, {1} messages/s', amount(bytes), number(Math.ceil(messages)));

/** How old something is that was read of a host. */
export function ageText(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 1) return l10n.t('just now');
  return minutes < 60
    ? l10n.t('{0} min ago', minutes)
    : l10n.t('{0} h ago', Math.floor(minutes / 60));
}
