import * as vscode from 'vscode';
import { isPlainPath } from '../host/plainPath.ts';
import { relativePath, rootOf } from '../workspace/folders.ts';
import type { Place } from '../verifier/diagnose.ts';

export const BPF_FILES: vscode.DocumentFilter = { scheme: 'file', pattern: '**/*.bpf.c' };

/** A file of the source; undefined for one of the host, or what a `#line` directive makes up. */
export function fileOf(uri: vscode.Uri, { file }: Pick<Place, 'file'>): vscode.Uri | undefined {
  return isPlainPath(file) ? vscode.Uri.joinPath(rootOf(uri), file) : undefined;
}

export const rangeOf = ({ line, column, endColumn }: Place): vscode.Range =>
  new vscode.Range(line, column, line, Math.max(endColumn, column));

/** Whether a file is this one, or lies below this folder. */
export const isWithin = (place: vscode.Uri, file: vscode.Uri): boolean =>
  place.toString() === file.toString() || relativePath(place, file) !== undefined;
