import * as vscode from 'vscode';
import path from 'node:path';
import * as z from 'zod';
import { compareDocuments, type Comparison } from '../results/compare.ts';
import { comparisonReport } from '../results/words/compareReport.ts';
import type { App } from '../app.ts';
import { readDocument } from '../bench/store.ts';
import { pickDocument } from '../ui/pickDocument.ts';
import { readArgument, uriArgument } from './arguments.ts';

const compareArgument = z.object({ baseline: uriArgument, uri: uriArgument });

/**
 * Compare benchmarks: shows the differences of two result documents as a report.
 * @returns the differences as data.
 */
export async function compare(app: App, argument: unknown): Promise<Comparison | undefined> {
  // From a menu comes the Uri of the run.
  const wanted =
    argument instanceof vscode.Uri
      ? await ask(argument)
      : (readArgument(compareArgument, argument) ?? (await ask()));
  if (wanted === undefined) return undefined;
  const [before, after] = await Promise.all([
    readDocument(wanted.baseline.fsPath),
    readDocument(wanted.uri.fsPath),
  ]);
  const comparison = compareDocuments(before, after);
  const [old, now] = [wanted.baseline, wanted.uri].map(({ fsPath }) => path.basename(fsPath));
  await app.reports.showMarkdown(
    vscode.l10n.t('{0} compared with {1}', now ?? '', old ?? ''),
    comparisonReport(before, after, comparison),
  );
  return comparison;
}

async function ask(run?: vscode.Uri): Promise<z.infer<typeof compareArgument> | undefined> {
  const title = vscode.l10n.t('Compare benchmarks');
  const fault = vscode.l10n.t('a run cannot be compared with itself');
  const uri =
    run ?? (await pickDocument({ title, fault, placeholder: vscode.l10n.t('Choose a run') }));
  if (uri === undefined) return undefined;
  const baseline = await pickDocument({
    title,
    fault,
    placeholder: vscode.l10n.t('Choose the saved run it is compared with'),
    accept: (_document, other) => other.toString() !== uri.toString(),
  });
  return baseline === undefined ? undefined : { baseline, uri };
}
