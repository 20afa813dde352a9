import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import type { Plan } from '../results/document.ts';
import { timeLabel } from '../results/duration.ts';
import { fileName } from '../text.ts';
import { pickOrType, type Item } from './quickPick.ts';

export const PLAN_SUFFIX = '.sockmap-plan.json';

/**
 * Offers to keep a plan as a file, for another day or a task, and to run it.
 * @returns the plan to run, with the name of its file; undefined when the person closed it.
 */
export async function keepPlan(title: string, plan: Plan): Promise<Plan | undefined> {
  const time = timeLabel(plan);
  const items: Item<'run' | 'save'>[] = [
    { icon: 'play', label: vscode.l10n.t('Run it'), description: time, value: 'run' },
    {
      icon: 'save',
      label: vscode.l10n.t('Save it as a file and run it'),
      description: time,
      value: 'save',
    },
  ];
  const choice = await pickOrType(items, {
    title,
    placeholder: vscode.l10n.t('The plan is complete'),
  });
  if (choice !== 'save') return choice === undefined ? undefined : plan;
  const [folder] = vscode.workspace.workspaceFolders ?? [];
  const uri = await vscode.window.showSaveDialog({
    title: vscode.l10n.t('Save the plan'),
    // Some dialogs know only the last part of an extension with a dot in it, and add it once more.
    filters: { [vscode.l10n.t('Sockmap benchmark plan')]: ['json'] },
    ...(folder && {
      defaultUri: vscode.Uri.joinPath(folder.uri, `${fileName(plan.name)}${PLAN_SUFFIX}`),
    }),
  });
  if (uri === undefined) return undefined;
  const name = path.basename(uri.fsPath).replace(/(\.sockmap-plan)?(\.json)?$/, '') || plan.name;
  const named = { ...plan, name };
  // Only by its whole suffix the editor knows what it is.
  const file = path.join(path.dirname(uri.fsPath), `${name}${PLAN_SUFFIX}`);
  await writeFile(file, `${JSON.stringify(named, null, 2)}\n`);
  return named;
}
