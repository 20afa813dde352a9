import * as vscode from 'vscode';
import type { Host } from '../host/host.ts';

/** Opens a terminal on the host; the command is shown and run there, and the shell stays. */
export async function openTerminal(host: Host, command?: string): Promise<void> {
  const [shellPath = 'sh', ...shellArgs] = await host.terminal(command);
  vscode.window.createTerminal({ name: `Sockmap: ${host.name}`, shellPath, shellArgs }).show();
}
