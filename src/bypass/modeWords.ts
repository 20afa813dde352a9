import * as l10n from '@vscode/l10n';
import type { Mode } from './config.ts';

interface ModeWords {
  readonly label: string;
  readonly detail: string;
  /** Completes "the bypass is …", once it is. */
  readonly done: string;
}

/** A mode as a person chooses it. */
export function modeWords(mode: Mode): ModeWords {
  switch (mode) {
    case 'guarded':
      return {
        label: l10n.t('Guarded'),
        detail: l10n.t('Queues are bounded, one-way streams of small messages go over TCP.'),
        done: l10n.t('guarded'),
      };
    case 'off':
      return {
        label: l10n.t('Off'),
        detail: l10n.t(
          'Every connection is on TCP from its next message on, and live ones stay there.',
        ),
        done: l10n.t('off: every connection is on TCP'),
      };
    case 'unguarded':
      return {
        label: l10n.t('Without limits'),
        detail: l10n.t('No limits: queues can exhaust memory. For comparison only.'),
        done: l10n.t('without limits: do not leave it like this'),
      };
  }
}
