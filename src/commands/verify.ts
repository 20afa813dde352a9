import * as vscode from 'vscode';
import * as z from 'zod';
import type { App } from '../app.ts';
import { HostError } from '../host/errors.ts';
import type { Diagnosis } from '../verifier/diagnose.ts';
import { pickHost } from '../ui/pickers.ts';
import { withProgress } from '../ui/progress.ts';
import { pickOne } from '../ui/quickPick.ts';
import { showInformation, showWarning } from '../ui/window.ts';
import { LISTINGS } from '../diagnostics/listingUris.ts';
import { fileInEditor, hostArgument, readHostArgument, uriArgument } from './arguments.ts';

const verifyArgument = hostArgument.extend({ uri: uriArgument });
const logArgument = verifyArgument.extend({
  program: z.string().min(1),
  listing: z.enum(LISTINGS).default('log'),
});

/**
 * Verify BPF source on host.
 * @returns what clang, libbpf and the kernel's verifier object to, and the statistics of each program.
 */
export async function verify(app: App, argument: unknown): Promise<Diagnosis | undefined> {
  // From a menu comes the file's Uri.
  const pointed = argument instanceof vscode.Uri ? argument : undefined;
  const given = await readHostArgument(app, verifyArgument, pointed ? undefined : argument);
  const file = given?.uri ?? pointed ?? fileInEditor(vscode.l10n.t('verify BPF source'));
  const host = given?.host ?? (await pickHost(app, vscode.l10n.t('Verify BPF source'), argument));
  if (host === undefined) return undefined;
  const name = vscode.workspace.asRelativePath(file);
  const [diagnosis] = await withProgress(
    vscode.l10n.t('Verifying {0} on {1}', name, host),
    (_report, signal) => app.verifier.verify(file, [host], signal),
  );
  if (diagnosis !== undefined) void announce(name, diagnosis);
  return diagnosis;
}

/** Show verifier log: of one program, or a listing of it. */
export async function showVerifierLog(app: App, argument: unknown): Promise<void> {
  const asked = await readHostArgument(app, logArgument, argument);
  const given = asked ?? (await pickProgram(app, vscode.l10n.t('show the log')));
  if (given === undefined) return;
  const { host, uri: source, program } = given;
  await withProgress(vscode.l10n.t('Reading {0} on {1}', program, host), () =>
    app.logs.show({ host, source, program, listing: asked?.listing ?? 'log' }),
  );
}

/** The outcome in a sentence; the details stand at the lines of the source. */
async function announce(
  name: string,
  { host, kernel, findings, programs }: Diagnosis,
): Promise<void> {
  if (findings.some(({ severity }) => severity === 'error')) {
    const problems = vscode.l10n.t('Show Problems');
    const chosen = await showWarning(vscode.l10n.t('Rejected on {0}: {1}.', host, name), problems);
    if (chosen === problems)
      await vscode.commands.executeCommand('workbench.action.problems.focus');
    return;
  }
  await showInformation(
    programs.length === 1
      ? vscode.l10n.t('Verified on {0}: Linux {1} accepts the program of {2}.', host, kernel, name)
      : vscode.l10n.t(
          'Verified on {0}: Linux {1} accepts all {2} programs of {3}.',
          host,
          kernel,
          programs.length,
          name,
        ),
  );
}

interface Chosen {
  readonly host: string;
  readonly uri: vscode.Uri;
  readonly program: string;
}

/** @param tried for the error where there is none, a verb phrase. */
export async function pickProgram(app: App, tried: string): Promise<Chosen | undefined> {
  const file = fileInEditor(tried);
  const items = Array.from(app.verifier.answers(file)).flatMap(([host, { diagnosis }]) =>
    diagnosis.programs.map(({ name, verdict }) => ({
      label: name,
      description: vscode.l10n.t('{0} by {1} on {2}', verdict, diagnosis.kernel, host),
      answer: { host, uri: file, program: name },
    })),
  );
  if (items.length === 0) {
    throw new HostError({
      kind: 'not-found',
      tried,
      words: vscode.l10n.t('{0} has not been verified', vscode.workspace.asRelativePath(file)),
      next: vscode.l10n.t('Verify it first.'),
    });
  }
  const chosen = await pickOne(items, { placeHolder: vscode.l10n.t('Choose a program') });
  return chosen?.answer;
}
