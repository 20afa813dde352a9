import type { Context } from '../context.ts';
import { HostError } from '../host/errors.ts';
import { collectFacts } from '../host/facts.ts';
import { hostIssues } from '../host/issues.ts';
import { showFindings, type HostCheck } from '../ui/hostIssues.ts';
import { pickHost } from '../ui/pickers.ts';
import { withProgress } from '../ui/progress.ts';
import { hostArgument, readHostArgument } from './arguments.ts';

/** Check host. */
export async function checkHost(
  context: Context,
  argument: unknown,
): Promise<HostCheck | undefined> {
  const given = await readHostArgument(context, hostArgument, argument);
  const name = given?.host ?? (await pickHost(context, 'Check host'));
  if (name === undefined) return undefined;
  const host = await context.host(name);
  const facts = await withProgress(`Checking ${name}`, async (_report, signal) => {
    // Without root most facts can be read all the same, and the lack of it is one.
    const root = await host.becomeRoot(signal).then(
      () => true,
      (error: unknown) => {
        if (error instanceof HostError && error.problem.kind === 'privilege') return false;
        throw error;
      },
    );
    return collectFacts(host, { root, signal });
  });
  const check = { facts, findings: hostIssues(facts) };
  void showFindings(context, name, check);
  return check;
}
