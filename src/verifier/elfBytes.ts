/** Bytes of a name, or of a line of the source. */
const LONGEST_STRING = 4096;
/**
 * Records, instructions and bytes of names that are looked at in all. Tables may overlap: without a
 * bound, an object of a few megabytes takes days.
 */
const MOST_STEPS = 4 * 1024 * 1024;

/** A part of the file, in bytes. */
export interface Table {
  readonly offset: number;
  readonly size: number;
}

/** The bytes of an ELF64 file: numbers in its byte order, names, and a bound on what is looked at. */
export class ElfBytes {
  /** EI_DATA: the target's byte order. */
  readonly isLittle: boolean;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #steps = 0;

  /** @throws RangeError when it is no such file; so do all that read beyond its end. */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (this.#view.getUint32(0) !== 0x7f454c46 || bytes[4] !== 2) throw new RangeError('no ELF64');
    this.isLittle = bytes[5] === 1;
  }

  u8(at: number): number {
    return this.#view.getUint8(at);
  }

  u16(at: number): number {
    return this.#view.getUint16(at, this.isLittle);
  }

  u32(at: number): number {
    return this.#view.getUint32(at, this.isLittle);
  }

  i32(at: number): number {
    return this.#view.getInt32(at, this.isLittle);
  }

  bits64(at: number): bigint {
    return this.#view.getBigUint64(at, this.isLittle);
  }

  u64(at: number): number {
    return Number(this.bits64(at));
  }

  /** A string of a table that ends with NUL; of a longer one the beginning. */
  string(table: Table, at: number): string {
    if (at >= table.size) throw new RangeError('a string outside of its table');
    const start = table.offset + at;
    const most = this.#bytes.subarray(start, start + Math.min(table.size - at, LONGEST_STRING));
    const end = most.indexOf(0);
    return Buffer.from(end < 0 ? most : most.subarray(0, end)).toString();
  }

  /** The same, where there may be many. */
  name(table: Table, at: number): string {
    const name = this.string(table, at);
    this.spend(1 + name.length);
    return name;
  }

  /** @throws RangeError where a table does not lie in the file. */
  within({ offset, size }: Table): void {
    if (offset + size > this.#bytes.length) throw new RangeError('a table outside of the file');
  }

  /** Counts what is looked at. */
  spend(steps: number): void {
    this.#steps += steps;
    if (this.#steps > MOST_STEPS) throw new RangeError('more than an object holds');
  }
}
