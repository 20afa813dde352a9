/** Where an instruction comes from, as the compiler wrote it into the object's BTF. */
export interface SourceLine {
  /** The path clang was given. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1; 0 when the compiler knew none. */
  readonly column: number;
  /** The line itself. */
  readonly text: string;
}

/** A BPF program of an object. */
export interface ObjectProgram {
  readonly name: string;
  readonly section: string;
  /** Instructions, with those of the functions it calls. */
  readonly instructions: number;
  /** The source of an instruction, by its number in the verifier's log. */
  at(instruction: number): SourceLine | undefined;
}

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
  readonly section: Section;
  readonly start: number;
  readonly count: number;
}

interface LineInfo extends SourceLine {
  /** The first instruction of the section it holds for. */
  readonly instruction: number;
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
 * has no column, this tells it.
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
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  /** EI_DATA: the target's byte order. */
  readonly #little: boolean;
  readonly #lines: ReadonlyMap<string, readonly LineInfo[]>;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (this.#view.getUint32(0) !== 0x7f454c46 || bytes[4] !== 2) throw new RangeError('no ELF64');
    this.#little = bytes[5] === 1;
    this.sections = this.#readSections();
    this.symbols = this.#readSymbols();
    this.#lines = this.#readLines();
  }

  program(symbol: Symbol): ObjectProgram {
    const section = this.#section(symbol.section);
    const own: Code = {
      section,
      start: symbol.value / INSTRUCTION_BYTES,
      count: symbol.size / INSTRUCTION_BYTES,
    };
    const layout = this.#layout(own);
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
    };
  }

  /**
   * The functions of a program in the order libbpf puts them (bpf_object__reloc_code): itself,
   * then each function of .text where it is first called, and after it what that calls.
   */
  #layout(own: Code): Code[] {
    const layout = [own];
    const text = this.sections.find(({ name, executable }) => name === '.text' && executable);
    if (text === undefined) return layout;
    const functions = this.symbols.filter(
      ({ isFunction, section }) => isFunction && section === text.index,
    );
    const walk = ({ section, start, count }: Code): void => {
      const relocations = this.#relocations(section);
      for (let i = 0; i < count; i++) {
        const at = this.#callee(section, start + i, relocations);
        const callee = functions.find(
          ({ value, size }) => at !== undefined && value <= at && at < value + size,
        );
        if (callee === undefined) continue;
        const first = callee.value / INSTRUCTION_BYTES;
        if (layout.some((code) => code.section === text && code.start === first)) continue;
        const code = { section: text, start: first, count: callee.size / INSTRUCTION_BYTES };
        layout.push(code);
        walk(code);
      }
    };
    walk(own);
    return layout;
  }

  /** Bytes into .text of the function an instruction calls or takes the address of. */
  #callee(
    section: Section,
    index: number,
    relocations: ReadonlyMap<number, Symbol>,
  ): number | undefined {
    const at = section.offset + index * INSTRUCTION_BYTES;
    const code = this.#bytes[at];
    const registers = this.#bytes[at + 1] ?? 0;
    const source = this.#little ? registers >> 4 : registers & 0xf;
    const relocation = relocations.get(index);
    const isText = (symbol: Symbol) => this.sections[symbol.section]?.name === '.text';
    const immediate = this.#view.getInt32(at + 4, this.#little);
    if (code === CALL && source === PSEUDO_CALL) {
      const base =
        relocation === undefined
          ? section.name === '.text'
            ? index
            : undefined
          : isText(relocation)
            ? relocation.value / INSTRUCTION_BYTES
            : undefined;
      return base === undefined ? undefined : (base + immediate + 1) * INSTRUCTION_BYTES;
    }
    return code === LOAD_64 && relocation !== undefined && isText(relocation)
      ? relocation.value + immediate
      : undefined;
  }

  #lineOf({ section, start }: Code, index: number): SourceLine | undefined {
    let found: SourceLine | undefined;
    for (const { instruction, file, line, column, text } of this.#lines.get(section.name) ?? []) {
      if (instruction > start + index) break;
      // An instruction of no line counts to the one before it.
      if (instruction >= start && (line > 0 || found === undefined)) {
        found = { file, line, column, text };
      }
    }
    return found;
  }

  #section(index: number): Section {
    const section = this.sections[index];
    if (section === undefined) throw new RangeError(`no section ${index}`);
    return section;
  }

  #u32(at: number): number {
    return this.#view.getUint32(at, this.#little);
  }

  #u64(at: number): number {
    return Number(this.#view.getBigUint64(at, this.#little));
  }

  /** A string of a table that ends with NUL. */
  #string(table: { offset: number; size: number }, at: number): string {
    const start = table.offset + at;
    const end = this.#bytes.indexOf(0, start);
    if (at >= table.size || end < 0) throw new RangeError('a string outside of its table');
    return Buffer.from(this.#bytes.subarray(start, end)).toString();
  }

  #readSections(): Section[] {
    const [table, size] = [this.#u64(40), this.#view.getUint16(58, this.#little)];
    const [count, names] = [60, 62].map((at) => this.#view.getUint16(at, this.#little));
    const sections = Array.from({ length: count ?? 0 }, (_, index) => {
      const at = table + index * size;
      return {
        ...{ index, name: '', nameAt: this.#u32(at), type: this.#u32(at + 4) },
        executable: (this.#view.getBigUint64(at + 8, this.#little) & SHF_EXECINSTR) !== 0n,
        ...{ offset: this.#u64(at + 24), size: this.#u64(at + 32) },
        ...{ link: this.#u32(at + 40), info: this.#u32(at + 44) },
      };
    });
    const strings = sections[names ?? 0];
    if (strings === undefined) throw new RangeError('no section names');
    return sections.map(({ nameAt, ...section }) => ({
      ...section,
      name: this.#string(strings, nameAt),
    }));
  }

  #readSymbols(): Symbol[] {
    const table = this.sections.find(({ type }) => type === SHT_SYMTAB);
    if (table === undefined) return [];
    const strings = this.#section(table.link);
    return Array.from({ length: table.size / 24 }, (_, index) => {
      const at = table.offset + index * 24;
      const info = this.#view.getUint8(at + 4);
      return {
        name: this.#string(strings, this.#u32(at)),
        section: this.#view.getUint16(at + 6, this.#little),
        ...{ value: this.#u64(at + 8), size: this.#u64(at + 16) },
        ...{ isFunction: (info & 0xf) === 2, isGlobal: info >> 4 !== 0 },
      };
    });
  }

  /** Symbols by the instruction that refers to them. */
  #relocations(section: Section): ReadonlyMap<number, Symbol> {
    const found = new Map<number, Symbol>();
    for (const table of this.sections) {
      if (table.type !== SHT_REL || table.info !== section.index) continue;
      for (let at = table.offset; at + 16 <= table.offset + table.size; at += 16) {
        const symbol = this.symbols[Number(this.#view.getBigUint64(at + 8, this.#little) >> 32n)];
        if (symbol !== undefined) found.set(this.#u64(at) / INSTRUCTION_BYTES, symbol);
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
      offset: btf.offset + this.#u32(btf.offset + 4) + this.#u32(btf.offset + 16),
      size: this.#u32(btf.offset + 20),
    };
    const start = ext.offset + this.#u32(ext.offset + 4) + this.#u32(ext.offset + 16);
    const end = start + this.#u32(ext.offset + 20);
    const recordSize = this.#u32(start);
    if (recordSize < 16) throw new RangeError('line_info of an unknown form');
    for (let at = start + 4; at + 8 <= end;) {
      const name = this.#string(strings, this.#u32(at));
      const count = this.#u32(at + 4);
      const lines = found.get(name) ?? [];
      at += 8;
      for (let i = 0; i < count && at + recordSize <= end; i++, at += recordSize) {
        const position = this.#u32(at + 12);
        lines.push({
          instruction: this.#u32(at) / INSTRUCTION_BYTES,
          file: this.#string(strings, this.#u32(at + 4)),
          text: this.#string(strings, this.#u32(at + 8)),
          ...{ line: position >>> 10, column: position & 0x3ff },
        });
      }
      found.set(name, lines);
    }
    return found;
  }
}
