import * as vscode from 'vscode';

/**
 * The rows of a view that a key is for, as in the explorer: the one that has the focus, with the others that
 * are selected behind it where it is one of them. VS Code tells an extension of the selection alone, so that the row is
 * put into it, or taken from it, to see which it is, and put back. Nothing is opened by that.
 */
export async function focusedRows<T>(view: vscode.TreeView<T>): Promise<readonly T[]> {
  const before = view.selection;
  const toggled = await toggle(view);
  await toggle(view);
  return rowsMeant(before, toggled);
}

async function toggle<T>(view: vscode.TreeView<T>): Promise<readonly T[]> {
  await vscode.commands.executeCommand('list.toggleSelection');
  return view.selection;
}

/**
 * @param before what was selected.
 * @param toggled the same, with the row that has the focus put in or left out.
 */
function rowsMeant<T>(before: readonly T[], toggled: readonly T[]): readonly T[] {
  const added = toggled.filter((row) => !before.includes(row));
  if (added.length > 0) return added;
  const isFocused = (row: T): boolean => !toggled.includes(row);
  return [...before.filter(isFocused), ...before.filter((row) => !isFocused(row))];
}
