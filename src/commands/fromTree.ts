import * as vscode from 'vscode';
import { BypassNode, CgroupNode, HostNode, NoteNode } from '../ui/hostNodes.ts';
import { Pointed } from '../ui/pointed.ts';

/** Commands whose argument is complete with what a row names; the others ask for the rest. */
const COMPLETE: ReadonlySet<string> = new Set([
  ...['status', 'openLivePage', 'checkHost', 'checkSemantics', 'unload', 'removeCgroups'],
]);

/**
 * The argument of a command that was chosen for a row of the hosts view, or for a file in a menu: what a keybinding
 * would write where that is complete, else what was pointed at.
 * @param command the name behind `sockmapBypass.`.
 * @returns undefined for what is neither.
 */
export function fromTree(command: string, argument: unknown): object | undefined {
  if (argument instanceof vscode.Uri)
    return command === 'resumeBenchmark' ? { uri: argument } : argument;
  const named = namedBy(argument);
  if (named === undefined) return undefined;
  if (!COMPLETE.has(command)) return new Pointed(named.host, named.cgroup);
  return named;
}

function namedBy(argument: unknown): { host: string; cgroup?: string } | undefined {
  if (argument instanceof HostNode || argument instanceof NoteNode) return { host: argument.host };
  if (!(argument instanceof BypassNode || argument instanceof CgroupNode)) return undefined;
  const { host, cgroup } = argument;
  return cgroup === undefined ? { host } : { host, cgroup };
}
