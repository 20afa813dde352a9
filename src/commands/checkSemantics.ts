import * as z from 'zod';
import { checkSemantics, type SemanticRow, type SemanticsStep } from '../bypass/semantics.ts';
import { readProbe } from '../bypass/source.ts';
import type { Context } from '../context.ts';
import { readPrograms } from '../workspace/copy.ts';
import { pickHost } from '../ui/pickers.ts';
import { withProgress } from '../ui/progress.ts';
import { semanticsReport } from '../ui/semanticsReport.ts';
import { hostArgument, readHostArgument } from './arguments.ts';

const semanticsArgument = hostArgument.extend({
  policy: z.enum(['guarded', 'classic']).default('guarded'),
});

const STEPS: Readonly<Record<SemanticsStep, string>> = {
  connect: 'connecting',
  compile: 'compiling the probe',
  tcp: 'over plain TCP',
  load: 'loading the bypass into a cgroup of its own',
  bypass: 'over the bypass',
};

/** Check socket semantics. */
export async function checkSemanticsCommand(
  context: Context,
  argument: unknown,
): Promise<SemanticRow[] | undefined> {
  const given = await readHostArgument(context, semanticsArgument, argument);
  const name = given?.host ?? (await pickHost(context, 'Check socket semantics'));
  if (name === undefined) return undefined;
  const policy = given?.policy ?? 'guarded';
  const [{ source, copy }, probe] = await Promise.all([
    readPrograms(context, policy),
    readProbe(context.bpfDirectory),
  ]);
  const rows = await withProgress(`Socket semantics on ${name}`, async (report, signal) =>
    checkSemantics(await context.host(name), {
      source,
      probe,
      signal,
      onStep: (step) => {
        report(STEPS[step]);
      },
    }),
  );
  await context.reports.showMarkdown(
    `Socket semantics on ${name}`,
    semanticsReport(name, policy, rows, copy),
  );
  return rows;
}
