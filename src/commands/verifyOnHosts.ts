import * as vscode from 'vscode';
import * as z from 'zod';
import type { App } from '../app.ts';
import { findBpfFiles } from '../diagnostics/bpfFiles.ts';
import { HostError, isCancelled, type ProblemKind } from '../host/errors.ts';
import { form } from '../ui/form.ts';
import { pickHosts } from '../ui/pickers.ts';
import { withProgress } from '../ui/progress.ts';
import { pickMany } from '../ui/quickPick.ts';
import type { Diagnosis } from '../verifier/diagnose.ts';
import { fileInEditor, readHostArgument, text, uriArgument } from './arguments.ts';

const hostsArgument = z
  .object({
    hosts: z.array(text).min(1),
    uri: uriArgument.optional(),
    uris: z.array(uriArgument).min(1).max(1000).optional(),
  })
  .refine(({ uri, uris }) => (uri === undefined) !== (uris === undefined), {
    error: 'name a file, or several as uris',
    path: ['uri'],
  });

/** With these the next source would fail as well: it is not asked about. */
const OUT_OF_REACH: readonly ProblemKind[] = [
  ...(['unreachable', 'host-key', 'authentication', 'connection-lost', 'privilege'] as const),
];

/**
 * Run the eBPF verifier on several hosts: the page of programs and hosts shows what comes of it.
 * @returns what each host objects to, source by source.
 * @throws HostError when a host could not be asked, once all others were.
 */
export async function verifyOnHosts(app: App, argument: unknown): Promise<Diagnosis[] | undefined> {
  const pointed = pointedFile(argument);
  const given = await readHostArgument(app, hostsArgument, pointed ? undefined : argument);
  const chosen = given
    ? { hosts: given.hosts, files: given.uris ?? [given.uri].flatMap((one) => one ?? []) }
    : await choose(app, pointed);
  if (chosen === undefined) return undefined;
  const { files } = chosen;
  const hosts = Array.from(new Set(chosen.hosts));
  await app.matrixPages.open(files, hosts);
  const [first] = files;
  const what =
    files.length === 1 && first !== undefined
      ? vscode.workspace.asRelativePath(first)
      : vscode.l10n.t('{0} sources', files.length);
  return withProgress(
    vscode.l10n.t('Verifying {0} on {1}', what, hosts.join(', ')),
    async (report, signal) => {
      const diagnoses: Diagnosis[] = [];
      const reached = new Set(hosts);
      const failures: unknown[] = [];
      for (const file of files) {
        if (files.length > 1)
          report(vscode.workspace.asRelativePath(file), Math.floor(100 / files.length));
        try {
          diagnoses.push(...(await app.verifier.verify(file, Array.from(reached), signal)));
        } catch (error) {
          if (isCancelled(error)) throw error;
          failures.push(error);
          for (const host of hosts) if (isOutOfReach(app, file, host)) reached.delete(host);
        }
      }
      if (failures.length > 0) throw failures[0];
      return diagnoses;
    },
  );
}

function isOutOfReach(app: App, file: vscode.Uri, host: string): boolean {
  const question = app.verifier.asking.of(file, host);
  return (
    question?.state === 'failed' &&
    question.error instanceof HostError &&
    OUT_OF_REACH.includes(question.error.problem.kind)
  );
}

interface Chosen {
  readonly files: readonly vscode.Uri[];
  readonly hosts: readonly string[];
}

function choose(app: App, pointed: vscode.Uri | undefined): Promise<Chosen | undefined> {
  const title = vscode.l10n.t('Run the eBPF verifier on several hosts');
  return form(async () => {
    const files = pointed ? [pointed] : await pickFiles(title);
    const hosts = files && (await pickHosts(app, title, app.matrixPages.hosts));
    return hosts && { files, hosts };
  });
}

/** The sources of the workspace, that in the editor ticked; the latter where there is no other. */
async function pickFiles(title: string): Promise<readonly vscode.Uri[] | undefined> {
  const found = await findBpfFiles();
  const shown = vscode.window.activeTextEditor?.document.uri;
  if (found.length === 0 || (found.length === 1 && found[0]?.toString() === shown?.toString()))
    return [fileInEditor(vscode.l10n.t('verify BPF source'))];
  const items = found
    .map((uri) => ({
      uri,
      label: vscode.workspace.asRelativePath(uri),
      picked: uri.toString() === shown?.toString(),
    }))
    .sort((a, b) => Number(b.picked) - Number(a.picked) || a.label.localeCompare(b.label));
  const chosen = await pickMany(items, { title, placeHolder: vscode.l10n.t('Choose sources') });
  return chosen?.map(({ uri }) => uri);
}

/** From a menu comes the file's Uri; from the Testing view a row, of the file or below it. */
function pointedFile(argument: unknown): vscode.Uri | undefined {
  if (argument instanceof vscode.Uri) return argument;
  let item = argument as Partial<vscode.TestItem> | null | undefined;
  if (typeof item !== 'object' || item?.children === undefined) return undefined;
  while (item.parent !== undefined) item = item.parent;
  return item.uri instanceof vscode.Uri ? item.uri : undefined;
}
