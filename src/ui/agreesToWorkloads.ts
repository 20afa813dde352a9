import * as vscode from 'vscode';
import { commandsKey, commandsText, planCommands } from '../bench/planCommands.ts';
import type { Context } from '../context.ts';
import { cancelled } from '../host/errors.ts';
import type { Plan } from '../results/document.ts';
import { form } from './form.ts';
import { pickInText, type PlaceItem } from './pickInText.ts';
import { askLine } from './window.ts';

/** The commands that were agreed to, in the state of this machine. */
const AGREED = 'agreedWorkloads';
const MOST_AGREED = 100;

interface Asked {
  readonly host: string;
  readonly plan: Plan;
  /** Names the commands: a file for one. */
  readonly from: string;
  /** The account for those that name none, "" for the usual one; asked for where it is undefined. */
  readonly account?: string;
}

/**
 * Has a person agree to the commands of a plan's workloads before they are run on a host for the first time, all of
 * which they see in full, and say which account they are to run as, where the plan does not. Other commands, or
 * the same on another host, are asked about anew.
 * @returns the plan with these accounts; the same one where it has no workloads.
 * @throws HostError where the person does not agree.
 */
export async function agreeToWorkloads(context: Context, asked: Asked): Promise<Plan> {
  const { host, plan } = asked;
  const commands = planCommands(plan);
  if (commands.length === 0) return plan;
  const state = context.extension.globalState;
  const agreed = state.get<Readonly<Record<string, string>>>(AGREED, {});
  const key = commandsKey(host, commands);
  const user = agreed[key] ?? (await form(() => ask(context, asked)));
  if (user === undefined) throw cancelled(vscode.l10n.t('run the workloads'), host);
  if (agreed[key] === undefined) {
    const kept = [...Object.entries(agreed), [key, user] as const].slice(-MOST_AGREED);
    await state.update(AGREED, Object.fromEntries(kept));
  }
  return withUser(plan, user);
}

const withUser = (plan: Plan, user: string): Plan =>
  user === '' ? plan : { ...plan, workloads: plan.workloads?.map((each) => ({ user, ...each })) };

/** Asks for an account to run commands as. @returns "" for the usual one. */
export const askAccount = (title: string): Promise<string | undefined> =>
  askLine({
    title,
    prompt: vscode.l10n.t(
      'Account to run the commands as; empty for that of the login, or nobody where that is root',
    ),
    value: '',
    fault: (text) =>
      text === '' || /^[A-Za-z_][A-Za-z0-9_.-]{0,30}\$?$/.test(text)
        ? undefined
        : vscode.l10n.t('That is not the name of an account.'),
  });

/** @returns the account for those that name none, "" for the usual one; undefined: not agreed. */
async function ask(
  context: Context,
  { host, plan, from, ...given }: Asked,
): Promise<string | undefined> {
  const title = vscode.l10n.t('Workloads on {0}', host);
  const isOpen = plan.workloads?.some(({ user }) => user === undefined) === true;
  const account = given.account ?? (isOpen ? await askAccount(title) : '');
  if (account === undefined) return undefined;
  const commands = planCommands(withUser(plan, account));
  const text = commandsText({ host, from }, commands);
  const items: PlaceItem<boolean | undefined>[] = [
    { icon: 'circle-slash', label: vscode.l10n.t('Do Not Run'), value: false },
    {
      icon: 'play',
      label: vscode.l10n.t('Run'),
      description:
        commands.length === 1
          ? vscode.l10n.t('the command in the editor')
          : vscode.l10n.t('all {0} commands in the editor', commands.length),
      value: true,
    },
    {
      icon: 'arrow-down',
      label: vscode.l10n.t('Read On'),
      description: vscode.l10n.t('scrolls the editor'),
      value: undefined,
    },
  ];
  const agrees = await pickInText(
    context.reports,
    {
      title,
      name: vscode.l10n.t('Commands for {0}', host),
      text,
      placeholder: vscode.l10n.t('Read the commands in the editor, then choose'),
    },
    items,
  );
  return agrees === true ? account : undefined;
}
