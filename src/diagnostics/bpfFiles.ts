import * as vscode from 'vscode';
import { isPlainPath } from '../host/plainPath.ts';
import { relativePath, rootOf } from '../workspace/folders.ts';
import { settingList } from '../workspace/settings.ts';
import type { Place } from '../verifier/diagnose.ts';

const USUAL = '**/*.bpf.c';
/** The most patterns that count in a folder's settings. */
const MOST_PATTERNS = 20;

/** Where sources of BPF programs are: by their usual name, and by the patterns of the settings. */
export function bpfGlobs(): (string | vscode.RelativePattern)[] {
  const folders = vscode.workspace.workspaceFolders ?? [];
  return [
    USUAL,
    ...folders.flatMap(({ uri }) =>
      patternsOf(uri).map((pattern) => new vscode.RelativePattern(uri, pattern)),
    ),
  ];
}

/** The same, in whatever folder: for what looks closer afterwards. */
export const bpfPatterns = (): string[] =>
  bpfGlobs()
    .map((glob) => (typeof glob === 'string' ? glob : glob.pattern))
    .map((pattern) => (pattern.startsWith('**/') ? pattern : `**/${pattern}`));

const MOST_FILES = 1000;

/** Sources of BPF programs in the workspace. */
export async function findBpfFiles(): Promise<vscode.Uri[]> {
  const found = await Promise.all(
    bpfGlobs().map((glob) => vscode.workspace.findFiles(glob, undefined, MOST_FILES)),
  );
  const byName = new Map(found.flat().map((uri) => [uri.toString(), uri]));
  return Array.from(byName.values()).slice(0, MOST_FILES);
}

export const bpfFilters = (): vscode.DocumentFilter[] =>
  bpfGlobs().map((pattern) => ({ scheme: 'file', pattern }));

/** The settings are read for a file in question alone: it is asked of every document there is. */
export const isBpfFile = (document: vscode.TextDocument): boolean =>
  document.uri.scheme === 'file' &&
  document.uri.path.endsWith('.c') &&
  (document.uri.path.endsWith('.bpf.c') || vscode.languages.match(bpfFilters(), document) > 0);

/** Sources are C: headers are found by what includes them. A pattern without a slash is about the name alone. */
const patternsOf = (folder: vscode.Uri): string[] =>
  settingList('verify.files', folder)
    .filter((one) => one.length <= 200 && one.endsWith('.c') && !one.startsWith('/'))
    .slice(0, MOST_PATTERNS)
    .map((one) => (one.includes('/') ? one.replace(/^\.\//, '') : `**/${one}`));

/** A file of the source; undefined for one of the host, or what a `#line` directive makes up. */
export function fileOf(uri: vscode.Uri, { file }: Pick<Place, 'file'>): vscode.Uri | undefined {
  return isPlainPath(file) ? vscode.Uri.joinPath(rootOf(uri), file) : undefined;
}

export const rangeOf = ({ line, column, endColumn }: Place): vscode.Range =>
  new vscode.Range(line, column, line, Math.max(endColumn, column));

/** Whether a file is this one, or lies below this folder. */
export const isWithin = (place: vscode.Uri, file: vscode.Uri): boolean =>
  place.toString() === file.toString() || relativePath(place, file) !== undefined;
