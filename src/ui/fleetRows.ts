import * as l10n from '@vscode/l10n';
import { isOn, type BypassStatus } from '../bypass/attachment.ts';
import { keptState } from '../bypass/keptWords.ts';
import { shareWords } from '../bypass/shareWords.ts';
import type { FleetResult, FleetRow } from '../results/fleet/protocol.ts';
import { oneLine, paragraphs } from '../text.ts';
import { stateText } from './hostItems.ts';

/** The last reading of a host of the fleet. */
export interface FleetReading {
  readonly isReading: boolean;
  /** The last one that did not fail. */
  readonly read?: { readonly kernel: string; readonly status: BypassStatus };
  /** Why the last one failed. */
  readonly problem?: string;
}

/**
 * A host's row on the page of the fleet.
 * @param reading undefined of a host that is known by its results only.
 */
export function fleetRow(
  host: string,
  reading: FleetReading | undefined,
  latest: FleetResult | undefined,
): FleetRow {
  const { read, problem, isReading = false } = reading ?? {};
  const { attachments = [], kept = [] } = read?.status ?? {};
  const failed = problem !== undefined && !isReading;
  return {
    host,
    name: oneLine(host, 200),
    kernel: oneLine(read?.kernel ?? '', 80),
    state: reading === undefined ? 'unread' : failed ? 'failed' : read ? 'read' : 'reading',
    mode: read === undefined ? '' : each(attachments.map(modeText), l10n.t('not loaded')),
    isOn: attachments.some(isOn),
    reach: each(
      attachments.flatMap(({ config }) =>
        config === undefined
          ? []
          : [config.reach === 'host' ? l10n.t('whole host') : l10n.t('each namespace')],
      ),
      '',
    ),
    kept: read === undefined ? '' : each(kept.map(keptState), l10n.t('no')),
    ...(failed && { problem: paragraphs(problem, 600) }),
    ...(latest && { latest }),
  };
}

function modeText(one: BypassStatus['attachments'][number]): string {
  const share = one.config?.share;
  return share === undefined ? stateText(one) : `${stateText(one)}, ${shareWords(share)}`;
}

/** Each once; several bypasses of a host are set alike, as a rule. */
const each = (words: readonly string[], none: string): string =>
  words.length === 0 ? none : Array.from(new Set(words)).join('; ');
