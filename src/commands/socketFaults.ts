import { createHash } from 'node:crypto';
import * as vscode from 'vscode';
import * as z from 'zod';
import type { BpfSource } from '../bypass/compile.ts';
import {
  checkSemantics,
  FAULT_PROBES,
  socketFaults,
  type SocketFaults,
} from '../bypass/semantics.ts';
import { readProbe } from '../bypass/source.ts';
import type { Context } from '../context.ts';
import { isCancelled } from '../host/errors.ts';
import type { Facts } from '../host/facts.ts';
import { loadWarning } from '../views/loadWarning.ts';
import { withProgress } from '../views/progress.ts';

/** SocketFaults, and whether a person has read of them and loads all the same. */
const verdictSchema = z.object({
  outside: z.boolean(),
  redirected: z.boolean(),
  affected: z.array(z.string()),
  eagain: z.boolean(),
  certain: z.literal(true),
  accepted: z.boolean(),
});
type Verdict = SocketFaults & { accepted: boolean };

const MEMORY = 'socketFaults';
const REMEMBERED = 50;

/**
 * Warns before a load of what would make programs stall or fail: some kernels answer FIONREAD with 0
 * on sockets in a sockmap, and a blocked recv() may fail there with EAGAIN. Probed once for a host's
 * kernel and these programs, then remembered; where that could not be told for certain, told so.
 * @param ask whether a person can be asked; otherwise they are told.
 * @returns whether to load.
 */
export async function warnOfSocketFaults(
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
  const fresh = known[key] === undefined;
  if (fresh && verdict.certain) await remember(verdict);
  const warning = loadWarning(facts.kernel, verdict);
  if (warning === undefined || verdict.accepted) return true;

  const { message, detail, grave } = warning;
  if (!grave || !ask) {
    // Said each time where it may stall what runs; what every sockmap does, once.
    if (grave || fresh) void vscode.window.showWarningMessage(`${message} ${detail}`);
    return true;
  }
  const load = 'Load Anyway';
  if ((await vscode.window.showWarningMessage(message, { modal: true, detail }, load)) !== load) {
    return false;
  }
  if (verdict.certain) await remember({ ...verdict, accepted: true });
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
      `Probing sockets on ${name}, once for this kernel`,
      async (_report, signal) =>
        checkSemantics(await context.host(name), {
          source,
          probe: program,
          only: FAULT_PROBES,
          signal,
        }),
    );
    const faults = socketFaults(rows);
    if (!faults.certain) {
      warnOfDoubt(name, 'not every probe came to an end. The next load tries again');
    }
    return { ...faults, accepted: false };
  } catch (error) {
    if (isCancelled(error)) throw error;
    context.log.warn(`The sockets could not be probed on ${name}: ${String(error)}`);
    warnOfDoubt(name, error instanceof Error ? error.message : String(error));
    return undefined;
  }
}

function warnOfDoubt(name: string, why: string): void {
  void vscode.window.showWarningMessage(
    `Whether the kernel of ${name} answers FIONREAD with 0 on bypassed sockets, which stalls some programs, could not be told: ${why.replace(/\.$/, '')}.`,
  );
}
