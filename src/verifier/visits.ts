import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { Known, type Slots } from './known.ts';
import type { ObjectProgram } from './objectProgram.ts';

/** The verifier's coming to the first of a row of instructions of one source line. */
export interface Visit {
  /** Which one of the line's, from 1. */
  readonly number: number;
  readonly instruction: number;
  /** The instruction as the log has it. */
  readonly text: string;
  /** 0 in the program itself, else in a function that it calls. */
  readonly frame: number;
  /** Before the instruction: what it or a later one reads, where the kernel tells (6.16), else all. */
  readonly known: Slots;
}

export interface LineVisits {
  /** How often the verifier came. */
  readonly count: number;
  /** The first ones and the last ones. */
  readonly kept: readonly Visit[];
}

/** A program's log by the lines it is made of (`lineKey`). */
export interface ProgramVisits {
  readonly program: string;
  /** Those that have instructions. */
  readonly compiled: ReadonlySet<string>;
  /** Those that the verifier came to. */
  readonly visited: ReadonlyMap<string, LineVisits>;
  /** Whether the log is all that the verifier did: else others may have been visited too. */
  readonly isWhole: boolean;
}

/** @param file as in the source. @param line from 0. */
export const lineKey = (file: string, line: number): string => `${line} ${file}`;

/** Limit for a line: a loop has thousands, and its end matters as well. */
const FIRST = 20;
const LAST = 5;
/** Limit for a program, in all: some megabytes. */
const MOST = 20_000;
/** Lines of a log between which others get their turn. */
const AT_ONCE = 20_000;

