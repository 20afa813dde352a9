import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { BUILD_LIMIT_RANGES, BUILD_LIMITS } from '../../bypass/compilerLimits.ts';
import type { BpfSource } from '../../bypass/build.ts';
import { prefixFault } from '../../bypass/libbpf.ts';
import {
  configuredSource,
  offeredFlags,
  withFlags,
  type BuildSettings,
} from '../../bypass/flags/build.ts';
import { directoryFinder } from '../../bypass/flags/files.ts';
import { directoryReader } from '../../bypass/source.ts';
import { errorText } from '../../host/errors.ts';
import { shellLine } from '../../host/quote.ts';
import { missingHeaders } from '../../verifier/clang.ts';
import { diagnose, type Diagnosis } from '../../verifier/diagnose.ts';
import { definedIn } from '../../verifier/externs.ts';
import { remedied } from '../../verifier/remedied.ts';
import { sourceFindings } from '../../verifier/sourceFindings.ts';
import { verifySource } from '../../verifier/verify.ts';
import { growthCheck, compareFigures } from '../../verifier/difference.ts';
import { figuresOf } from '../../verifier/figures.ts';
import { matrixOf } from '../../verifier/matrix.ts';
import { checkOutput, checkSize, readBaseline, writeBaseline } from '../baseline.ts';
import { command, HOST, HOST_OPTIONS, STATUS, type Answer } from '../command.ts';
import { diagnosisText, matrixText, shownBelow } from '../diagnosisText.ts';
import { growthLines } from '../growthText.ts';
import { choices, number, text, texts, UsageError } from '../options.ts';

const MAX_GROWTH_PERCENT = 10;

/** As they are typed. */
const BOUNDED_BY_NAME = {
  processed: 'processed',
  states: 'states',
  'peak-states': 'peakStates',
  stack: 'stack',
} as const;

