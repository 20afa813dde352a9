import * as l10n from '@vscode/l10n';
import { parseObject } from './object.ts';
import type { ObjectProgram } from './objectProgram.ts';
import type { BpfSource } from '../bypass/build.ts';
import { libbpfMessage } from './libbpf.ts';
import type { Assumption, ProgramVerdict } from './verdicts.ts';
import type { Verification } from './verify.ts';
import { explain, explainCompiler } from './catalogue.ts';
import { parseClang } from './clang.ts';
import { clangFindings } from './clangFindings.ts';
import { finding, note, type Finding } from './finding.ts';
import { parseLog, parseStatistics, type Statistics, type Step, type VerifierLog } from './log.ts';
import { castsPointers, meantInstruction, userOf } from './instructions.ts';
import { withoutComments } from './definitions.ts';
import { quickFixes } from './fixes.ts';
import { MOST_RELATED, pathTo } from './trail.ts';
import {
  declaration,
  definitions,
  mapPlace,
  placeInLog,
  placeOf,
  type Place,
} from './sourcePlaces.ts';

export type { Finding, Related } from './finding.ts';
export type { Place } from './sourcePlaces.ts';

/** A program of the source, for the line above it. */
export interface ProgramReport {
  readonly name: string;
  readonly section: string;
  readonly verdict: ProgramVerdict['verdict'];
  readonly place: Place;
  readonly instructions: number | undefined;
  readonly statistics: Statistics | undefined;
  /** The kernel's sum over its code, of an accepted program. */
  readonly tag?: string | undefined;
}

export interface Diagnosis {
  readonly host: string;
  readonly kernel: string;
  /** `uname -m`, of a host that has been asked. */
  readonly architecture?: string | undefined;
  readonly findings: readonly Finding[];
  readonly programs: readonly ProgramReport[];
}

/** Messages that are about the shape of the whole program rather than its last instruction. */
const COMPLEXITY = /too (?:large|complex)|sequence of \d+ jumps/;
const NAMED_INSTRUCTION =
  /(?:unreachable insn|infinite loop detected at insn|back-edge from insn|jump out of range from insn|at insn|insn) (\d{1,7})|^(\d{1,7}): <invalid/m;

/** The objections of clang, libbpf and the verifier, at the lines of the source. */
export function diagnose(verification: Verification, source: BpfSource): Diagnosis {
  const { host, kernel, architecture, compiler, object, programs, words, unit } = verification;
  const { entry } = source;
  const known = new Map(readObject(object).map((program) => [program.name, program]));
  const top: Place = { file: entry, line: 0, column: 0, endColumn: 0 };
  const defined = definitions(source);
  const said = parseClang(compiler, source.files, unit ?? entry);
  const findings = clangFindings(said, defined, source);
  if (
    object === undefined &&
    words === '' &&
    !findings.some(({ severity }) => severity === 'error')
  ) {
    const told = compiler.trim() || l10n.t('clang failed without a message');
    findings.push(finding('clang', top, told, undefined, [], explainCompiler(told)));
  }
  if (words !== '') {
    const message = libbpfMessage(words);
    const [, missing = ''] = EXTERN.exec(message) ?? [];
    const undeclared = findings.findIndex(({ message }) => isImplicit(message, missing));
    const [implicit] = undeclared < 0 ? [] : findings.splice(undeclared, 1);
    const place =
      declaration(source, words) ?? implicit?.place ?? usePlace(known.values(), missing) ?? top;
    const old = explainCompiler(`use of undeclared identifier '${missing}'`);
    // clang's words have what a quick fix goes by.
    const [from, both] =
      implicit === undefined
        ? (['libbpf', message] as const)
        : (['clang', `${implicit.message}\n${message}`] as const);
    findings.push(finding(from, place, both, undefined, [], old ?? explain(message)));
  }
  const told = new Set(findings.flatMap((one) => (one.from === 'libbpf' ? [one.message] : [])));

  const reports = programs.map((verdict): ProgramReport => {
    const program = known.get(verdict.name);
    return {
      name: verdict.name,
      section: verdict.section,
      verdict: verdict.verdict,
      place: defined.get(verdict.name) ?? placeOf(program?.at(0)) ?? top,
      instructions: program?.instructions,
      statistics: parseStatistics(verdict.log),
      ...(verdict.tag !== undefined && { tag: verdict.tag }),
    };
  });
  programs.forEach((verdict, index) => {
    if (verdict.verdict === 'accepted') return;
    const start = reports[index]?.place ?? top;
    const program = known.get(verdict.name);
    const one =
      verdict.verdict === 'rejected'
        ? rejected(verdict, program, start, source)
        : finding(
            'libbpf',
            declaration(source, verdict.words) ?? start,
            libbpfMessage(verdict.words),
            verdict.name,
          );
    // A map that cannot be made fails every program with the same words.
    if (one.from === 'libbpf' && told.has(one.message)) return;
    if (one.from === 'libbpf') told.add(one.message);
    findings.push(one);
  });
  const notes = [
    ...(source.remarks ?? []).map((words) => note('clang', top, words)),
    ...verification.assumed.map((one) => assumedFinding(one, source, defined, top)),
  ];
  const fixesFor = quickFixes(source.files);
  const fixable = oneACause(findings).map((one) => {
    const fixes = fixesFor(one);
    return fixes.length === 0 ? one : { ...one, fixes };
  });
  return { host, kernel, architecture, findings: [...fixable, ...notes], programs: reports };
}

