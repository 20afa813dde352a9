import { lastUpTo } from '../bypass/sorted.ts';
import { ElfBytes, type Table } from './elfBytes.ts';
import type { Instruction, ObjectProgram, SourceLine } from './objectProgram.ts';

interface Section {
  readonly index: number;
  readonly name: string;
  readonly type: number;
  readonly executable: boolean;
  readonly offset: number;
  readonly size: number;
  readonly link: number;
  /** The section a relocation section is about. */
  readonly info: number;
}

interface Symbol {
  readonly name: string;
  readonly section: number;
  /** Bytes from the section's start. */
  readonly value: number;
  readonly size: number;
  readonly isFunction: boolean;
  readonly isGlobal: boolean;
}

/** A function's instructions; `start` and `count` in instructions of the section. */
interface Code {
  readonly name: string;
  readonly section: Section;
  readonly start: number;
  readonly count: number;
}

/** Texts are read only when they are asked for: each of a million may be the whole of a string table. */
interface LineInfo {
  /** The first instruction of the section it holds for. */
  readonly instruction: number;
  readonly file: number;
  readonly text: number;
  readonly line: number;
  readonly column: number;
  /** The newest one up to this that has a line. */
  readonly named: LineInfo | undefined;
}

const INSTRUCTION_BYTES = 8;
const SHT_SYMTAB = 2;
const SHT_REL = 9;
const SHF_EXECINSTR = 4n;
const CALL = 0x85;
const LOAD_64 = 0x18;
/** `src_reg` of a call between BPF functions (BPF_PSEUDO_CALL). */
const PSEUDO_CALL = 1;

/**
 * Reads the programs of a BPF object and the lines their instructions come from: ELF64 (elf.h),
 * .BTF and .BTF.ext (linux/btf.h, Documentation/bpf/btf.rst). Where a log lacks the position, or
 * has no column, this gives it.
 * @throws RangeError when it is not such a file.
 */
export function parseObject(bytes: Uint8Array): ObjectProgram[] {
  const object = new ElfObject(bytes);
  return object.symbols
    .filter(({ isFunction, isGlobal, section }) => {
      const { executable, name } = object.sections[section] ?? { executable: false, name: '' };
      return isFunction && isGlobal && executable && name !== '.text';
    })
    .map((symbol) => object.program(symbol));
}

class ElfObject {
  readonly sections: readonly Section[];
  readonly symbols: readonly Symbol[];
  readonly #file: ElfBytes;
  readonly #lines: ReadonlyMap<string, readonly LineInfo[]>;
  /** Functions of .text, by where they begin. */
  readonly #functions: readonly Symbol[];
  readonly #text: Section | undefined;
  readonly #relocated = new Map<Section, ReadonlyMap<number, Symbol>>();
  #lineStrings: Table = { offset: 0, size: 0 };

  constructor(bytes: Uint8Array) {
    this.#file = new ElfBytes(bytes);
    this.sections = this.#readSections();
    this.symbols = this.#readSymbols();
    this.#lines = this.#readLines();
    this.#text = this.sections.find(({ name, executable }) => name === '.text' && executable);
    this.#functions = this.symbols
      .filter(({ isFunction, section }) => isFunction && section === this.#text?.index)
      .sort((a, b) => a.value - b.value);
  }

  program(symbol: Symbol): ObjectProgram {
    const section = this.#section(symbol.section);
    const layout = this.#layout(this.#code(section, symbol));
    return {
      name: symbol.name,
      section: section.name,
      instructions: layout.reduce((sum, { count }) => sum + count, 0),
      at: (instruction) => {
        let index = instruction;
        for (const code of layout) {
          if (index < code.count) return this.#lineOf(code, index);
          index -= code.count;
        }
        return undefined;
      },
      walk: () => this.#walk(layout),
    };
  }

  *#walk(layout: readonly Code[]): Generator<Instruction> {
    let number = 0;
    for (const { name, section, start, count } of layout) {
      const relocations = this.#relocations(section);
      for (let index = start; index < start + count; index++, number++) {
        this.#file.spend(1);
        yield {
          ...this.#instruction(section, index),
          number,
          function: name,
          symbol: relocations.get(index)?.name,
        };
      }
    }
  }

