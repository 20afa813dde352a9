import * as vscode from 'vscode';
import { reachHostDetail } from '../bypass/reachWords.ts';
import { confirm } from './window.ts';

/** Asks before a running bypass is set to reach between the containers of a host. */
export const agreesToReach = (host: string): Promise<boolean> =>
  confirm(vscode.l10n.t('Bypass connections between containers of {0}, too?', host), {
    detail: reachHostDetail(),
    go: vscode.l10n.t('Between Containers of This Host'),
    stay: vscode.l10n.t('Leave It As It Is'),
  });