const EXTERN = /^failed to find BTF for extern '(\w{1,200})'/m;

/** C took a function that nothing declares for one, with a warning. */
const isImplicit = (message: string, name: string): boolean =>
  name !== '' &&
  (message.includes(`implicit declaration of function '${name}'`) ||
    message.includes(`call to undeclared function '${name}'`));

/** Where a function is called that the compiler put in by itself, as memcmp(). */
function usePlace(programs: Iterable<ObjectProgram>, name: string): Place | undefined {
  for (const program of programs) {
    const use = userOf(program, name);
    const place = use === undefined ? undefined : placeOf(program.at(use.number));
    if (place !== undefined) return place;
  }
  return undefined;
}

/** One mark for one cause: a function that several programs have inlined is wrong once. */
function oneACause(findings: readonly Finding[]): Finding[] {
  const causes = new Map<string, { first: Finding; others: string[] }>();
  for (const one of findings) {
    const { place, from, explanation, message, program } = one;
    const cause = [from, place.file, place.line, explanation ?? message].join('\n');
    // A finding about a whole program counts for each.
    const key = from === 'verifier' ? cause : `${cause}\n${causes.size}`;
    const seen = causes.get(key);
    if (seen === undefined) causes.set(key, { first: one, others: [] });
    else if (program !== undefined) seen.others.push(program);
  }
  return Array.from(causes.values(), ({ first, others }) =>
    others.length === 0
      ? first
      : {
          ...first,
          message: `${first.message}\n${l10n.t('Also in: {0}.', [first.program ?? '', ...others].join(', '))}`,
        },
  );
}

/** Notes about what was filled in for user space, where it is missing. */
function assumedFinding(
  { about, name, as }: Assumption,
  source: BpfSource,
  defined: ReadonlyMap<string, Place>,
  top: Place,
): Finding {
  const what = {
    entries: l10n.t('Its entries are left to user space: verified with {0}.', as),
    key: l10n.t(
      'The size of its keys is left to user space, or given for it: verified with {0} bytes.',
      as,
    ),
    value: l10n.t(
      'The size of its values is left to user space, or given for it: verified with {0} bytes.',
      as,
    ),
    inner: l10n.t(
      'The maps that it holds are left to user space: verified with one whose values have {0} bytes.',
      as,
    ),
    target: l10n.t('What it is attached to is left to user space: verified on {0}().', as),
  }[about];
  const place = (about === 'target' ? defined.get(name) : mapPlace(source, name)) ?? top;
  return note('libbpf', place, `${name}: ${what}`);
}

/** The programs of an object; none of one that cannot be read. */
export function readObject(bytes: Uint8Array | undefined): ObjectProgram[] {
  try {
    return bytes === undefined ? [] : parseObject(bytes);
  } catch (error) {
    // An object of an unknown form still has logs with positions.
    if (error instanceof RangeError) return [];
    throw error;
  }
}

