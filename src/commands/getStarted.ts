import * as vscode from 'vscode';
import type { App } from '../app.ts';

/** Get started: the walkthrough. */
export const getStarted = ({ extension, keys }: App): Promise<void> =>
  keys.showSteps(() =>
    vscode.commands.executeCommand(
      'workbench.action.openWalkthrough',
      `${extension.extension.id}#start`,
      false,
    ),
  );
