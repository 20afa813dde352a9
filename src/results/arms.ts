import type { Arm } from './document.ts';

/**
 * Names for people, in the order of legends and tables. The schema's own list would bring the
 * whole validator into the chart panel.
 */
export const ARM_LABELS: Readonly<Record<Arm, string>> = {
  tcp: 'TCP',
  'tcp-nodelay': 'TCP with TCP_NODELAY',
  bypass: 'Bypass',
  'bypass-classic': 'Bypass classic',
  unix: 'Unix socket',
};
export const ARM_ORDER = Object.keys(ARM_LABELS) as Arm[];
export const BYPASSES: readonly Arm[] = ['bypass', 'bypass-classic'];

/** The baseline of the other arms: TCP, or the first one in this order where there is none. */
export const baselineOf = ({ arms }: { readonly arms: readonly Arm[] }): Arm | undefined =>
  ARM_ORDER.find((arm) => arms.includes(arm));