  #instruction(
    section: Section,
    index: number,
  ): Pick<Instruction, 'code' | 'source' | 'offset' | 'immediate'> {
    const at = section.offset + index * INSTRUCTION_BYTES;
    const registers = this.#file.u8(at + 1);
    return {
      code: this.#file.u8(at),
      source: this.#file.isLittle ? registers >> 4 : registers & 0xf,
      offset: this.#file.u16(at + 2),
      immediate: this.#file.i32(at + 4),
    };
  }

  /**
   * The functions of a program in the order libbpf puts them (bpf_object__reloc_code): itself,
   * then each function of .text where it is first called, and after it what that calls.
   */
  #layout(own: Code): Code[] {
    const layout = [own];
    const text = this.#text;
    if (text === undefined) return layout;
    const known = new Set(own.section === text ? [own.start] : []);
    const walked = [{ code: own, next: 0 }];
    for (let at = walked.at(-1); at !== undefined; at = walked.at(-1)) {
      this.#file.spend(1);
      if (at.next === at.code.count) {
        walked.pop();
        continue;
      }
      const callee = this.#callee(at.code.section, at.code.start + at.next++);
      const symbol = callee === undefined ? undefined : this.#functionAt(callee);
      if (symbol === undefined || known.has(symbol.value / INSTRUCTION_BYTES)) continue;
      const code = this.#code(text, symbol);
      known.add(code.start);
      layout.push(code);
      walked.push({ code, next: 0 });
    }
    return layout;
  }

  #code(section: Section, { name, value, size }: Symbol): Code {
    const [start, count] = [value / INSTRUCTION_BYTES, size / INSTRUCTION_BYTES];
    if (!Number.isInteger(start) || !Number.isInteger(count) || value + size > section.size) {
      throw new RangeError('a function outside of its section');
    }
    this.#file.within(section);
    return { name, section, start, count };
  }

  #functionAt(bytes: number): Symbol | undefined {
    const found = lastUpTo(this.#functions, bytes, ({ value }) => value);
    return found !== undefined && bytes < found.value + found.size ? found : undefined;
  }

  /** Bytes into .text of the function an instruction calls or takes the address of. */
  #callee(section: Section, index: number): number | undefined {
    const { code, source, immediate } = this.#instruction(section, index);
    const relocation = this.#relocations(section).get(index);
    const isCall = code === CALL && source === PSEUDO_CALL;
    if (!isCall && (code !== LOAD_64 || relocation === undefined)) return undefined;
    const target = relocation?.section === this.#text?.index ? relocation : undefined;
    if (!isCall) return target && target.value + immediate;
    if (relocation === undefined && section !== this.#text) return undefined;
    if (relocation !== undefined && target === undefined) return undefined;
    const base = target === undefined ? index : target.value / INSTRUCTION_BYTES;
    return (base + immediate + 1) * INSTRUCTION_BYTES;
  }

  #lineOf({ section, start }: Code, index: number): SourceLine | undefined {
    const all = this.#lines.get(section.name) ?? [];
    const found = lastUpTo(all, start + index, ({ instruction }) => instruction);
    // An instruction of no line counts to the one before it.
    const told = (found?.named?.instruction ?? -1) >= start ? found?.named : found;
    if (told === undefined || told.instruction < start) return undefined;
    const { line, column } = told;
    const [file, text] = [told.file, told.text].map((at) =>
      this.#file.string(this.#lineStrings, at),
    );
    return { file: file ?? '', line, column, text: text ?? '' };
  }

  #section(index: number): Section {
    const section = this.sections[index];
    if (section === undefined) throw new RangeError(`no section ${index}`);
    return section;
  }

  #readSections(): Section[] {
    const [table, size] = [this.#file.u64(40), this.#file.u16(58)];
    const [count, names] = [60, 62].map((at) => this.#file.u16(at));
    const sections = Array.from({ length: count ?? 0 }, (_, index) => {
      const at = table + index * size;
      return {
        index,
        name: '',
        nameAt: this.#file.u32(at),
        type: this.#file.u32(at + 4),
        executable: (this.#file.bits64(at + 8) & SHF_EXECINSTR) !== 0n,
        offset: this.#file.u64(at + 24),
        size: this.#file.u64(at + 32),
        link: this.#file.u32(at + 40),
        info: this.#file.u32(at + 44),
      };
    });
    const strings = sections[names ?? 0];
    if (strings === undefined) throw new RangeError('no section names');
    return sections.map(({ nameAt, ...section }) => ({
      ...section,
      name: this.#file.name(strings, nameAt),
    }));
  }

  #readSymbols(): Symbol[] {
    const table = this.sections.find(({ type }) => type === SHT_SYMTAB);
    if (table === undefined) return [];
    const strings = this.#section(table.link);
    this.#file.within(table);
    return Array.from({ length: Math.floor(table.size / 24) }, (_, index) => {
      const at = table.offset + index * 24;
      const info = this.#file.u8(at + 4);
      return {
        name: this.#file.name(strings, this.#file.u32(at)),
        section: this.#file.u16(at + 6),
        value: this.#file.u64(at + 8),
        size: this.#file.u64(at + 16),
        isFunction: (info & 0xf) === 2,
        isGlobal: info >> 4 !== 0,
      };
    });
  }

  /** Symbols by the instruction that refers to them. */
  #relocations(section: Section): ReadonlyMap<number, Symbol> {
    const known = this.#relocated.get(section);
    if (known !== undefined) return known;
    const found = new Map<number, Symbol>();
    this.#relocated.set(section, found);
    for (const table of this.sections) {
      if (table.type !== SHT_REL || table.info !== section.index) continue;
      for (let at = table.offset; at + 16 <= table.offset + table.size; at += 16) {
        this.#file.spend(1);
        const symbol = this.symbols[Number(this.#file.bits64(at + 8) >> 32n)];
        if (symbol !== undefined) found.set(this.#file.u64(at) / INSTRUCTION_BYTES, symbol);
      }
    }
    return found;
  }

  /** .BTF.ext's line_info by section, in the order of instructions. */
  #readLines(): ReadonlyMap<string, readonly LineInfo[]> {
    const found = new Map<string, LineInfo[]>();
    const [btf, ext] = ['.BTF', '.BTF.ext'].map((wanted) =>
      this.sections.find(({ name }) => name === wanted),
    );
    if (btf === undefined || ext === undefined) return found;
    const strings = {
      offset: btf.offset + this.#file.u32(btf.offset + 4) + this.#file.u32(btf.offset + 16),
      size: this.#file.u32(btf.offset + 20),
    };
    this.#file.within(strings);
    this.#lineStrings = strings;
    const start = ext.offset + this.#file.u32(ext.offset + 4) + this.#file.u32(ext.offset + 16);
    const end = start + this.#file.u32(ext.offset + 20);
    const recordSize = this.#file.u32(start);
    if (recordSize < 16) throw new RangeError('line_info of an unknown form');
    for (let at = start + 4; at + 8 <= end;) {
      const name = this.#file.name(strings, this.#file.u32(at));
      const count = this.#file.u32(at + 4);
      const lines = found.get(name) ?? [];
      at += 8;
      for (let i = 0; i < count && at + recordSize <= end; i++, at += recordSize) {
        this.#file.spend(1);
        const position = this.#file.u32(at + 12);
        const [file, text] = [this.#file.u32(at + 4), this.#file.u32(at + 8)];
        if (Math.max(file, text) >= strings.size) throw new RangeError('a line without a text');
        lines.push({
          instruction: this.#file.u32(at) / INSTRUCTION_BYTES,
          file,
          text,
          line: position >>> 10,
          column: position & 0x3ff,
          named: undefined,
        });
      }
      found.set(name, lines);
    }
    return new Map(Array.from(found, ([name, lines]) => [name, inOrder(lines)]));
  }
}

/** By their instructions, each with the newest up to it that has a line. */
function inOrder(lines: readonly LineInfo[]): LineInfo[] {
  let named: LineInfo | undefined;
  return lines
    .toSorted((a, b) => a.instruction - b.instruction)
    .map((one) => {
      if (one.line > 0) named = one;
      return { ...one, named };
    });
}
