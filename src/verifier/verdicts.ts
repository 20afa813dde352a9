import { parseSections } from '../host/sections.ts';

/** The kernel's answer about one program. */
export interface ProgramVerdict {
  readonly name: string;
  readonly section: string;
  /** `failed`: libbpf gave up before the kernel saw it. */
  readonly verdict: 'accepted' | 'rejected' | 'failed';
  /** libbpf's words, errors and warnings. */
  readonly words: string;
  /** The verifier's log, whole: of an accepted program its statistics, unless more was asked for. */
  readonly log: string;
}

/** The answers of libbpf and the kernel about an object. */
export interface Verdicts {
  /** libbpf's words if it cannot read the object. */
  readonly words: string;
  readonly programs: readonly ProgramVerdict[];
}

/** Reads the output of `verify.c`. */
export function parseVerdicts(text: string, boundary: string): Verdicts {
  const programs: ProgramVerdict[] = [];
  let words = '';
  for (const { name, text: body } of parseSections(text, boundary)) {
    const last = programs.pop();
    if (name === 'object') words = body;
    else if (name.startsWith('program ')) {
      const [section = '', told = ''] = body.split('\n');
      const verdict = (['accepted', 'rejected'] as const).find((one) => one === told) ?? 'failed';
      if (last !== undefined) programs.push(last);
      programs.push({ name: name.slice('program '.length), section, verdict, words: '', log: '' });
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
  return { words, programs };
}
