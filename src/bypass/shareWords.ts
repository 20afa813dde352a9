import * as l10n from '@vscode/l10n';

/** For a status, a list or a notification. */
export const shareWords = (share: number): string => l10n.t('{0}% of new connections', share);

/** Shares to choose from, the careful ones first. */
export const SHARES = [1, 5, 10, 25, 50, 100] as const;

/** The meaning of a share, for those who choose one. */
export const shareDetail = (share: number): string =>
  share === 100
    ? l10n.t('All new connections are bypassed.')
    : l10n.t('They are chosen at random; the rest stays on TCP, as do connections that are open.');
