import * as l10n from '@vscode/l10n';
import type { HostOrigin } from '../workspace/hostList.ts';

/** Why a host is in a list, beside its name. */
export function originText(origin: HostOrigin): string {
  switch (origin) {
    case 'local':
      return l10n.t('this machine, without ssh');
    case 'settings':
      return l10n.t('from your settings');
    case 'used':
      return l10n.t('used before');
    case 'configured':
      return l10n.t('from your ssh configuration');
    case 'failed':
      return l10n.t('no connection yet');
  }
}
