import * as l10n from '@vscode/l10n';
import { constants } from 'node:os';
import { gunzipSync } from 'node:zlib';
import type { BpfSource } from '../bypass/build.ts';
import { BUILD_LIMITS } from '../bypass/compilerLimits.ts';
import type { Uploaded } from '../bypass/workbench.ts';
import { HostError } from '../host/errors.ts';
import type { Host } from '../host/host.ts';
import { scriptArgv } from '../host/hostScript.ts';
import { newBoundary, parseSections } from '../host/sections.ts';
import { openHelper, type Helper } from './helper.ts';
import { withLines, withPositions } from './listings.ts';
import { parseVerdicts, type Verdicts } from './verdicts.ts';

/** The answers of a host's compiler and kernel about a source. Plain data, except for the object. */
export interface Verification extends Verdicts {
  readonly host: string;
  /** `uname -r`. */
  readonly kernel: string;
  /** `uname -m`. */
  readonly architecture?: string;
  /** clang's words, warnings too; files by their path in the source. */
  readonly compiler: string;
  /** The file that its last words are about: of those that are linked the one that does not compile. */
  readonly unit?: string;
  /** Undefined when it does not compile. */
  readonly object: Uint8Array | undefined;
}

export interface VerifyOptions {
  /** `bpf/tools/verify.c`. */
  readonly tool: Uint8Array;
  readonly signal?: AbortSignal | undefined;
}

/** One program as the kernel has it, for reading. */
export interface Dump {
  readonly object: Uint8Array;
  /** The verifier's log, with the state at every instruction where that was asked for. */
  readonly log: string;
  /** Instructions after the kernel's rewriting, and machine code, with their source lines. */
  readonly xlated: string;
  readonly jited: string;
}

/** The verifier's states in one program. */
export interface StatesLog {
  readonly program: string;
  readonly object: Uint8Array;
  /** With the state at every instruction; without what it says of its search for precision. */
  readonly log: string;
  /** Whether it is all that the verifier did. */
  readonly isWhole: boolean;
}

/**
 * Compiles a source on the host and has its kernel verify each program of it. Nothing is attached and
 * nothing stays.
 * @throws HostError when that is not possible; what clang or the kernel object to is a result.
 */
export async function verifySource(
  host: Host,
  source: BpfSource,
  options: VerifyOptions,
): Promise<Verification> {
  const { signal } = options;
  const helper = await openHelper(host, options.tool, { libbpf: source.libbpf, signal });
  const { bench } = helper;
  const uploaded = await bench.upload(source, signal);
  try {
    const compiled = await bench.compile(uploaded, { isParsed: true, signal });
    const { words: compiler, unit, object, linker = '' } = compiled;
    const { kernel, architecture } = bench.target;
    const made = { host: host.name, kernel, architecture, compiler, unit, object: object?.bytes };
    if (object === undefined) return { ...made, words: linker, assumed: [], programs: [] };
    return { ...made, ...(await verifyThere(helper, uploaded, object.path, options)) };
  } finally {
    void bench.remove(uploaded);
  }
}

/**
 * One accepted program as the kernel has it.
 * @param options.states whether the log has the state at every instruction: it may take seconds.
 * @throws HostError of kind `compile` or `verifier` when it does not get that far.
 */
export async function dumpProgram(
  host: Host,
  source: BpfSource,
  program: string,
  options: VerifyOptions & { readonly states?: boolean },
): Promise<Dump> {
  const { signal } = options;
  const helper = await openHelper(host, options.tool, { libbpf: source.libbpf, signal });
  const { bench } = helper;
  const uploaded = await bench.upload(source, signal);
  const tried = l10n.t('read {0} of {1} from the kernel', program, source.entry);
  try {
    const { words, linker, object } = await bench.compile(uploaded, { isParsed: true, signal });
    const problem = (kind: 'compile' | 'verifier', words: string) =>
      new HostError({
        kind,
        tried,
        where: host.name,
        words,
        next: l10n.t('Fix the source first.'),
      });
    if (object === undefined) throw problem('compile', linker ?? words);
    const boundary = newBoundary();
    const states = options.states === true ? '2' : '0';
    const { directory } = uploaded;
    const packed = await rootScript(
      host,
      'verify-dump.sh',
      [
        boundary,
        bench.directory,
        helper.program,
        directory,
        program,
        bench.target.architecture,
        states,
        object.path,
        String(verifySecondsOf(source)),
      ],
      { tried, seconds: verifySecondsOf(source), signal },
    );
    const text = unpacked(host, packed, directory);
    const sections = parseSections(text, boundary);
    const part = (name: string) => sections.find((section) => section.name === name)?.text ?? '';
    const verdict = parseVerdicts(text, boundary).programs.find(({ name }) => name === program);
    if (verdict?.verdict !== 'accepted') throw problem('verifier', verdict?.log ?? text);
    return {
      object: object.bytes,
      log: verdict.log,
      xlated: withPositions(part('xlated')),
      jited: withLines(part('jited'), part('lines')),
    };
  } finally {
    void bench.remove(uploaded);
  }
}

