import assert from 'node:assert/strict';
import fs from 'node:fs';
import vm from 'node:vm';
import fc from 'fast-check';
import { HostError } from '../../src/host/errors.ts';

/**
 * How `scripts/fuzz.ts` asks a file of properties for more than the suite does: seconds for all of its
 * properties together, and a file that takes a line of JSON for each.
 */
export const FUZZ = { seconds: 'FUZZ_SECONDS', report: 'FUZZ_REPORT', seed: 'FUZZ_SEED' } as const;

/** Report of a property that was fuzzed. */
export interface Fuzzed {
  readonly title: string;
  readonly runs: number;
  readonly seconds: number;
  readonly seed: number;
  readonly failed: boolean;
}

const fuzzSeconds = Number(process.env[FUZZ.seconds] ?? 0);
/** The suite tries the same values each time; the fuzzer tries others, and says by which seed. */
const SUITE_SEED = 20_260_301;
const SUITE_RUNS = 100;

/** Characters of a text that grows. */
export const LONG = fuzzSeconds > 0 ? 1_000_000 : 150_000;

/** Far beyond what a parser takes for the longest text here, unless its time grows with the square of it. */
const BOUND_MS = fuzzSeconds > 0 ? 60_000 : 20_000;

let declared = 0;

/**
 * Declares a test: the check passes, within a bounded time, for any value.
 * @param runs in the suite; the fuzzer goes on until its time is up.
 */
export function holds<T>(
  title: string,
  values: fc.Arbitrary<T>,
  check: (value: T) => void,
  runs = SUITE_RUNS,
): void {
  declared++;
  it(title, function () {
    this.timeout(0);
    const property = fc.property(values, (value) => {
      bounded(() => {
        check(value);
      });
    });
    const begun = performance.now();
    settle(title, begun, fc.check(property, parameters(runs)));
  });
}

/** The same of what takes its time; not bounded. */
export function holdsLater<T>(
  title: string,
  values: fc.Arbitrary<T>,
  check: (value: T) => Promise<void>,
  runs = SUITE_RUNS,
): void {
  declared++;
  it(title, async function () {
    this.timeout(0);
    const begun = performance.now();
    settle(title, begun, await fc.check(fc.asyncProperty(values, check), parameters(runs)));
  });
}

function parameters<T>(runs: number): fc.Parameters<T> {
  if (fuzzSeconds === 0) return { numRuns: runs, seed: SUITE_SEED };
  return {
    numRuns: Number.MAX_SAFE_INTEGER,
    plugins: [fc.interruptAfterTimeLimit((fuzzSeconds * 1000) / declared)],
    seed: Number(process.env[FUZZ.seed] ?? Date.now() % 2 ** 31),
  };
}

function settle<T>(title: string, begun: number, details: fc.RunDetails<T>): void {
  const file = process.env[FUZZ.report];
  if (file !== undefined) {
    const seconds = (performance.now() - begun) / 1000;
    const { numRuns: runs, seed, counterexample } = details;
    const line: Fuzzed = { title, runs, seconds, seed, failed: counterexample !== null };
    fs.appendFileSync(file, `${JSON.stringify(line)}\n`);
  }
  if (details.counterexample === null) return;
  const { seed, counterexamplePath, counterexample, errorInstance } = details;
  const value = fc.stringify(counterexample);
  const shown = value.length > 2000 ? `${value.slice(0, 1000)} … ${value.slice(-1000)}` : value;
  const words =
    errorInstance instanceof Error ? (errorInstance.stack ?? '') : String(errorInstance);
  assert.fail(`seed ${seed}, path ${counterexamplePath ?? ''}, for ${shown}\n${words}`);
}

const script = new vm.Script('propertyJob()');

/** Ends also what a regular expression does not come back from. */
function bounded(action: () => void): void {
  Object.assign(globalThis, { propertyJob: action });
  script.runInThisContext({ timeout: BOUND_MS });
}

/** Names that mean something to every object of JavaScript. */
export const INHERITED = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty'];

/** Numbers are finite, objects are plain, and nothing has got into what all objects inherit. */
export function assertPlain(value: unknown): void {
  const seen = new Set<unknown>();
  const waiting = [value];
  for (let one = waiting.pop(); waiting.length > 0 || one !== undefined; one = waiting.pop()) {
    if (typeof one === 'number') assert.ok(Number.isFinite(one), 'a number that is not finite');
    if (typeof one !== 'object' || one === null || seen.has(one)) continue;
    seen.add(one);
    if (one instanceof Uint8Array) continue;
    if (one instanceof Map) waiting.push(...one.keys(), ...one.values());
    else if (one instanceof Set) for (const each of one) waiting.push(each);
    else if (Array.isArray(one)) for (const each of one) waiting.push(each);
    else {
      const prototype: unknown = Object.getPrototypeOf(one);
      assert.ok(prototype === Object.prototype || prototype === null, 'an object of another kind');
      for (const each of Object.values(one)) waiting.push(each);
    }
  }
  assert.deepEqual(Object.keys(Object.prototype), []);
  for (const name in {}) assert.fail(`every object has ${name}`);
}