// None of these can match in two ways: a line of megabytes takes no time.
const INSTRUCTION = /^(\d{1,7}): \([0-9a-f]{2}\) (.*)$/;
const CHANGED = /^\d{1,7}: ?((?:frame\d{1,2}: ?)?(?:R\d|fp-).*)$/;
const PATH = /^from \d{1,7} to \d{1,7}(?: \([\w ]{1,40}\))?: ((?:frame\d{1,2}: ?)?(?:R\d|fp-).*)$/;
const WHOLE = /^ ((?:frame\d{1,2}: ?)?R\d.*)$/;
/** Instructions of a loop have its number before them. */
const LIVE = /^ {0,8}(?:\d{1,7} {1,8})?(\d{1,7}): ([.0-9]{10}) \(/;
const CHANGES = /; (?=(?:frame\d{1,2}: ?)?(?:R\d|fp-|refs=))/;

/** A line at an instruction of a program. */
interface At {
  readonly line: string;
  /**
   * Whether code of the line begins here. Instructions that the compiler made up by itself, as the start of a
   * counter, count to the line above them in the object, and are reached without it.
   */
  readonly isStart: boolean;
}

function placesOf({ instructions, at }: ObjectProgram): ReadonlyMap<number, At> {
  const places = new Map<number, At>();
  let before = '';
  for (let instruction = 0; instruction < instructions; instruction++) {
    const known = at(instruction);
    if (known === undefined || known.line === 0) continue;
    const line = lineKey(path.posix.normalize(known.file), known.line - 1);
    const position = `${known.column} ${line}`;
    places.set(instruction, { line, isStart: position !== before });
    before = position;
  }
  return places;
}

/** The lines that a program has instructions of. */
export const linesOf = (program: ObjectProgram): ReadonlySet<string> =>
  new Set(Array.from(placesOf(program).values(), ({ line }) => line));

/**
 * Walks along a log with the states (level 2) of a program, which may have hundreds of megabytes.
 * @param isWhole whether it has all that the verifier did.
 */
export async function visitsOf(
  program: ObjectProgram,
  log: string,
  isWhole: boolean,
): Promise<ProgramVisits> {
  const places = placesOf(program);
  const walk = new Walk(places);
  let count = 0;
  for (let at = 0; at < log.length;) {
    const end = log.indexOf('\n', at);
    walk.take(log.slice(at, end < 0 ? log.length : end));
    at = end < 0 ? log.length : end + 1;
    if (++count % AT_ONCE === 0) await setImmediate();
  }
  return {
    program: program.name,
    compiled: new Set(Array.from(places.values(), ({ line }) => line)),
    visited: walk.visited,
    isWhole,
  };
}

class Walk {
  readonly visited = new Map<string, { count: number; kept: Visit[] }>();
  readonly #places: ReadonlyMap<number, At>;
  readonly #known = new Known();
  readonly #live = new Map<number, string>();
  readonly #copies = new Map<string, string>();
  /** Before Linux 5.16 every instruction has the whole state above it. */
  #tellsChanges = false;
  /** Where the verifier is, in its frame. */
  #at: string | undefined;
  #instruction = 0;
  #kept = 0;

  constructor(places: ReadonlyMap<number, At>) {
    this.#places = places;
  }

  take(line: string): void {
    const first = line.charCodeAt(0);
    if (first >= 0x30 && first <= 0x39) this.#takeNumbered(line);
    else if (first === 0x20) this.#takeIndented(line);
    else if (line.startsWith('from ')) {
      const [, state] = PATH.exec(line) ?? [];
      this.#at = undefined;
      if (state !== undefined) this.#known.replace(state);
    } else if (line.startsWith('Validating ')) {
      this.#at = undefined;
      this.#known.forget();
    }
  }

  #takeNumbered(line: string): void {
    const [, number, words = ''] = INSTRUCTION.exec(line) ?? [];
    if (number === undefined) {
      const [, state] = CHANGED.exec(line) ?? [];
      if (state === undefined) this.#takeLive(line);
      else if (this.#tellsChanges) this.#known.change(state);
      else this.#known.replace(state);
      return;
    }
    const split = CHANGES.exec(words);
    const text = (split === null ? words : words.slice(0, split.index)).trimEnd();
    this.#visit(Number(number), text);
    this.#known.execute(text);
    if (split === null) return;
    this.#tellsChanges = true;
    this.#known.change(words.slice(split.index + split[0].length));
  }

  /** States of caller and callee, where functions begin and end; or which registers are read later on. */
  #takeIndented(line: string): void {
    const [, state] = WHOLE.exec(line) ?? [];
    if (state !== undefined) {
      this.#at = undefined;
      this.#known.replace(state);
      return;
    }
    this.#takeLive(line);
  }

  #takeLive(line: string): void {
    const [, instruction, live] = LIVE.exec(line) ?? [];
    if (live !== undefined) this.#live.set(Number(instruction), live);
  }

  #visit(instruction: number, text: string): void {
    const place = this.#places.get(instruction);
    // A loop may be all in one line.
    const isAgain = place?.line === this.#at && instruction <= this.#instruction;
    this.#instruction = instruction;
    if (place === undefined) return;
    const { line, isStart } = place;
    if (!isAgain && (!isStart || line === this.#at)) return;
    this.#at = line;
    const seen = this.visited.get(line) ?? { count: 0, kept: [] };
    this.visited.set(line, seen);
    seen.count++;
    const { kept } = seen;
    if (kept.length === FIRST + LAST) kept.splice(FIRST, 1);
    else if (this.#kept === MOST) return;
    else this.#kept++;
    const { frame } = this.#known;
    const known = this.#snapshot(instruction);
    kept.push({ number: seen.count, instruction, text: this.#copy(text), frame, known });
  }

  #snapshot(instruction: number): Slots {
    const live = this.#live.get(instruction);
    const isRead = (name: string) => !name.startsWith('R') || live?.[Number(name.slice(1))] !== '.';
    const known = new Map<string, string>();
    for (const [name, value] of this.#known.slots) {
      // The frame's own address is always there.
      if (name !== 'R10' && isRead(name)) known.set(name, this.#copy(value));
    }
    return known;
  }

  /** A string of its own: a part of a string keeps all of it in memory, here the log. */
  #copy(text: string): string {
    const known = this.#copies.get(text);
    if (known !== undefined) return known;
    const copy = Buffer.from(text).toString();
    this.#copies.set(copy, copy);
    return copy;
  }
}
