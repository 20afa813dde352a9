/** Registers and stack slots of a frame by their names, `R1` and `fp-8`, as the log writes them. */
export type Slots = ReadonlyMap<string, string>;

/** A value's name, with marks of its liveness, which words inside of values never have before them. A stack has 512 bytes. */
const NAME = /(?:^|\s)(R\d{1,2}|fp-\d{1,3}|refs)(?:_[rwD]{1,3})?=/g;
/** Helpers that may move the packet: pointers into it hold no more. */
const MOVES_PACKET =
  /^call (?:pc|\w*(?:skb_|xdp_adjust|xdp_load|msg_p|lwt_|csum_replace|clone_redirect|hdr_opt|tail_call))/;
const PACKET = /^(?:pkt|pkt_meta|pkt_end)\(/;
/** Calls that release a lock, and the registers that lose their value then. */
const UNLOCKS = /^call \w*unlock/;
const LOCKED = /rcu_|non_own_ref/;
/** The number by which the verifier knows copies of one value; packets without a number have 0. */
const ID = /[(,]id=(\d{1,10})/;

/**
 * The verifier's knowledge on the path that it walks. Its log has whole states where a path begins; between them,
 * since Linux 5.16, what an instruction uses and changes alone. Some of what changes it leaves out: copies of a
 * value that a branch has tested, what a call takes away. They are brought up to date here, or forgotten: nothing
 * stays that may be wrong (kernel/bpf/verifier.c: clear_caller_saved_regs, mark_ptr_or_null_regs,
 * find_good_pkt_pointers, sync_linked_regs, clear_all_pkt_pointers, release_reference).
 */
export class Known {
  readonly #frames = new Map<number, Map<string, string>>();
  #frame = 0;
  #isBranch = false;

  /** Frame of the function that the verifier is in; 0 is the program itself. */
  get frame(): number {
    return this.#frame;
  }

  get slots(): Slots {
    return this.#slots(this.#frame);
  }

  /** Nothing is known: a path, or a function of its own, begins. */
  forget(): void {
    this.#frames.clear();
    this.#frame = 0;
    this.#isBranch = false;
  }

  /** Takes a whole state: `frame1: R1=ctx() R10=fp0 fp-8=mmmmmmmm`. */
  replace(state: string): void {
    const [frame, words] = splitFrame(state);
    this.#enter(frame);
    this.#frames.set(frame, new Map());
    this.#put(words);
    this.#isBranch = false;
  }

  /** An instruction is executed, of which the log tells more with `change`. */
  execute(text: string): void {
    this.#isBranch = text.startsWith('if ');
    if (!text.startsWith('call ')) return;
    for (const register of CALLER_SAVED) this.#slots(this.#frame).delete(register);
    if (MOVES_PACKET.test(text)) this.#drop((value) => PACKET.test(value));
    if (UNLOCKS.test(text)) this.#drop((value) => LOCKED.test(value));
  }

  /** Takes what an instruction changes: `R0=map_value(map=hits,ks=4,vs=8) refs=2`. */
  change(state: string): void {
    const [frame, words] = splitFrame(state);
    this.#enter(frame);
    this.#put(words);
  }

  #enter(frame: number): void {
    for (const other of this.#frames.keys()) if (other > frame) this.#frames.delete(other);
    this.#frame = frame;
  }

  #slots(frame: number): Map<string, string> {
    const known = this.#frames.get(frame) ?? new Map<string, string>();
    this.#frames.set(frame, known);
    return known;
  }

  #put(words: string): void {
    const slots = this.#slots(this.#frame);
    const told = new Map(valuesIn(words));
    const held = told.get('refs')?.split(',') ?? [];
    told.delete('refs');
    if (this.#isBranch) this.#follow(told);
    for (const [name, value] of told) slots.set(name, value);
    this.#drop((value) => {
      const [, reference] = /ref_obj_id=(\d{1,10})/.exec(value) ?? [];
      return reference !== undefined && !held.includes(reference);
    });
  }

  /** A branch has tested these values, and with them their copies, of which the log says nothing. */
  #follow(told: Slots): void {
    const slots = this.#slots(this.#frame);
    for (const [name, now] of told) {
      const before = slots.get(name);
      const id = before === undefined ? undefined : idOf(before);
      if (before === undefined || before === now || id === undefined) continue;
      for (const [other, value] of slots) {
        if (told.has(other) || idOf(value) !== id) continue;
        if (value === before) slots.set(other, now);
        else slots.delete(other);
      }
    }
  }

  #drop(isGone: (value: string) => boolean): void {
    const slots = this.#slots(this.#frame);
    for (const [name, value] of slots) if (isGone(value)) slots.delete(name);
  }
}

const CALLER_SAVED = ['R0', 'R1', 'R2', 'R3', 'R4', 'R5'];

function splitFrame(state: string): [number, string] {
  const [whole, frame] = /^frame(\d{1,2}): ?/.exec(state) ?? [];
  return whole === undefined ? [0, state] : [Number(frame), state.slice(whole.length)];
}

/** The values of a state, in its order, by their names. */
function valuesIn(words: string): [string, string][] {
  const names = Array.from(words.matchAll(NAME));
  return names.map(({ index, 0: whole, 1: name = '' }, at) => [
    name,
    words.slice(index + whole.length, names[at + 1]?.index).trim(),
  ]);
}

/** Copies have the same; undefined where a value is alone. */
function idOf(value: string): string | undefined {
  const id = ID.exec(value)?.[1];
  const packet = PACKET.exec(value)?.[0];
  if (packet !== undefined) return `${packet}${id ?? 0}`;
  return id === undefined || id === '0' ? undefined : id;
}
