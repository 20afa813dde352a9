import * as vscode from 'vscode';
import { Context } from './context.ts';
import { ResultEditorProvider } from './views/resultEditor.ts';

type Command = (context: Context, argument: unknown) => Promise<unknown>;

/** Each command's code is loaded with its first use, so that the extension starts at once. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  load: async () => (await import('./commands/load.ts')).load,
  unload: async () => (await import('./commands/unload.ts')).unload,
  status: async () => (await import('./commands/status.ts')).status,
  checkHost: async () => (await import('./commands/checkHost.ts')).checkHost,
  checkSemantics: async () => (await import('./commands/checkSemantics.ts')).checkSemanticsCommand,
  runBenchmark: async () => (await import('./commands/runBenchmark.ts')).runBenchmarkCommand,
};

let context: Context | undefined;

export function activate(extension: vscode.ExtensionContext): void {
  const created = (context = new Context(extension));
  extension.subscriptions.push(
    created,
    ResultEditorProvider.register(extension),
    ...Object.entries(COMMANDS).map(([name, command]) =>
      vscode.commands.registerCommand(`sockmapBypass.${name}`, (argument: unknown) =>
        created.run(command, argument),
      ),
    ),
  );
}

/** The window waits for this before it ends the extension. */
export async function deactivate(): Promise<void> {
  await context?.disconnect();
}
