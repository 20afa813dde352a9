import * as l10n from '@vscode/l10n';
import { HostError, type ProblemKind } from '../host/errors.ts';

/** Resources for building a source, of which a person may allow more or less. */
export interface BuildLimits {
  /** For the compiler. */
  readonly compileSeconds: number;
  /** For the compiler. */
  readonly memoryMiB: number;
  /** For the kernel, and all programs of an object: those that are left then get no verdict. */
  readonly verifySeconds: number;
}

/**
 * Most programs compile in a second or two. The kernel gives up after a million instructions of one program, which
 * takes some seconds, thrice with logs.
 */
export const BUILD_LIMITS: BuildLimits = {
  compileSeconds: 20,
  memoryMiB: 2048,
  verifySeconds: 45,
};

/** Least and most of each. */
export const BUILD_LIMIT_RANGES = {
  compileSeconds: [1, 600],
  memoryMiB: [512, 65_536],
  verifySeconds: [1, 600],
} as const satisfies Record<keyof BuildLimits, readonly [number, number]>;

/** The limits of a compiler run. */
export interface CompilerLimits {
  readonly seconds: number;
  readonly memoryMiB: number;
  readonly outputMiB: number;
}

/** Exit code of a script whose compiler filled its output: 128 and SIGXFSZ. */
const FILE_TOO_LARGE = 153;

/**
 * Why a compiler ended without an opinion of the source.
 * @param exitCode of the compiler, below `timeout`.
 * @returns undefined where it has one: exit code 1, or a crash over what the source has it make code for.
 */
export function compilerFailure(
  host: string,
  tried: string,
  { exitCode, stderr }: { exitCode: number; stderr: string },
  { seconds, memoryMiB, outputMiB }: CompilerLimits,
): HostError | undefined {
  if (OPINION.test(stderr) || (exitCode === 1 && !stderr.includes(CRASHED))) return undefined;
  const problem = (kind: ProblemKind, words: string, next: string): HostError =>
    new HostError({
      kind,
      tried,
      where: host,
      words: `${words}\n${stderr}`,
      headline: words,
      next,
    });
  if (exitCode === 126 || exitCode === 127) {
    const next = l10n.t('Check the host: clang is needed, where every account may run it.');
    return problem('not-found', l10n.t('clang cannot be run'), next);
  }
  const endless = l10n.t('Look for an include, a macro or a variable that has no end.');
  if (exitCode === 124 || exitCode === 137) return compilerTooSlow(host, tried, seconds, stderr);
  if (exitCode === FILE_TOO_LARGE) {
    return problem('compile', l10n.t('more than {0} MiB written', outputMiB), endless);
  }
  if (OUT_OF_MEMORY.test(stderr)) {
    return problem(
      'compile',
      l10n.t(
        'the compiler ran out of memory ({0} GiB, or what the host or the account allows)',
        memoryMiB / 2 ** 10,
      ),
      l10n.t(
        "{0} Where it has none, look at the host's memory, and at ulimit -v of the account.",
        endless,
      ),
    );
  }
  // After the limits, whose signals find it at work there.
  if (GENERATOR_CRASH.test(stderr)) return undefined;
  if (exitCode > 128 || stderr.includes(CRASHED)) {
    return problem('compile', l10n.t('the compiler has crashed'), endless);
  }
  return problem('command', l10n.t('clang ended with exit code {0}', exitCode), endless);
}

/** Where the compiler was ended because of its time; `words` are what it said until then. */
export function compilerTooSlow(
  where: string,
  tried: string,
  seconds: number,
  words: string,
): HostError {
  const headline = l10n.t('the compiler took longer than {0} s there', seconds);
  return new HostError({
    kind: 'compile',
    tried,
    where,
    words: `${headline}\n${words}`.trim(),
    headline,
    next: l10n.t(
      'See whether the host is busy, and try again; else look for an include, a macro or a variable that has no end, or allow it more time (verify.limits.compileSeconds).',
    ),
  });
}

/** Its code generator refuses a source in the form of a crash. */
const OPINION = /^fatal error: error in backend: (?!.*(?:out of memory|IO failure))/im;
/** It crashed while it made code: what for, its stack dump and the source can tell. */
export const GENERATOR_CRASH = /^PLEASE submit a bug report[^]*\n\d{1,2}\.\tCode generation$/m;
/** clang may exit with 1 after a crash, as for a source that is wrong, and only its words say that it crashed. */
const CRASHED = 'PLEASE submit a bug report';
const OUT_OF_MEMORY = /out of memory|bad_alloc|cannot allocate/i;
