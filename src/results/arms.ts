import * as l10n from '@vscode/l10n';
import type { Arm } from './document.ts';

/**
 * Names for people, in the order of legends and tables. The schema's own list would bring the
 * whole validator into the chart panel.
 */
export const ARM_LABELS: Readonly<Record<Arm, string>> = {
  tcp: 'TCP',
  get 'tcp-nodelay'() {
    return l10n.t('TCP with TCP_NODELAY');
  },
  get bypass() {
    return l10n.t('Bypass');
  },
  get 'bypass-classic'() {
    return l10n.t('Bypass classic');
  },
  get unix() {
    return l10n.t('Unix socket');
  },
};
export const ARM_ORDER = Object.keys(ARM_LABELS) as Arm[];
export const BYPASSES: readonly Arm[] = ['bypass', 'bypass-classic'];

/** The baseline of the other arms: TCP, or the first one in this order where there is none. */
export const baselineOf = ({ arms }: { readonly arms: readonly Arm[] }): Arm | undefined =>
  ARM_ORDER.find((arm) => arms.includes(arm));
