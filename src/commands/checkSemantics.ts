import * as vscode from 'vscode';
import * as z from 'zod';
import { checkSemantics, type SemanticRow } from '../bypass/semantics.ts';
import { readProbe } from '../bypass/source.ts';
import { SEMANTICS_STEPS } from '../bypass/steps.ts';
import type { App } from '../app.ts';
import { readPrograms } from '../workspace/copy.ts';
import { pickHost } from '../ui/pickers.ts';
import { withProgress } from '../ui/progress.ts';
import { semanticsReport } from '../ui/semanticsReport.ts';
import { hostArgument, readHostArgument } from './arguments.ts';

const semanticsArgument = hostArgument.extend({
  policy: z.enum(['guarded', 'classic']).default('guarded'),
});

/** Check socket semantics. */
export async function checkSemanticsCommand(
  app: App,
  argument: unknown,
): Promise<SemanticRow[] | undefined> {
  const given = await readHostArgument(app, semanticsArgument, argument);
  const name =
    given?.host ?? (await pickHost(app, vscode.l10n.t('Check socket semantics'), argument));
  if (name === undefined) return undefined;
  const policy = given?.policy ?? 'guarded';
  const [{ source, copy }, probe] = await Promise.all([
    readPrograms(app, policy),
    readProbe(app.bpfDirectory),
  ]);
  const rows = await withProgress(
    vscode.l10n.t('Socket semantics on {0}', name),
    async (report, signal) =>
      checkSemantics(await app.host(name), {
        source,
        probe,
        signal,
        onStep: (step) => {
          report(SEMANTICS_STEPS[step]);
        },
      }),
  );
  await app.reports.showMarkdown(
    vscode.l10n.t('Socket semantics on {0}', name),
    semanticsReport(name, policy, rows, copy),
  );
  return rows;
}