export const verify = command({
  name: 'verify',
  summary: "Compiles BPF C on a host, and has its kernel's verifier check it. Nothing is attached.",
  operands: {
    HOST,
    FILE: {
      help: 'The source. Files that it includes are looked for in the working directory if that contains the source, otherwise in its own folder, and among the headers of the host.',
    },
  },
  options: {
    include: texts(
      'DIRECTORY',
      'A directory to search for headers: relative to that folder, or absolute on the host.',
    ),
    define: texts('NAME=NUMBER', 'A preprocessor macro with an integer value.', (one) =>
      DEFINE.test(one) ? undefined : 'not a macro with its number',
    ),
    flag: texts(
      'FLAG',
      'A flag for clang, such as --flag=-mcpu=v3. Used where no compile_commands.json of the project covers the source; its .clangd files add to them.',
    ),
    link: texts(
      'FILE',
      'A further source, relative to that folder, whose object is linked with that of FILE.',
    ),
    libbpf: text(
      'PREFIX',
      "Where an administrator has installed a libbpf on the host (make install PREFIX=…), to compile and load with instead of the host's own: an absolute path, and root's alone with all above it.",
    ),
    root: text(
      'DIRECTORY',
      'The folder whose files the source may include, instead of the working directory or its own folder.',
    ),
    host: texts(
      'HOST',
      'Verify on this host, too, at the same time, and print a table of programs and hosts.',
    ),
    output: text(
      'FILE',
      "Write the verifier's figures of each program to FILE: as veristat's CSV if it ends in .csv, otherwise as JSON.",
    ),
    baseline: text(
      'FILE',
      "Compare the figures with those of such a file, or of veristat's (-o csv), by the names of programs.",
    ),
    'max-growth': number(
      'PERCENT',
      [0, 100_000],
      `How much larger than in the baseline a figure may be; ${MAX_GROWTH_PERCENT} by default.`,
      { isWhole: false },
    ),
    figure: choices(
      Object.keys(BOUNDED_BY_NAME) as (keyof typeof BOUNDED_BY_NAME)[],
      'Which figures may not grow: instructions processed, states, peak states, bytes of stack; all of them by default.',
    ),
    'compile-seconds': number(
      'SECONDS',
      BUILD_LIMIT_RANGES.compileSeconds,
      `Time limit of the compiler; ${BUILD_LIMITS.compileSeconds} by default.`,
    ),
    'memory-mib': number(
      'MIB',
      BUILD_LIMIT_RANGES.memoryMiB,
      `Memory limit of the compiler; ${BUILD_LIMITS.memoryMiB} by default.`,
    ),
    'verify-seconds': number(
      'SECONDS',
      BUILD_LIMIT_RANGES.verifySeconds,
      `Time limit of the verifier, for all programs together; ${BUILD_LIMITS.verifySeconds} by default.`,
    ),
    ...HOST_OPTIONS,
  },
  examples: [
    'web1 count.bpf.c',
    'web1 count.bpf.c --output before.json',
    'web1 count.bpf.c --baseline before.json --max-growth 5',
  ],
  bad: 'It does not compile, a program is rejected, or a figure grew beyond --max-growth.',
  notes: [
    'Errors are printed in the form of clang, FILE:LINE:COLUMN: error: …',
    'If another source beside it defines what it only declares, --link with that source is printed as a hint.',
    'If it fails, no compile_commands.json covers it, and the flags of a makefile beside or above it help, they are printed as a hint.',
    'Figures depend on the kernel and the compiler: compare those of one host. Verification time and program size are shown, but not checked. If the baseline has none of the programs, the exit status is 1.',
  ],
  fault: (_operands, { baseline, output, host, libbpf, 'max-growth': maxGrowth }) => {
    const fault = libbpf === undefined ? undefined : prefixFault(libbpf);
    if (fault !== undefined) return `--libbpf: ${fault}: ${libbpf}`;
    if (baseline === undefined && maxGrowth !== undefined) return '--max-growth needs --baseline.';
    return host.length > 0 && (baseline ?? output) !== undefined
      ? '--baseline and --output are for one host.'
      : undefined;
  },
  run: async (
    session,
    { HOST: name, FILE: file },
    {
      include,
      define,
      flag,
      link,
      libbpf,
      root: above,
      output,
      baseline,
      figure,
      host: further,
      ...options
    },
  ) => {
    const there = await stat(file).catch(() => undefined);
    if (there?.isFile() !== true) {
      throw new UsageError(`FILE: ${file} is ${there === undefined ? 'not there' : 'not a file'}.`);
    }
    const { root, entry } = placeOf(file, above);
    if (baseline !== undefined) await checkSize('--baseline', baseline);
    const before = baseline === undefined ? undefined : await readBaseline(baseline, entry);
    if (output !== undefined) await checkOutput(output, baseline, entry);
    const settings: BuildSettings = {
      include,
      flags: { '**': flag },
      link: { '**': link },
      named: '--',
      defines: Object.fromEntries(define.map((one) => defined(one))),
      ...(libbpf !== undefined && { libbpf }),
      limits: {
        compileSeconds: options['compile-seconds'] ?? BUILD_LIMITS.compileSeconds,
        memoryMiB: options['memory-mib'] ?? BUILD_LIMITS.memoryMiB,
        verifySeconds: options['verify-seconds'] ?? BUILD_LIMITS.verifySeconds,
      },
    };
    const shown = shownBelow(root);
    if (further.length > 0) return severalHosts([name, ...further]);
    const diagnosis = await verifiedOn(name);
    const settled = isBad(diagnosis) ? STATUS.bad : STATUS.good;
    const figures = figuresOf(diagnosis, entry);
    // A source that does not compile has no figures: an older file is worth more.
    if (output !== undefined && figures.programs.length > 0) await writeBaseline(output, figures);
    const check =
      before === undefined || figures.programs.length === 0
        ? undefined
        : growthCheck(
            compareFigures(before.programs, figures.programs),
            options['max-growth'] ?? MAX_GROWTH_PERCENT,
            figure.map((one) => BOUNDED_BY_NAME[one]),
          );
    const compared = check
      ? growthLines(check, { file: baseline ?? '', kernel: before?.kernel }, diagnosis.kernel)
      : [];
    const guess = await guessed(diagnosis);
    const lacking = await missing(diagnosis);
    return {
      data: {
        ...diagnosis,
        ...(check && { comparison: check }),
        ...(guess && { guess }),
        ...(lacking.length > 0 && { link: lacking }),
      },
      text: [
        diagnosisText(diagnosis, shown),
        ...compared.map((line) => `${line}\n`),
        ...(guess === undefined ? [] : [hint(guess)]),
        ...lacking.map(linkHint),
      ].join(''),
      status: settled === STATUS.bad ? settled : STATUSES[check?.outcome ?? 'good'],
    };

    /** A host that cannot answer leaves the others' table without its column. */
    async function severalHosts(names: readonly string[]): Promise<Answer> {
      const outcomes = await Promise.allSettled(names.map((one) => verifiedOn(one)));
      const failures = outcomes.flatMap((one, index) =>
        one.status === 'rejected'
          ? [{ host: names[index] ?? '', reason: one.reason as unknown }]
          : [],
      );
      const diagnoses = outcomes.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
      const [first] = failures;
      if (first !== undefined && (diagnoses.length === 0 || session.signal.aborted))
        throw first.reason;
      for (const { reason } of failures) session.onStep(errorText(reason));
      const { rows } = matrixOf(diagnoses);
      return {
        data: {
          hosts: diagnoses,
          programs: rows,
          failures: failures.map(({ host, reason }) => ({ host, words: errorText(reason) })),
        },
        text: matrixText(diagnoses, shown),
        status: diagnoses.some(isBad) ? STATUS.bad : first ? STATUS.failed : STATUS.good,
      };
    }

    /** Flags of a makefile, which are never applied unasked, where they help. */
    async function guessed(before: Diagnosis): Promise<Hint | undefined> {
      if (!isBad(before)) return undefined;
      const missing = missingHeaders(before.findings.map(({ message }) => message));
      const clues = { find: directoryFinder(root), missing, architecture: before.architecture };
      const guess = await offeredFlags(entry, root, directoryReader(root), settings, clues);
      if (guess === undefined) return undefined;
      const after = await verifiedOn(name, guess.words);
      return remedied(before, after).length === 0
        ? undefined
        : { from: guess.from ?? guess.headers, flags: guess.words };
    }

    /** Sources beside it that define what it declares alone. */
    async function missing({ findings }: Diagnosis): Promise<Lacking[]> {
      if (!findings.some(({ explanation }) => explanation === 'extern-undefined')) return [];
      const read = directoryReader(root);
      const beside = (await readdir(path.dirname(file))).filter((one) => one.endsWith('.c'));
      const others = new Map<string, Uint8Array>();
      for (const one of beside.sort().slice(0, MOST_SOURCES)) {
        const name = path.posix.join(path.posix.dirname(entry), one);
        const content = await read(name);
        if (content instanceof Uint8Array) others.set(name, content);
      }
      return definedIn(await sourceOf(), others);
    }

    function sourceOf(tried: readonly string[] = []): Promise<BpfSource> {
      const all = withFlags(settings, entry, tried);
      return configuredSource(entry, root, directoryReader(root), all);
    }

    async function verifiedOn(on: string, tried: readonly string[] = []): Promise<Diagnosis> {
      try {
        const source = await sourceOf(tried);
        const tool = await readFile(path.join(session.bpf, 'tools', 'verify.c'));
        const { signal } = session;
        const host = session.host(on, options);
        return diagnose(await verifySource(host, source, { tool, signal }), source);
      } catch (error) {
        const findings = sourceFindings(error, entry);
        if (findings === undefined) throw error;
        return { host: on, kernel: '', findings, programs: [] };
      }
    }
  },
});