function rejected(
  verdict: ProgramVerdict,
  program: ObjectProgram | undefined,
  start: Place,
  source: BpfSource,
): Finding {
  const log = parseLog(verdict.log);
  const { report, steps } = log;
  const at = (number: number, step?: Step) =>
    placeOf(program?.at(number)) ?? placeInLog(step, start.file);
  const failing = failingStep(log, (step) => at(step.instruction, step)?.line);
  // A function that is weak and missing is called all the same: nothing comes back.
  const missing = log.message.startsWith('R0 !read_ok')
    ? steps.findLast(({ text }) => /^call (?:\w+)?#0\b/.test(text))
    : undefined;
  const instruction =
    meantInstruction(log.message, program, source) ??
    missing?.instruction ??
    failing.instruction ??
    report?.at?.instruction;
  const isSilent = log.message === '' && steps.length === 0;
  const place =
    (log.message === '' ? declaration(source, verdict.words) : undefined) ??
    (instruction === undefined ? undefined : placeOf(program?.at(instruction))) ??
    placeInLog(failing.step, start.file) ??
    start;
  const words = log.message || libbpfMessage(verdict.words);
  const related =
    report !== undefined && report.path.length > 0
      ? report.path.flatMap(({ instruction: number, what }) => {
          const place = number === undefined ? undefined : at(number);
          return place === undefined ? [] : [{ place, message: what }];
        })
      : pathTo(steps, words, at);
  // The kernel says nothing of what it cannot attach to anything but that it cannot.
  const context = isSilent ? `${verdict.section} without a log\n` : '';
  const one = finding(
    'verifier',
    place,
    words,
    verdict.name,
    related.slice(-MOST_RELATED),
    missing !== undefined
      ? explain('no such symbol')
      : isOldArena(words, program, source)
        ? explainCompiler('address_space is not supported')
        : explain(`${context}${words}`),
  );
  if (report === undefined) return one;
  // The kernel's own explanation goes before ours.
  return {
    ...one,
    message: [words, `${report.problem}. ${report.reason}`, report.suggestion].join('\n'),
    why: report.reason,
    fix: report.suggestion,
  };
}

/** To a clang before 19 a pointer into an arena is one like any other. */
const isOldArena = (
  words: string,
  program: ObjectProgram | undefined,
  { files }: BpfSource,
): boolean =>
  words.includes("invalid mem access 'scalar'") &&
  program !== undefined &&
  !castsPointers(program) &&
  Array.from(files).some(
    ([file, text]) =>
      !file.endsWith('vmlinux.h') &&
      /\baddress_space\s*\(\s*1\s*\)/.test(withoutComments(Buffer.from(text).toString())),
  );

/** Which instruction it is about: the one the message names, or the last one looked at. */
function failingStep(
  { steps, message }: VerifierLog,
  lineOf: (step: Step) => number | undefined,
): { instruction: number | undefined; step: Step | undefined } {
  const match = NAMED_INSTRUCTION.exec(message);
  const named = match?.[1] ?? match?.[2];
  if (named !== undefined) {
    const instruction = Number(named);
    return { instruction, step: steps.findLast((step) => step.instruction === instruction) };
  }
  const step = COMPLEXITY.test(message) ? busiest(steps, lineOf) : steps.at(-1);
  return { instruction: step?.instruction, step };
}

/**
 * Where the loop begins that has no end: of the instructions walked over most often, the one that
 * comes first in the source. (Of a long log only the end is known: counts differ by one.)
 */
function busiest(
  steps: readonly Step[],
  lineOf: (step: Step) => number | undefined,
): Step | undefined {
  const visits = new Map<number, { step: Step; count: number }>();
  for (const step of steps) {
    const seen = visits.get(step.instruction);
    if (seen === undefined) visits.set(step.instruction, { step, count: 1 });
    else seen.count++;
  }
  let most = 0;
  for (const { count } of visits.values()) most = Math.max(most, count);
  return Array.from(visits.values())
    .filter(({ count }) => count >= most * 0.9)
    .map(({ step }) => ({ step, line: lineOf(step) ?? Number.MAX_SAFE_INTEGER }))
    .sort((a, b) => a.line - b.line)[0]?.step;
}
