import path from 'node:path';
import { splitPosition } from './log.ts';

const INSTRUCTION = /^\s*\d{1,7}: (\(.*)$/;

/**
 * A listing of bytecode, or a condensed log, for a comparison with another one of the same program: without what
 * differs from one load to the next (numbers of instructions, lines, maps and registers' ids, addresses), so that
 * what is the same stands in the same words, below the same line of the source.
 * @param entry the source: of lines from other files the file is named.
 */
export function comparable(listing: string, entry: string): string {
  const maps = new Map<string, number>();
  for (const [, id = ''] of listing.matchAll(MAP)) maps.set(id, 0);
  // Maps are made in the order that the object has them.
  const ids = Array.from(maps.keys()).sort((a, b) => Number(a) - Number(b));
  ids.forEach((id, index) => maps.set(id, index + 1));
  return listing
    .split('\n')
    .map((line) => {
      const place = line.startsWith('; ') ? splitPosition(line) : undefined;
      if (place !== undefined) {
        const file = path.posix.basename(place.file);
        return file === path.posix.basename(entry) ? place.text : `${place.text} @ ${file}`;
      }
      const [, text] = INSTRUCTION.exec(line) ?? [];
      if (text === undefined) return line;
      const words = text
        .replace(MAP, (_, id: string) => `map[${maps.get(id) ?? 0}]`)
        .replace(ADDRESS, '$1 = map')
        .replace(/#-?\d{1,19}(?=$|[_\s])/, '')
        .replace(/bpf_prog_[0-9a-f]{16}(?=_)/, 'bpf_prog')
        .replace(/\b((?:\w{1,30}_)?id)=\d{1,10}/g, '$1');
      return `    ${words.trimEnd()}`;
    })
    .join('\n');
}

const MAP = /map\[id:(\d{1,10})\]/g;
/** A log has maps by their addresses. */
const ADDRESS = /^(\(18\) r\d{1,2}) = 0x[0-9a-f]{16}(?= {1,99}; R\d{1,2}(?:_w)?=map_)/;