const verifySecondsOf = ({ limits = BUILD_LIMITS }: BpfSource): number => limits.verifySeconds;

/**
 * The verifier's walk over programs of a source, one after another, accepted or not: each may take seconds, and
 * megabytes.
 * @throws HostError when it cannot be asked.
 */
export async function* readStates(
  host: Host,
  source: BpfSource,
  programs: readonly string[],
  options: VerifyOptions,
): AsyncGenerator<StatesLog> {
  const { signal } = options;
  const helper = await openHelper(host, options.tool, { libbpf: source.libbpf, signal });
  const { bench } = helper;
  const uploaded = await bench.upload(source, signal);
  try {
    const { object } = await bench.compile(uploaded, { isParsed: true, signal });
    if (object === undefined) return;
    for (const program of programs) {
      const verdicts = await verifyThere(helper, uploaded, object.path, options, program);
      const { verdict, log = '' } = verdicts.programs.find(({ name }) => name === program) ?? {};
      const isSeen = verdict === 'accepted' || verdict === 'rejected';
      const isWhole = isSeen && !log.slice(-200).includes('\n(the log is longer than');
      yield { program, object: object.bytes, log, isWhole };
    }
  } finally {
    void bench.remove(uploaded);
  }
}

/** @param program whose states are asked for; all programs' verdicts where it is undefined. */
async function verifyThere(
  { bench: { host, directory: bench }, program: helper }: Helper,
  { source, directory }: Uploaded,
  object: string,
  { signal }: VerifyOptions,
  program?: string,
): Promise<Verdicts> {
  const boundary = newBoundary();
  const seconds = verifySecondsOf(source);
  const tried = l10n.t('verify {0} with the kernel', source.entry);
  const script = program === undefined ? 'verify.sh' : 'verify-states.sh';
  const args = [boundary, bench, helper, String(seconds), object, program ?? []].flat();
  const text = await rootScript(host, script, args, { tried, seconds, signal });
  const told = unpacked(host, text, directory);
  const sections = parseSections(told, boundary);
  if (sections.some(({ name }) => name === 'end')) return parseVerdicts(told, boundary);
  const exit = sections.findLast(({ name }) => name === 'exit')?.text ?? '';
  throw endedEarly(host, tried, Number(exit || Number.NaN));
}

/** @param exit its status as a shell has it; NaN where even the shell did not come to its end. */
function endedEarly(host: Host, tried: string, exit: number): HostError {
  const signal = Object.entries(constants.signals).find(([, number]) => number === exit - 128)?.[0];
  const problem = { kind: 'command', tried, where: host.name } as const;
  if (signal === undefined || signal === 'SIGKILL') {
    return new HostError({
      ...problem,
      words: l10n.t('the verification helper ended early'),
      next: l10n.t("Look at the host's memory, then try again."),
    });
  }
  return new HostError({
    ...problem,
    words: l10n.t('the verification helper crashed ({0})', signal),
    next: l10n.t(
      'This is a fault of Sockmap Bypass or of the libbpf there, not of the source: report it with the source.',
    ),
  });
}

/** Unpacks the output of a script, without the directory it ran in. */
function unpacked(host: Host, base64: string, directory: string): string {
  try {
    return gunzipSync(Buffer.from(base64, 'base64'), {
      maxOutputLength: UNPACKED_MIB * 1024 * 1024,
    })
      .toString()
      .replaceAll(`${directory}/`, '');
  } catch (cause) {
    const words = `its answer does not unpack, or to more than ${UNPACKED_MIB} MiB: ${(cause as Error).message}`;
    const tried = l10n.t('read the output of the verifier');
    const next = l10n.t('Check bpftool and gzip on that host.');
    throw new HostError({ kind: 'command', tried, where: host.name, words, next }, { cause });
  }
}

/** A states log has tens of megabytes. */
const UNPACKED_MIB = 256;

async function rootScript(
  host: Host,
  script: string,
  args: readonly string[],
  { tried, seconds, signal }: { tried: string; seconds: number; signal: AbortSignal | undefined },
): Promise<string> {
  return host.check(scriptArgv(script, ...args), {
    tried,
    root: true,
    signal,
    timeoutMs: (seconds + 15) * 1000,
    maxMiB: 64,
    next: l10n.t(
      'Install what it says is missing, or look at the commands that were run there (the log, --verbose).',
    ),
  });
}
