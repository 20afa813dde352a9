import type { Host } from '../host/host.ts';
import { showTerminal } from './window.ts';

/** Opens a terminal on the host; the command is shown and run there, and the shell stays. */
export async function openTerminal(host: Host, command?: string): Promise<void> {
  showTerminal(`Sockmap: ${host.name}`, await host.terminal(command));
}
