import * as vscode from 'vscode';
import type { Context } from '../context.ts';

/** Get started: the walkthrough. */
export async function getStarted({ extension }: Context): Promise<void> {
  await vscode.commands.executeCommand(
    'workbench.action.openWalkthrough',
    `${extension.extension.id}#start`,
    false,
  );
}
