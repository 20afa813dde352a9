import * as vscode from 'vscode';
import { label, markdownText, paragraphs, visible } from '../text.ts';

/* Makes editor items of texts, as window.ts makes the rest: every text counts as one from outside. */

/** A command above a line; @param host where it is about one of several. */
export const makeLens = (
  range: vscode.Range,
  { host, icon, text }: { host?: string | undefined; icon?: string; text: string },
  command: Omit<vscode.Command, 'title'>,
): vscode.CodeLens =>
  new vscode.CodeLens(range, {
    ...command,
    title: [
      host === undefined ? '' : `${label(host, 80)}: `,
      icon === undefined ? '' : `$(${icon})\u00a0`,
      label(text, 200),
    ].join(''),
  });

/** The fault at a place, in words of a tool. */
export const makeDiagnostic = (
  range: vscode.Range,
  words: string,
  severity: vscode.DiagnosticSeverity,
): vscode.Diagnostic => new vscode.Diagnostic(range, paragraphs(words, 5000), severity);

/** Words behind a line. */
export const makeAfter = (range: vscode.Range, words: string): vscode.DecorationOptions => ({
  range: new vscode.Range(range.end, range.end),
  renderOptions: { after: { contentText: label(words, 200) } },
});

/** An offer for a fault: a change, or a command. The names in its title are the source's. */
export function makeQuickFix(
  title: string,
  does: { edit: vscode.WorkspaceEdit } | { command: Omit<vscode.Command, 'title'> },
): vscode.CodeAction {
  const action = new vscode.CodeAction(label(title, 200), vscode.CodeActionKind.QuickFix);
  if ('edit' in does) action.edit = does.edit;
  else action.command = { ...does.command, title: action.title };
  return action;
}

export const makeRelated = (
  location: vscode.Location,
  words: string,
): vscode.DiagnosticRelatedInformation =>
  new vscode.DiagnosticRelatedInformation(location, paragraphs(words));

/** A hover: a heading, a listing below it, and notes. VS Code is told to trust none of it. */
export function makeHover(shown: {
  readonly heading: string;
  readonly listing: readonly string[];
  readonly notes: readonly string[];
}): vscode.Hover {
  const { heading, listing, notes } = shown;
  const text = new vscode.MarkdownString(`**${markdownText(heading)}**\n`);
  if (listing.length > 0) text.appendCodeblock(visible(listing.join('\n')), 'text');
  for (const note of notes) text.appendMarkdown(`\n${markdownText(note)}\n`);
  return new vscode.Hover(text);
}
