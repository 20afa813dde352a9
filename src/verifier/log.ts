/** An instruction the verifier looked at, in the order it did. */
export interface Step {
  /** The line in the log, from 0. */
  readonly line: number;
  readonly instruction: number;
  /** Its opcode, two hexadecimal digits. */
  readonly code: string;
  /** The instruction as the log has it: `r1 = *(u64 *)(r0 +0)`. */
  readonly text: string;
  /** Registers and stack after it, where the log says so: `R0=map_value(…) R1=scalar()`. */
  readonly state: string | undefined;
  readonly source: LogSource | undefined;
}

/** The source comment above an instruction; kernels before 6.9 give no position. */
interface LogSource {
  readonly text: string;
  readonly file: string | undefined;
  readonly line: number | undefined;
}

/** The verifier's own counts. */
export interface Statistics {
  readonly microseconds: number | undefined;
  /** Bytes, one number a function. */
  readonly stack: readonly number[];
  readonly processed: number;
  readonly limit: number;
  readonly maxStatesPerInstruction: number;
  readonly states: number;
  readonly peakStates: number;
}

/** The report of Linux 7.3 and newer (kernel/bpf/diagnostics.c). */
interface Report {
  /** "Memory Safety" and the like. */
  readonly category: string;
  readonly problem: string;
  readonly reason: string;
  readonly suggestion: string;
  readonly at: ReportPlace | undefined;
  /** In the order they happened. */
  readonly path: readonly ReportPlace[];
}

interface ReportPlace {
  readonly function: string | undefined;
  readonly file: string | undefined;
  readonly line: number | undefined;
  readonly column: number | undefined;
  readonly instruction: number | undefined;
  /** "update: R0 changed from …". */
  readonly what: string;
}

export interface VerifierLog {
  readonly steps: readonly Step[];
  /** The verifier's own words of what is wrong, mostly a line or two. */
  readonly message: string;
  readonly statistics: Statistics | undefined;
  readonly report: Report | undefined;
}

/** The end matters: of longer logs only so many characters are parsed (none is ever cut). */
const PARSED = 4 * 1024 * 1024;

// Numbers are bounded, so that they are finite: the kernel takes a million instructions. Nothing can
// match in two ways: a line of megabytes takes no time.
const INSTRUCTION = /^(\d{1,7}): \(([0-9a-f]{2})\) (.*)$/;
const STATE = /^(?:\d+|from \d+ to \d+(?: \([\w ]+\))?): ?((?:frame\d+: ?)?R\d.*)$/;
const SOURCE = /^; ?(.*)$/;
const NEXT_PATH = / (?:from \d+ to )?\d+(?: \([\w ]+\))?: (?:frame\d+: ?)?R\d/;
const CHANGES = /; (?=(?:frame\d+: ?)?(?:R\d|fp-|refs=))/;
/** Lines that are neither an instruction nor about a fault. */
const NOISE = [
  /^\s*$/,
  /^func#\d+ @\d+/,
  /^Live regs before insn:/,
  /^\s*\d+: [.0-9]{10}/,
  /^\(\d+\) (?:frame|live)/,
  /^(?:mark_precise|last_idx|regs=|parent )/,
  /^from \d+ to \d+/,
  /^\d+: (?:safe|R\d|frame)/,
  /^(?:caller|callee|returning from callee|to caller at \d+|from \d+ to \d+):?/,
  /^\s+(?:frame\d+: )?R\d+[=_]/,
  /^\s*frame\d+: /,
  // Said about a loop without end, before it is explained.
  /^(?:cur|old) state:/,
  /^(?:Validating|propagating|reg type unsupported|Func#\d+ .* is (?:safe|global))/,
  /^(?:verification time|stack depth|processed|insns processed) /,
  /^hit /,
  /^\d+: safe$/,
];

/**
 * Parses the verifier's log of one program, from any kernel.
 * @param most characters that are parsed, from the end.
 */
export function parseLog(text: string, most: number = PARSED): VerifierLog {
  const skipped = Math.max(0, text.length - most);
  const before = skipped === 0 ? 0 : countLines(text, skipped);
  const lines = (skipped === 0 ? text : text.slice(text.indexOf('\n', skipped) + 1)).split('\n');
  const first = skipped === 0 ? 0 : before + 1;
  // Some messages of the verifier lack their line break.
  const glued = lines.findIndex((line) => /\Sverification time \d+ usec$/.test(line));
  if (glued >= 0) {
    const line = lines[glued] ?? '';
    lines[glued] = line.slice(0, line.lastIndexOf('verification time '));
  }
  const reportAt = lines.findIndex((line) => line.startsWith('Verification failed: '));
  const end = reportAt < 0 ? lines.length : reportAt;

  const steps: Step[] = [];
  let source: LogSource | undefined;
  let after = 0;
  lines.slice(0, end).forEach((line, index) => {
    const instruction = INSTRUCTION.exec(line);
    const state = STATE.exec(line);
    const comment = SOURCE.exec(line);
    if (instruction !== null) {
      const [told, known] = splitState(instruction[3] ?? '');
      steps.push({
        line: first + index,
        instruction: Number(instruction[1]),
        code: instruction[2] ?? '',
        text: told,
        state: known,
        source,
      });
    } else if (state !== null) {
      const last = steps.at(-1);
      if (last !== undefined && !line.startsWith('from ')) {
        steps[steps.length - 1] = { ...last, state: state[1] };
      }
    } else if (comment !== null) source = readSource(comment[1] ?? '');
    if (instruction !== null || state !== null || comment !== null) after = index + 1;
  });
  const message = lines
    .slice(after, end)
    .filter((line) => !NOISE.some((noise) => noise.test(line)))
    .join('\n');
  return {
    steps,
    message,
    statistics: parseStatistics(text),
    report: reportAt < 0 ? undefined : parseReport(lines.slice(reportAt)),
  };
}

function countLines(text: string, end: number): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at >= 0 && at < end; at = text.indexOf('\n', at + 1)) count++;
  return count;
}

