import * as vscode from 'vscode';
import { checkHost } from './commands/checkHost.ts';
import { load } from './commands/load.ts';
import { runBenchmarkCommand } from './commands/runBenchmark.ts';
import { status } from './commands/status.ts';
import { unload } from './commands/unload.ts';
import { Context } from './context.ts';
import { ResultEditorProvider } from './views/resultEditor.ts';

const COMMANDS: Readonly<
  Record<string, (context: Context, argument: unknown) => Promise<unknown>>
> = {
  load,
  unload,
  status,
  checkHost,
  runBenchmark: runBenchmarkCommand,
};

export function activate(extension: vscode.ExtensionContext): void {
  const context = new Context(extension);
  extension.subscriptions.push(
    context,
    ResultEditorProvider.register(extension),
    ...Object.entries(COMMANDS).map(([name, command]) =>
      vscode.commands.registerCommand(`sockmapBypass.${name}`, (argument: unknown) =>
        context.run(command, argument),
      ),
    ),
  );
}
