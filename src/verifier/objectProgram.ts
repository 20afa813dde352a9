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
  readonly at: (instruction: number) => SourceLine | undefined;
  /** All of them, with those of the functions it calls, in their order. */
  readonly walk: () => Iterable<Instruction>;
}

/** As it is in the object (linux/bpf.h, struct bpf_insn). */
export interface Instruction {
  /** As in the verifier's log. */
  readonly number: number;
  /** The function that it is of; the program's own is the first. */
  readonly function: string;
  readonly code: number;
  /** Number of the register that it takes a value from, or else 0. */
  readonly source: number;
  readonly offset: number;
  readonly immediate: number;
  /** The name of what it refers to. */
  readonly symbol: string | undefined;
}
