import { createHash } from 'node:crypto';
import * as vscode from 'vscode';
import * as z from 'zod';
import type { BpfSource } from '../bypass/compile.ts';
import {
  checkSemantics,
  FIONREAD_PROBES,
  fionreadFault,
  fionreadMissesRedirected,
} from '../bypass/semantics.ts';
import { readProbe } from '../bypass/source.ts';
import type { Context } from '../context.ts';
import { isCancelled } from '../host/errors.ts';
import type { Facts } from '../host/facts.ts';
import { withProgress } from '../views/progress.ts';

const verdictSchema = z.object({
  /** FIONREAD reads 0 though data waits… on sockets whose peer is not bypassed. */
  outside: z.boolean(),
  /** …for bypassed data itself. */
  redirected: z.boolean(),
  affected: z.array(z.string()),
  /** The person has read it and loads all the same. */
  accepted: z.boolean(),
});
type Verdict = z.infer<typeof verdictSchema>;

const MEMORY = 'fionreadVerdicts';
const REMEMBERED = 50;

/**
 * Warns before a load that would make programs stall: some kernels answer FIONREAD with 0 on sockets
 * in a sockmap. Probed once for a host's kernel and these programs, then remembered.
 * @param ask whether a person can be asked; otherwise they are told.
 * @returns whether to load.
 */
export async function warnOfFionread(
  context: Context,
  name: string,
  facts: Facts,
  source: BpfSource,
  ask: boolean,
): Promise<boolean> {
  const memory = context.extension.globalState;
  const hash = createHash('sha256');
  for (const content of source.files.values()) hash.update(content);
  const key = `${name} ${facts.kernel} ${hash.digest('hex').slice(0, 16)}`;

  const known = z.record(z.string(), verdictSchema).catch({}).parse(memory.get(MEMORY));
  const verdict = known[key] ?? (await probe(context, name, source));
  if (verdict === undefined) return true;
  const remember = (kept: Verdict) =>
    memory.update(
      MEMORY,
      Object.fromEntries([...Object.entries(known), [key, kept]].slice(-REMEMBERED)),
    );
  if (known[key] === undefined) await remember(verdict);
  if ((!verdict.outside && !verdict.redirected) || verdict.accepted) return true;

  const sockets = [
    ...(verdict.outside ? ['sockets that get data over TCP while they can be bypassed'] : []),
    ...(verdict.redirected ? ['bypassed sockets'] : []),
  ].join(' and ');
  const wrong = `Linux ${facts.kernel} answers FIONREAD with 0 on ${sockets}, though data waits.`;
  const detail = `Programs that ask how much there is to read before they read may stall${
    verdict.affected.length === 0 ? '' : `: ${verdict.affected.join(', ')}`
  }. nginx does with large uploads. Do not load it into a cgroup with one of them.`;
  if (!ask) {
    void vscode.window.showWarningMessage(`${wrong} ${detail}`);
    return true;
  }
  const load = 'Load Anyway';
  if ((await vscode.window.showWarningMessage(wrong, { modal: true, detail }, load)) !== load) {
    return false;
  }
  await remember({ ...verdict, accepted: true });
  return true;
}

/** Undefined where the probe cannot run, which is no reason not to load. */
async function probe(
  context: Context,
  name: string,
  source: BpfSource,
): Promise<Verdict | undefined> {
  try {
    const program = await readProbe(context.bpfDirectory);
    const rows = await withProgress(
      `Probing FIONREAD on ${name}, once for this kernel`,
      async (_report, signal) =>
        checkSemantics(await context.host(name), {
          source,
          probe: program,
          only: FIONREAD_PROBES,
          signal,
        }),
    );
    return {
      outside: fionreadFault(rows),
      redirected: fionreadMissesRedirected(rows),
      affected: Array.from(new Set(rows.flatMap(({ affected }) => affected))),
      accepted: false,
    };
  } catch (error) {
    if (isCancelled(error)) throw error;
    context.log.warn(`FIONREAD could not be probed on ${name}: ${String(error)}`);
    return undefined;
  }
}
