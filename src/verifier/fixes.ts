import type { BpfSource } from '../bypass/build.ts';
import { Code, type QuickFix } from './fixes/code.ts';
import { boundIndex } from './fixes/element.ts';
import { declareUnknown } from './fixes/include.ts';
import { unlock } from './fixes/lock.ts';
import { redefineMap } from './fixes/legacyMap.ts';
import { correctMap } from './fixes/map.ts';
import { compareWithNull } from './fixes/null.ts';
import { compareWithEnd } from './fixes/packet.ts';
import { declareLicence, declareWeak, passNoFlags } from './fixes/program.ts';
import { maySleep, nameSection } from './fixes/section.ts';
import { boundSize } from './fixes/size.ts';
import type { Place } from './sourcePlaces.ts';

export type { Edit, QuickFix } from './fixes/code.ts';

/** The part of a finding that says how to fix it. */
interface Fault {
  readonly place: Place;
  readonly from: string;
  readonly explanation: string | undefined;
  readonly message: string;
}

/**
 * Makes changes that remove what a finding is about, the better one first: only where there is one right answer, in the
 * file that it is in. Read from the text, without a compiler: a person looks at each.
 */
export function quickFixes(files: BpfSource['files']): (fault: Fault) => QuickFix[] {
  const known = new Map<string, Code>();
  let all: string[] | undefined;
  const texts = (): string[] =>
    (all ??= Array.from(files.values(), (content) => Buffer.from(content).toString()));
  const codeOf = (file: string): Code | undefined => {
    const content = files.get(file);
    const code = known.get(file) ?? (content && new Code(file, Buffer.from(content).toString()));
    if (code !== undefined) known.set(file, code);
    return code;
  };
  return (fault) => {
    const code = codeOf(fault.place.file);
    return code === undefined ? [] : fixesIn(code, fault, texts).filter((one) => one !== undefined);
  };
}

function fixesIn(
  code: Code,
  { from, explanation, message, place: { line, column } }: Fault,
  texts: () => readonly string[],
): (QuickFix | undefined)[] {
  if (from === 'clang') {
    return message.includes("'struct bpf_map_def'")
      ? [redefineMap(code, line)]
      : [declareUnknown(code, message, texts)];
  }
  switch (explanation) {
    case 'null':
      return [compareWithNull(code, line, column)];
    case 'packet':
      return [compareWithEnd(code, line, column)];
    case 'unbounded':
    case 'negative':
    case 'map-value-bounds':
    case 'memory-bounds':
    case 'stack-bounds':
    case 'argument-size':
      return [...boundIndex(code, line, column, texts()), boundSize(code, line, column)];
    case 'gpl':
      return [declareLicence(code, texts())];
    case 'flags':
      return [passNoFlags(code, line)];
    case 'ksym':
      return [declareWeak(code, line, texts())];
    case 'lock':
      return [unlock(code, line)];
    case 'map-creation':
      return [correctMap(code, line)];
    case 'map-definition':
    case 'map-section':
      return [redefineMap(code, line)];
    case 'sleepable':
      return [maySleep(code, line)];
    case 'section-name':
    case 'too-old':
      return [nameSection(code, line)];
    default:
      return [];
  }
}
