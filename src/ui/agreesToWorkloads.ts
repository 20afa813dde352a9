import { createHash } from 'node:crypto';
import * as vscode from 'vscode';
import type { Context } from '../context.ts';
import { cancelled } from '../host/errors.ts';
import type { Plan, Workload } from '../results/document.ts';
import { oneLine } from '../text.ts';
import { askLine, confirm } from './window.ts';

/** What was agreed to, in the state of this machine. */
const AGREED = 'agreedWorkloads';
const MOST_AGREED = 100;
const SHOWN = 8;
const LONGEST = 160;

/**
 * Has a person agree to the commands of a plan's workloads before they are run on a host for the first time, and
 * say which account they are to run as, where the plan does not.
 * @param from what names the commands, a file for one.
 * @returns the plan with these accounts; the same one where it has no workloads.
 * @throws HostError where the person does not agree.
 */
export async function agreeToWorkloads(
  context: Context,
  { host, plan, from }: { host: string; plan: Plan; from: string },
): Promise<Plan> {
  const { workloads = [] } = plan;
  if (workloads.length === 0) return plan;
  const state = context.extension.globalState;
  const agreed = state.get<Readonly<Record<string, string>>>(AGREED, {});
  const key = keyOf(host, workloads);
  const user = agreed[key] ?? (await ask(host, workloads, from));
  if (user === undefined) throw cancelled(vscode.l10n.t('run the workloads'), host);
  if (agreed[key] === undefined) {
    const kept = [...Object.entries(agreed), [key, user] as const].slice(-MOST_AGREED);
    await state.update(AGREED, Object.fromEntries(kept));
  }
  if (user === '') return plan;
  return { ...plan, workloads: workloads.map((each) => ({ user, ...each })) };
}

const keyOf = (host: string, workloads: readonly Workload[]): string =>
  createHash('sha256')
    .update(JSON.stringify([host, workloads.map(({ user, ...each }) => [user ?? '', each])]))
    .digest('hex');

/** @returns the account for those that name none, "" for the usual one; undefined: not agreed. */
async function ask(
  host: string,
  workloads: readonly Workload[],
  from: string,
): Promise<string | undefined> {
  const named = new Set(workloads.flatMap(({ user }) => user ?? []));
  const isOpen = workloads.some(({ user }) => user === undefined);
  const account = isOpen
    ? await askLine({
        title: vscode.l10n.t('Workloads on {0}', host),
        prompt: vscode.l10n.t(
          'Account that their commands run as; empty for that of the login, or nobody where that is root',
        ),
        value: '',
        fault: (text) =>
          text === '' || /^[A-Za-z_][A-Za-z0-9_.-]{0,30}\$?$/.test(text)
            ? undefined
            : vscode.l10n.t('That is not the name of an account.'),
      })
    : '';
  if (account === undefined) return undefined;
  const usual = vscode.l10n.t('the login’s account (nobody where that is root)');
  const accounts = [...named, ...(isOpen ? [account === '' ? usual : account] : [])];
  const commands = workloads.flatMap(commandsOf);
  const agrees = await confirm(vscode.l10n.t('Run these commands on {0}?', host), {
    detail: [
      vscode.l10n.t('{0} has them run as: {1}.', oneLine(from, 100), accounts.join(', ')),
      ...commands.slice(0, SHOWN).map((words) => oneLine(words, LONGEST)),
      ...(commands.length > SHOWN
        ? [vscode.l10n.t('And {0} more: read the plan before.', commands.length - SHOWN)]
        : []),
    ].join('\n'),
    go: vscode.l10n.t('Run'),
    stay: vscode.l10n.t('Do Not Run'),
  });
  return agrees ? account : undefined;
}

/** Each once: variants share them. */
const commandsOf = ({ prepare, server, client, stop, unix }: Workload): string[] => [
  ...new Set(
    [prepare, server, client, stop, unix?.server, unix?.client].flatMap((argv) =>
      argv === undefined ? [] : [argv.join(' ')],
    ),
  ),
];
