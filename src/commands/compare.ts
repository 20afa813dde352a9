import * as vscode from 'vscode';
import * as z from 'zod';
import { compareDocuments, type Comparison } from '../results/compare.ts';
import type { App } from '../app.ts';
import { readDocument } from '../bench/store.ts';
import { showComparison } from '../ui/comparePage.ts';
import { form } from '../ui/form.ts';
import { pickDocument } from '../ui/pickDocument.ts';
import { readArgument, uriArgument } from './arguments.ts';

const compareArgument = z.object({ baseline: uriArgument, uri: uriArgument });

/**
 * Compare benchmarks: shows the differences of two result documents on a page.
 * @returns the differences as data.
 */
export async function compare(app: App, argument: unknown): Promise<Comparison | undefined> {
  // From a menu comes the Uri of the run.
  const wanted =
    argument instanceof vscode.Uri
      ? await form(() => ask(argument))
      : (readArgument(compareArgument, argument) ?? (await form(ask)));
  if (wanted === undefined) return undefined;
  const { baseline, uri } = wanted;
  const [before, after] = await Promise.all([
    readDocument(baseline.fsPath),
    readDocument(uri.fsPath),
  ]);
  showComparison(app.extension.extensionUri, { before: baseline, after: uri });
  return compareDocuments(before, after);
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
