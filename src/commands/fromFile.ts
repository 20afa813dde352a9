import * as vscode from 'vscode';

/**
 * The argument of a command that was chosen for a file in a menu.
 * @param command the name behind `sockmapBypass.`.
 * @returns undefined for what is no file.
 */
export function fromFile(command: string, argument: unknown): object | undefined {
  if (!(argument instanceof vscode.Uri)) return undefined;
  return command === 'resumeBenchmark' ? { uri: argument } : argument;
}