/** Runs what may throw an `Error` that fits, and nothing else. */
export function result<T>(action: () => T, isExpected: (error: Error) => boolean): T | undefined {
  try {
    return action();
  } catch (error) {
    if (error instanceof Error && isExpected(error)) return undefined;
    throw error;
  }
}

/** The same, of an answer that is refused as a whole. */
export const orRefused = <T>(action: () => T): T | undefined =>
  result(action, (error) => error instanceof HostError);

const blank = fc.constantFrom(' ', '  ', '\n', '\n\n', '\t', '\r\n', '\u00a0', '\u2028');
const numeral = fc.oneof(
  fc.nat().map(String),
  fc.constantFrom(
    '0',
    '-1',
    '9'.repeat(400),
    '1e999',
    '4294967296',
    '18446744073709551616',
    '0x10',
  ),
);

/** Texts of a tool's own words, and whatever else there is. */
export const textOf = (words: readonly string[]): fc.Arbitrary<string> =>
  fc
    .array(
      fc.oneof(
        { arbitrary: fc.constantFrom(...words), weight: 6 },
        { arbitrary: blank, weight: 3 },
        { arbitrary: numeral, weight: 2 },
        { arbitrary: fc.string({ unit: 'binary', maxLength: 8 }), weight: 1 },
      ),
      { maxLength: 60 },
    )
    .map((parts) => parts.join(''));

/** A long text that says the same again and again, with another beginning and end. */
export const longTextOf = (words: readonly string[]): fc.Arbitrary<string> => {
  const some = fc
    .array(
      fc.oneof(
        { arbitrary: fc.constantFrom(...words), weight: 4 },
        { arbitrary: blank, weight: 2 },
        { arbitrary: fc.constantFrom('1', 'a', '/', ':', '@', '"', '[', '(', '!', ''), weight: 2 },
      ),
      { maxLength: 4 },
    )
    .map((parts) => parts.join(''));
  return fc
    .tuple(some, some, some)
    .map(
      ([before, again, after]) =>
        `${before}${again.repeat(Math.ceil(LONG / Math.max(1, again.length)))}${after}`,
    );
};

/** A text that was recorded, with some of it taken out, doubled, or replaced. */
export const changed = (text: string, words: readonly string[]): fc.Arbitrary<string> =>
  fc
    .array(
      fc.record({
        at: fc.nat(text.length),
        length: fc.oneof(fc.nat(3), fc.nat(200)),
        instead: fc.oneof(fc.constantFrom('', ...words), numeral, fc.string({ unit: 'binary' })),
        keep: fc.boolean(),
      }),
      { minLength: 1, maxLength: 6 },
    )
    .map((changes) =>
      changes.reduce(
        (made, { at, length, instead, keep }) =>
          `${made.slice(0, at)}${instead}${made.slice(keep ? at : at + length)}`,
        text,
      ),
    );

/** JSON as text, so that it can have keys that a literal cannot, and numbers beyond all. */
export function jsonOf(
  keys: readonly string[],
  words: readonly string[] = [],
): fc.Arbitrary<string> {
  const key = fc.constantFrom(...keys, ...INHERITED);
  const { value } = fc.letrec<{ value: string }>((tie) => ({
    value: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.constantFrom('null', 'true', 'false', '[]', '{}', '""'),
      numeral.map((text) => (/^-?\d+(?:e\d+)?$/.test(text) ? text : '1e400')),
      fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
      fc.constantFrom('', ...words).map((text) => JSON.stringify(text)),
      fc.array(tie('value'), { maxLength: 4 }).map((all) => `[${all.join(',')}]`),
      fc
        .array(fc.tuple(key, tie('value')), { maxLength: 5 })
        .map((all) => `{${all.map(([name, one]) => `${JSON.stringify(name)}:${one}`).join(',')}}`),
    ),
  }));
  return value;
}

/** JSON that was recorded, with values of it replaced and keys added, anywhere. */
export function changedJson(text: string, keys: readonly string[]): fc.Arbitrary<string> {
  const places = Array.from(text.matchAll(/"(?:[^"\\]|\\.)*"|-?\d[\d.e+-]*|true|false|null/g));
  return fc
    .array(fc.tuple(fc.nat(places.length - 1), jsonOf(keys)), { minLength: 1, maxLength: 4 })
    .map((changes) => {
      let made = '';
      let from = 0;
      const wanted = new Map(changes);
      places.forEach(({ index, 0: old }, number) => {
        const value = wanted.get(number);
        if (value === undefined) return;
        made += `${text.slice(from, index)}${text.startsWith(':', index + old.length) ? `"__proto__":${value},${old}` : value}`;
        from = index + old.length;
      });
      return made + text.slice(from);
    });
}