const isBad = ({ findings, programs }: Diagnosis): boolean =>
  findings.some(({ severity }) => severity === 'error') ||
  programs.some(({ verdict }) => verdict !== 'accepted');

const STATUSES = { good: STATUS.good, worse: STATUS.bad, inconclusive: STATUS.failed };

/** Flags that a file of the project is read to mean. */
interface Hint {
  /** The file, or the directories of headers that nothing names. */
  readonly from: string | readonly string[];
  readonly flags: readonly string[];
}

/** A source that defines what another one only declares. */
interface Lacking {
  readonly file: string;
  readonly names: readonly string[];
}

const MOST_SOURCES = 200;

const linkHint = ({ file, names }: Lacking): string =>
  `hint: ${file} defines ${names.slice(0, 10).join(', ')}: ${shellLine([`--link=${file}`])}\n`;

const hint = ({ from, flags }: Hint): string => {
  const why =
    typeof from === 'string' ? `as ${from} compiles it` : `headers are in ${from.join(', ')}`;
  return `hint: ${why}: ${shellLine(flags.map((flag) => `--flag=${flag}`))}\n`;
};

const DEFINE = /^([A-Za-z_]\w*)=(-?\d{1,15})$/;
const defined = (one: string): [string, number] => {
  const [, name = '', value = ''] = DEFINE.exec(one) ?? [];
  return [name, Number(value)];
};

/** Files around the source that may be uploaded: as in an editor that has the working directory open. */
function placeOf(file: string, above: string | undefined): { root: string; entry: string } {
  const whole = path.resolve(file);
  const below = path.relative(above ?? '', whole);
  const isBelow = !below.startsWith('..') && !path.isAbsolute(below);
  if (!isBelow && above !== undefined)
    throw new UsageError(`--root: ${file} is not below ${above}.`);
  const root = isBelow ? path.resolve(above ?? '') : path.dirname(whole);
  return { root, entry: path.relative(root, whole).split(path.sep).join('/') };
}
