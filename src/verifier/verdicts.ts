import { parseSections } from '../host/sections.ts';

/** The kernel's answer about one program. */
export interface ProgramVerdict {
  readonly name: string;
  readonly section: string;
  /** `failed`: libbpf gave up before the kernel saw it. */
  readonly verdict: 'accepted' | 'rejected' | 'failed';
  /** The kernel's sum over the code of an accepted program; undefined where it did not say. */
  readonly tag?: string | undefined;
  /** libbpf's words, errors and warnings. */
  readonly words: string;
  /** The verifier's log, whole: of an accepted program its statistics, unless more was asked for. */
  readonly log: string;
}

const ABOUT = ['entries', 'key', 'value', 'inner', 'target'] as const;

/** Attributes that an object leaves to its loader, and the assumed values, for a verdict all the same. */
export interface Assumption {
  /** `inner`: the maps that a map holds. `target`: the kernel's function that a tracing program is attached to. */
  readonly about: (typeof ABOUT)[number];
  /** The map, or the program. */
  readonly name: string;
  /** Entries, bytes, or the name of the function. */
  readonly as: string;
}

/** The answers of libbpf and the kernel about an object. */
export interface Verdicts {
  /** libbpf's words if it cannot read the object. */
  readonly words: string;
  readonly assumed: readonly Assumption[];
  readonly programs: readonly ProgramVerdict[];
}

/** Reads the output of `verify.c`. */
export function parseVerdicts(text: string, boundary: string): Verdicts {
  const programs: ProgramVerdict[] = [];
  let words = '';
  let assumed: readonly Assumption[] = [];
  for (const { name, text: body } of parseSections(text, boundary)) {
    const last = programs.pop();
    if (name === 'object') words = body;
    else if (name === 'assumed')
      assumed = body.split('\n').flatMap((line) => assumption(line) ?? []);
    else if (name.startsWith('program ')) {
      const [section = '', told = '', sum = ''] = body.split('\n');
      const tag = /^[0-9a-f]{16}$/.test(sum) ? { tag: sum } : {};
      const verdict = (['accepted', 'rejected'] as const).find((one) => one === told) ?? 'failed';
      if (last !== undefined) programs.push(last);
      programs.push({
        name: name.slice('program '.length),
        section,
        verdict,
        words: '',
        log: '',
        ...tag,
      });
    } else if (last !== undefined) {
      programs.push(
        name === 'words'
          ? { ...last, words: body }
          : name === 'log'
            ? { ...last, log: body }
            : last,
      );
    }
  }
  return { words, assumed, programs };
}

function assumption(line: string): Assumption | undefined {
  const { groups } = /^(?<about>[a-z]{1,20}) (?<name>\w{1,200}) (?<as>\w{1,200})$/.exec(line) ?? {};
  const about = ABOUT.find((one) => one === groups?.['about']);
  return about === undefined
    ? undefined
    : { about, name: groups?.['name'] ?? '', as: groups?.['as'] ?? '' };
}