/**
 * `r1 = 0        ; R1=0`: since 5.16 what an instruction changes stands beside it. Where the verifier
 * takes back what it wrote of a path, what it knows on the next one stands behind the instruction, in
 * the same line: `if r3 != 0x7 goto pc+3 15: R0=…`. That is of no use here.
 */
function splitState(words: string): [string, string | undefined] {
  const next = words.search(NEXT_PATH);
  const text = next < 0 ? words : words.slice(0, next);
  const split = CHANGES.exec(text);
  return split === null
    ? [text.trimEnd(), undefined]
    : [text.slice(0, split.index).trimEnd(), text.slice(split.index + split[0].length)];
}

/** "words @ a.bpf.c:7" in its parts, line from 1; undefined where there is no such end. */
export function splitPosition(
  words: string,
): { text: string; file: string; line: number } | undefined {
  const at = words.lastIndexOf(' @ ');
  const [, file = '', line] = (at < 0 ? null : /^(.+):(\d{1,7})$/.exec(words.slice(at + 3))) ?? [];
  return line === undefined ? undefined : { text: words.slice(0, at), file, line: Number(line) };
}

function readSource(comment: string): LogSource {
  const position = splitPosition(comment);
  return position === undefined
    ? { text: comment.trim(), file: undefined, line: undefined }
    : { ...position, text: position.text.trim() };
}

/** The numbers at the end of a log; undefined when there are none. */
export function parseStatistics(text: string): Statistics | undefined {
  const tail = text.slice(-4096);
  const counted =
    /processed (\d{1,15}) insns \(limit (\d{1,15})\) max_states_per_insn (\d{1,15}) total_states (\d{1,15}) peak_states (\d{1,15})/.exec(
      tail,
    );
  if (counted === null) return undefined;
  const [processed = 0, limit = 0, maxStatesPerInstruction = 0, states = 0, peakStates = 0] =
    counted.slice(1).map(Number);
  const time = /verification time (\d{1,15}) usec/.exec(tail)?.[1];
  const stack = /stack depth (\d{1,9}(?:\+\d{1,9})*)/.exec(tail)?.[1]?.split('+').map(Number) ?? [];
  return {
    microseconds: time === undefined ? undefined : Number(time),
    stack,
    processed,
    limit,
    maxStatesPerInstruction,
    states,
    peakStates,
  };
}

function parseReport(lines: readonly string[]): Report {
  const head = /^Verification failed: ([^:]*)(?:: (.*))?$/.exec(lines[0] ?? '');
  const section = (name: string): string[] => {
    const start = lines.indexOf(`${name}:`);
    if (start < 0) return [];
    const rest = lines.slice(start + 1);
    const end = rest.findIndex((line) => /^\S/.test(line));
    return rest.slice(0, end < 0 ? rest.length : end);
  };
  const prose = (name: string) =>
    section(name)
      .map((line) => line.trim())
      .join(' ')
      .trim();
  return {
    category: head?.[1] ?? '',
    problem: head?.[2] ?? '',
    reason: prose('Reason'),
    suggestion: prose('Suggestion'),
    at: parsePlaces(section('At'))[0],
    path: parsePlaces(section('Causal path')),
  };
}

/** Places begin at an indentation of two; below them source, instructions, and what happened. */
function parsePlaces(lines: readonly string[]): ReportPlace[] {
  const places: ReportPlace[] = [];
  for (const line of lines) {
    const source = /^ {2}(?:(\S+) @ )?(\S+?):(\d{1,7})(?::(\d{1,7}))?$/.exec(line);
    const bare = /^ {2}(?:(\S+) @ )?insn (\d{1,7})$/.exec(line);
    const arrow = line.indexOf('^-- ');
    const what = arrow < 0 ? undefined : line.slice(arrow + 4);
    const marked = />>> +(\d{1,7}) \| \([0-9a-f]{2}\)/.exec(line)?.[1];
    const last = places.pop();
    if (source !== null || bare !== null) {
      if (last !== undefined) places.push(last);
      places.push({
        function: source?.[1] ?? bare?.[1],
        file: source?.[2],
        line: source === null ? undefined : Number(source[3]),
        column: source?.[4] === undefined ? undefined : Number(source[4]),
        instruction: bare === null ? undefined : Number(bare[2]),
        what: '',
      });
    } else if (last !== undefined) {
      places.push({
        ...last,
        ...(marked !== undefined && { instruction: Number(marked) }),
        ...(what !== undefined && { what: last.what === '' ? what : `${last.what}; ${what}` }),
      });
    }
  }
  return places;
}
