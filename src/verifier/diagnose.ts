import path from 'node:path';
import { parseObject, type ObjectProgram, type SourceLine } from './object.ts';
import type { BpfSource } from '../bypass/build.ts';
import type { ProgramVerdict } from './verdicts.ts';
import type { Verification } from './verify.ts';
import { explain } from './catalogue.ts';
import { parseClang, type ClangMessage } from './clang.ts';
import { programLines } from './definitions.ts';
import { parseLog, parseStatistics, type Statistics, type Step, type VerifierLog } from './log.ts';
import { MOST_RELATED, pathTo } from './trail.ts';
import { editorColumn, linesOf } from './text.ts';

/** A place in the source. Lines and columns from 0, as editors count them; the end is exclusive. */
export interface Place {
  /** As in the source: the path it was uploaded by. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly endColumn: number;
}

export interface Related {
  readonly place: Place;
  readonly message: string;
}

/** One thing wrong, for an editor. Plain data. */
export interface Finding {
  readonly place: Place;
  readonly severity: 'error' | 'warning';
  readonly from: 'clang' | 'libbpf' | 'verifier';
  /** The tool's own words first, then why and how to fix it. */
  readonly message: string;
  /** The name of the catalogue's entry. */
  readonly explanation: string | undefined;
  readonly why: string | undefined;
  readonly fix: string | undefined;
  /** The path that led there, in its order. */
  readonly related: readonly Related[];
  readonly program: string | undefined;
}

/** A program of the source, for the line above it. */
export interface ProgramReport {
  readonly name: string;
  readonly section: string;
  readonly verdict: ProgramVerdict['verdict'];
  readonly place: Place;
  readonly instructions: number | undefined;
  readonly statistics: Statistics | undefined;
}

export interface Diagnosis {
  readonly host: string;
  readonly kernel: string;
  readonly findings: readonly Finding[];
  readonly programs: readonly ProgramReport[];
}

/** Messages that are about the shape of the whole program rather than its last instruction. */
const COMPLEXITY = /too (?:large|complex)|sequence of \d+ jumps/;
const NAMED_INSTRUCTION =
  /(?:unreachable insn|infinite loop detected at insn|back-edge from insn|jump out of range from insn|at insn|insn) (\d{1,7})|^(\d{1,7}): <invalid/m;

/** The objections of clang, libbpf and the verifier, at the lines of the source. */
export function diagnose(verification: Verification, source: BpfSource): Diagnosis {
  const { host, kernel, compiler, object, programs, words } = verification;
  const { entry } = source;
  const known = new Map(readObject(object).map((program) => [program.name, program]));
  const top: Place = { file: entry, line: 0, column: 0, endColumn: 0 };
  const findings = parseClang(compiler, source.files).map(ofClang);
  if (object === undefined && !findings.some(({ severity }) => severity === 'error')) {
    findings.push(finding('clang', top, compiler.trim() || 'clang has failed', undefined));
  }
  if (words !== '') findings.push(finding('libbpf', top, libbpfMessage(words), undefined));
  const told = new Set(findings.flatMap((one) => (one.from === 'libbpf' ? [one.message] : [])));

  const defined = definitions(source);
  const reports = programs.map((verdict): ProgramReport => {
    const program = known.get(verdict.name);
    return {
      name: verdict.name,
      section: verdict.section,
      verdict: verdict.verdict,
      place: defined.get(verdict.name) ?? placeOf(program?.at(0)) ?? top,
      instructions: program?.instructions,
      statistics: parseStatistics(verdict.log),
    };
  });
  programs.forEach((verdict, index) => {
    if (verdict.verdict === 'accepted') return;
    const start = reports[index]?.place ?? top;
    const program = known.get(verdict.name);
    const one =
      verdict.verdict === 'rejected'
        ? rejected(verdict, program, start)
        : finding(
            'libbpf',
            mapPlace(source, verdict.words) ?? start,
            libbpfMessage(verdict.words),
            verdict.name,
          );
    // A map that cannot be made fails every program with the same words.
    if (one.from === 'libbpf' && told.has(one.message)) return;
    if (one.from === 'libbpf') told.add(one.message);
    findings.push(one);
  });
  return { host, kernel, findings, programs: reports };
}

/** The lines with the names of programs: the first instruction of one may come from anywhere. */
function definitions({ entry, files }: BpfSource): ReadonlyMap<string, Place> {
  const found = new Map<string, Place>();
  for (const file of new Set([entry, ...files.keys()])) {
    const text = linesOf(files.get(file));
    for (const [name, line] of programLines(text.join('\n'))) {
      if (!found.has(name)) found.set(name, placeIn(file, line + 1, 0, text[line] ?? ''));
    }
  }
  return found;
}

/** Where the map is defined that libbpf names, in the entry. */
function mapPlace({ entry, files }: BpfSource, words: string): Place | undefined {
  const name = /^libbpf: map '(\w{1,64})': failed/m.exec(words)?.[1];
  if (name === undefined) return undefined;
  const defined = new RegExp(`\\b${name}\\s+SEC\\("\\.?maps"\\)`);
  const lines = linesOf(files.get(entry));
  const line = lines.findIndex((text) => defined.test(text));
  return line < 0 ? undefined : placeIn(entry, line + 1, 0, lines[line] ?? '');
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

function finding(
  from: Finding['from'],
  place: Place,
  words: string,
  program: string | undefined,
  related: readonly Related[] = [],
): Finding {
  const known = explain(words);
  return {
    place,
    severity: 'error',
    from,
    related,
    program,
    message: known === undefined ? words : `${words}\n${known.why}\n${known.fix}`,
    explanation: known?.id,
    why: known?.why,
    fix: known?.fix,
  };
}

function ofClang(said: ClangMessage): Finding {
  return {
    place: placeOfClang(said),
    severity: said.severity === 'error' ? 'error' : 'warning',
    from: 'clang',
    message: said.message,
    explanation: undefined,
    why: undefined,
    fix: undefined,
    program: undefined,
    related: said.notes.map((note) => ({ place: placeOfClang(note), message: note.message })),
  };
}

const placeOfClang = ({ file, line, column, endColumn }: ClangMessage): Place => ({
  file,
  line: line - 1,
  column: column - 1,
  endColumn: endColumn === undefined ? column - 1 : endColumn - 1,
});

/** libbpf's words without what only says that it gives up. */
function libbpfMessage(words: string): string {
  const lines = words
    .split('\n')
    .map((line) => line.replace(/^libbpf: /, '').trim())
    .filter(
      (line) => line !== '' && !/^(?:failed to load object|prog '.*': failed to load)/.test(line),
    )
    .filter((line) => !line.includes('Retrying without BTF'));
  return lines.join('\n') || 'libbpf cannot load it';
}

function rejected(
  verdict: ProgramVerdict,
  program: ObjectProgram | undefined,
  start: Place,
): Finding {
  const log = parseLog(verdict.log);
  const { report, steps } = log;
  const at = (number: number, step?: Step) =>
    placeOf(program?.at(number)) ?? placeInLog(step, start.file);
  const failing = failingStep(log, (step) => at(step.instruction, step)?.line);
  const instruction = failing.instruction ?? report?.at?.instruction;
  const place =
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
  const one = finding('verifier', place, words, verdict.name, related.slice(-MOST_RELATED));
  if (report === undefined) return one;
  // The kernel's own explanation goes before ours.
  return {
    ...one,
    message: [words, `${report.problem}. ${report.reason}`, report.suggestion].join('\n'),
    why: report.reason,
    fix: report.suggestion,
  };
}

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

const basename = (path: string): string => path.replace(/^.*\//, '');

/** The workbench has clang write files by the path they were uploaded by, below ".". */
function placeOf(line: SourceLine | undefined): Place | undefined {
  if (line === undefined || line.line === 0) return undefined;
  const file = path.posix.normalize(line.file);
  const column = line.column === 0 ? 0 : editorColumn(line.text, line.column - 1) + 1;
  return placeIn(file, line.line, column, line.text);
}

/** The log names the file without its directories. */
function placeInLog(step: Step | undefined, file: string): Place | undefined {
  const { source } = step ?? {};
  if (source?.line === undefined || source.line === 0) return undefined;
  const named = source.file === undefined || source.file === basename(file) ? file : source.file;
  return placeIn(named, source.line, 0, source.text);
}

/** From the operand that the column belongs to, to the end of the statement. */
function placeIn(file: string, line: number, column: number, text: string): Place {
  const first = column > 0 ? operandStart(text, column - 1) : Math.max(0, text.search(/\S/));
  const comment = text.search(/\/[/*]/);
  const code = (comment < 0 ? text : text.slice(0, comment)).trimEnd();
  const end = code.replace(/[;{]$/, '').trimEnd().length;
  return { file, line: line - 1, column: first, endColumn: Math.max(end, first + 1) };
}

/** Characters: an operand is looked for from each of them. */
const LONGEST_OPERAND = 200;

/** The compiler gives `value->count += 1` the column of its operator, and `sk->family` that of its field. */
function operandStart(text: string, column: number): number {
  const start = Math.max(0, column - LONGEST_OPERAND);
  const before = text.slice(start, column);
  const isInside = /(?:->|\.)$/.test(before) || !/[\w"'(!~]/.test(text[column] ?? '(');
  const operand = /[*&]*\w+(?:(?:->|\.)\w+|\[[^\]]*\])*(?:->|\.)?\s*$/.exec(before);
  return isInside && operand !== null ? start + operand.index : column;
}
