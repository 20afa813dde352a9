import * as l10n from '@vscode/l10n';
import { realpath } from 'node:fs/promises';
import path from 'node:path';
import { readSource } from '../../bypass/source.ts';
import { outcomeOf, resumeCompared, runCompared } from '../../bench/comparedRun.ts';
import { readPlan } from '../../bench/planFile.ts';
import { documentFileName, readDocument, writeDocument } from '../../bench/store.ts';
import { HostError } from '../../host/errors.ts';
import { MAX_SLOWDOWN_PERCENT } from '../../results/compare.ts';
import { EXIT } from '../../results/regressionCheck.ts';
import { exitOfTcp, tcpCheck } from '../../results/tcpCheck.ts';
import { tcpLines } from '../../results/words/tcpLines.ts';
import { PROFILES, type Profile } from '../../results/plan.ts';
import { agreeToCommands } from '../agree.ts';
import { command, HOST, HOST_OPTIONS } from '../command.ts';
import { contradiction, LIMIT_OPTIONS, limitsOf } from '../limits.ts';
import { choice, flag, number, text, UsageError } from '../options.ts';

export const SLOWDOWN = number(
  'PERCENT',
  [0, 100],
  `How much slower the bypass may be than in the saved run: it fails where the whole 95% CI is beyond that. ${MAX_SLOWDOWN_PERCENT} by default.`,
  { isWhole: false },
);

/** @throws HostError where the file is the baseline, or something other than a result document. */
async function checkOverwritten(out: string, baseline: string | undefined): Promise<void> {
  const [there, compared] = await Promise.all(
    [out, baseline ?? ''].map((file) => realpath(file).catch(() => undefined)),
  );
  if (there === undefined) return;
  if (there !== compared) {
    await readDocument(there);
    return;
  }
  throw new HostError({
    kind: 'input',
    tried: l10n.t('write {0}', out),
    where: undefined,
    words: l10n.t('it is the saved run to compare with'),
    next: l10n.t('Choose another file for --out.'),
  });
}

/** A host as ssh takes it, or the name of one. */
const NAME = /^[\w@.:-]{1,253}$/;

export const benchmark = command({
  name: 'benchmark',
  summary: 'Measures TCP and the bypass with netperf, and writes the result document.',
  operands: {
    HOST,
    CGROUP: {
      help: 'Where to measure; by default in a cgroup that is made for the run. A bypass that is loaded there is measured as it is; otherwise the run loads the bundled one, and unloads it at its end.',
      optional: true,
    },
  },
  options: {
    profile: choice(
      Object.keys(PROFILES) as Profile[],
      'A built-in plan. quick (the default) takes about a minute, standard about ten minutes, article hours; containers is like quick, between two network namespaces.',
    ),
    plan: text('FILE', 'A plan file (*.sockmap-plan.json) instead of a profile.'),
    out: text(
      'FILE',
      'The result document (*.sockmap-bench.json), which replaces an older one; by default a new file in the working directory. It is complete after every sample.',
    ),
    resume: text(
      'FILE',
      'Complete the document of a run on HOST that was interrupted, with its own cgroup, plan and limits.',
    ),
    baseline: text('FILE', 'A saved run that this one is compared with.'),
    'max-slowdown': SLOWDOWN,
    'against-tcp': number(
      'PERCENT',
      [0, 100],
      'Also compare the bypass with TCP in this run, as a roll-out does: the outcome is bad where the whole 95% CI is beyond that slowdown, or the bypass stalls.',
      { isWhole: false },
    ),
    as: text(
      'NAME',
      'What HOST is called in the result document; HOST itself by default. So that documents of several machines, each measured as local, can be told apart.',
    ),
    yes: flag('Run the commands of a plan without asking.'),
    ...LIMIT_OPTIONS,
    ...HOST_OPTIONS,
  },
  examples: [
    'web1',
    'web1 --profile standard --out web1.sockmap-bench.json',
    'web1 --resume web1.sockmap-bench.json',
  ],
  bad: 'The bypass is slower than --max-slowdown or --against-tcp allows.',
  notes: [
    'If the plan, or the run to resume, has workloads, it shows all of their commands, and asks before it runs any on HOST. Without a terminal, it runs them only with --yes.',
    'Ctrl-C ends a run: what was measured is kept, and the host is as it was. With --json it prints the path of the document and the comparison.',
  ],
  fault: ({ CGROUP }, { resume, out, profile, plan, as }) => {
    if (as !== undefined && !NAME.test(as))
      return '--as takes a name of 1 to 253 letters, digits, dots, colons, hyphens, underscores or @.';
    if (profile !== undefined && plan !== undefined)
      return '--profile and --plan exclude each other.';
    const isNew = [CGROUP, out, profile, plan].some((one) => one !== undefined);
    return resume !== undefined && isNew
      ? '--resume goes on with a run as it was begun: without CGROUP, --out, --profile and --plan.'
      : undefined;
  },
  run: async (session, { HOST: name, CGROUP: cgroup }, options) => {
    const { resume, out } = options;
    let file = resume ?? out;
    if (out !== undefined) await checkOverwritten(out, options.baseline);
    const cut = resume === undefined ? undefined : await readDocument(resume);
    const other = cut?.limits && contradiction(options, cut.limits);
    if (other !== undefined) throw new UsageError(`${other}, and goes on with that.`);
    const own = options.plan === undefined ? undefined : await readPlan(options.plan);
    const plan = cut?.plan ?? own;
    if (plan !== undefined && !options.yes)
      await agreeToCommands(session, name, plan, resume ?? options.plan ?? '');
    const wanted = { ...options, plan: own, maxSlowdown: options['max-slowdown'] };
    const host = session.host(name, options);
    // Changed from a callback, whose writes the type checker does not see.
    const kept = { isSaved: false };
    const told: Parameters<typeof runCompared>[3] = {
      onStep: session.onStep,
      source: (policy) => readSource(session.bpf, policy),
      limits: limitsOf(options),
      calledAs: options.as,
      signal: session.signal,
      save: async (whole) => {
        await writeDocument((file ??= documentFileName(whole)), whole);
        kept.isSaved = true;
      },
    };
    try {
      const { check, document } =
        cut === undefined || resume === undefined
          ? await runCompared(host, cgroup, wanted, told)
          : await resumeCompared(host, { document: cut, file: resume }, wanted, told);
      const { lines, exit } = outcomeOf(check);
      const allowed = options['against-tcp'];
      const beside = allowed === undefined ? undefined : tcpCheck(document, allowed);
      const besideExit = beside ? exitOfTcp(beside) : EXIT.good;
      const result = path.resolve(file ?? '');
      return {
        data: { result, ...(check && { check }), ...(beside && { againstTcp: beside }) },
        text: [...lines, ...(beside ? tcpLines(beside) : []), `Result: ${result}`, ''].join('\n'),
        status: [exit, besideExit].find((one) => one === EXIT.worse) ?? (exit || besideExit),
      };
    } catch (error) {
      if (kept.isSaved) session.onStep(`What was measured is kept in ${file ?? ''}: see --resume.`);
      throw error;
    }
  },
});
