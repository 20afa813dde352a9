import * as vscode from 'vscode';
import * as z from 'zod';
import type { BpfSource } from '../bypass/build.ts';
import { knownReaders, probeFaults, type Probed } from '../bypass/faultProbe.ts';
import { faultsOf } from '../bypass/faults.ts';
import { mapBehaviour } from '../bypass/mapBehaviour.ts';
import { readProbe } from '../bypass/source.ts';
import type { SpliceReader } from '../bypass/spliceReaders.ts';
import type { Context } from '../context.ts';
import type { Facts } from '../host/facts.ts';
import { doubtWords, loadWarning, readerName } from '../bypass/loadWarning.ts';
import { withProgress } from '../ui/progress.ts';
import { listed } from '../text.ts';
import { confirm, showWarning } from '../ui/window.ts';

/** Faults of a kernel, and those that a person has accepted and loads all the same. */
const verdictSchema = z.object({
  faults: z.array(z.string()),
  /** Whether the verdict program is needed for FIONREAD. */
  verdict: z.boolean(),
  accepted: z.boolean(),
  /** Programs known to read with splice() that were named then. */
  readers: z.array(z.string()),
});
type Verdict = z.infer<typeof verdictSchema>;

const MEMORY = 'socketFaults';
const REMEMBERED = 50;

/** How to load: undefined is not at all. */
export interface LoadChoice {
  readonly verdict: boolean;
}

/**
 * Warns before a load of what would make programs stall or fail, and names those of the cgroup that
 * are known for it. Probed once for a kernel and what these programs do to sockets, then remembered; where
 * that is not certain, informed of it.
 * @param ask whether a person can be asked; otherwise they are only informed.
 */
export async function warnOfSocketFaults(
  context: Context,
  { host: name, cgroups }: { host: string; cgroups: readonly string[] },
  facts: Facts,
  source: BpfSource,
  ask: boolean,
): Promise<LoadChoice | undefined> {
  const memory = context.extension.globalState;
  // By what decides it: an edit of something else, or another host with this kernel, asks nothing again.
  const { kernel, architecture, distribution } = facts;
  const key = `${kernel} ${architecture} ${distribution.name} ${mapBehaviour(source)}`;

  const known = z.record(z.string(), verdictSchema).catch({}).parse(memory.get(MEMORY));
  const probed = known[key] === undefined ? await probe(context, name, source) : undefined;
  const verdict: Verdict = known[key] ?? {
    faults: [...(probed?.faults ?? [])],
    verdict: probed?.verdict ?? true,
    accepted: false,
    readers: [],
  };
  const remember = (kept: Verdict) =>
    memory.update(
      MEMORY,
      Object.fromEntries([...Object.entries(known), [key, kept]].slice(-REMEMBERED)),
    );
  const certain = probed?.certain !== false;
  if (probed?.certain === true) await remember(verdict);
  const choice = { verdict: verdict.verdict };
  const readers = await spliceReaders(context, name, cgroups, verdict.faults);
  const names = readers.map(readerName);
  const warning = loadWarning(facts.kernel, verdict.faults, readers);
  const others = names.some((one) => !verdict.readers.includes(one));
  if (warning === undefined || (verdict.accepted && !others)) return choice;

  const { message, detail, grave } = warning;
  if (!grave || !ask) {
    // Said each time where it would stall what runs; what every sockmap does, once.
    const stalls = names.length > 0 || faultsOf(verdict.faults).some(stallsUnseen);
    if (stalls || probed !== undefined) void showWarning(`${message} ${detail}`);
    return choice;
  }
  const sure = await confirm(message, {
    detail,
    go: vscode.l10n.t('Load Anyway'),
    stay: vscode.l10n.t('Do Not Load'),
  });
  if (!sure) return undefined;
  if (certain) {
    const named = Array.from(new Set([...verdict.readers, ...names])).slice(-REMEMBERED);
    await remember({ ...verdict, accepted: true, readers: named });
  }
  return choice;
}

/** Whether programs that suffer from a grave fault cannot be seen among the processes. */
const stallsUnseen = ({ id, grave }: { id: string; grave: boolean }): boolean =>
  grave && id !== 'splice';

async function spliceReaders(
  context: Context,
  name: string,
  cgroups: readonly string[],
  faults: readonly string[],
): Promise<readonly SpliceReader[]> {
  if (!faults.includes('splice')) return [];
  const host = await context.host(name);
  const { readers, doubt } = await withProgress(
    vscode.l10n.t('Looking for programs that read with splice() on {0}', name),
    (_, signal) => knownReaders(host, cgroups, faults, signal),
  );
  if (doubt !== undefined) {
    context.log.warn(`The processes of ${listed(cgroups)} on ${name} could not be read: ${doubt}`);
  }
  return readers;
}

async function probe(context: Context, name: string, source: BpfSource): Promise<Probed> {
  const program = await readProbe(context.bpfDirectory);
  const host = await context.host(name);
  const probed = await withProgress(
    vscode.l10n.t('Checking socket compatibility on {0} (once per kernel)', name),
    (_report, signal) => probeFaults(host, source, program, signal),
  );
  if (probed.doubt !== undefined) void showWarning(doubtWords(name, probed.doubt));
  return probed;
}
