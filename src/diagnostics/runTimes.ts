import { readFile } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import type { Context } from '../context.ts';
import type { AttendedProcess } from '../host/attended.ts';
import type { ProgramReport } from '../verifier/diagnose.ts';
import {
  hottestLines,
  rateOf,
  type HotLine,
  type RunRate,
  type RunReading,
} from '../verifier/runTime.ts';
import type { Verifier } from './verifier.ts';

/** A host's kernel that is measuring, or about to. */
interface Measuring {
  readonly names: readonly string[];
  readonly controller: AbortController;
  meter?: AttendedProcess;
  /** The last two readings. */
  before?: RunReading;
  now?: RunReading;
}

/**
 * Run times of loaded programs, while they are switched on: each host that a visible source was verified on
 * measures for as long as that source, or a header of it, is visible.
 */
export class RunTimes implements vscode.Disposable {
  readonly #context: Context;
  readonly #verifier: Verifier;
  #isOn = false;
  readonly #hosts = new Map<string, Measuring>();
  readonly #changed = new vscode.EventEmitter<void>();
  readonly onDidChange = this.#changed.event;
  readonly #failed = new vscode.EventEmitter<unknown>();
  /** Receives why a host measures no more. */
  readonly onDidFail = this.#failed.event;
  readonly #subscriptions: vscode.Disposable[];

  constructor(context: Context, verifier: Verifier) {
    this.#context = context;
    this.#verifier = verifier;
    const look = () => {
      this.#look();
    };
    this.#subscriptions = [
      vscode.window.onDidChangeVisibleTextEditors(look),
      verifier.onDidVerify(look),
    ];
  }

  get isOn(): boolean {
    return this.#isOn;
  }

  turn(on: boolean): void {
    this.#isOn = on;
    this.#look();
    this.#changed.fire();
  }

  /** @returns undefined where it is not known: nothing is measured, or no such program is loaded. */
  rate(host: string, { name, tag }: ProgramReport): RunRate | undefined {
    const { before, now } = this.#hosts.get(host) ?? {};
    return before && now && rateOf(before, now, { name, tag });
  }

  /** @returns the hottest lines of a program first; none where they are not known. */
  lines(host: string, program: ProgramReport): HotLine[] {
    const now = this.#hosts.get(host)?.now;
    return now === undefined ? [] : hottestLines(now, program);
  }

  /** Begins and ends measuring, so that it is as wanted. */
  #look(): void {
    const wanted = this.#wanted();
    for (const [host, { names }] of this.#hosts) {
      if (wanted.get(host)?.join() === names.join()) continue;
      this.#end(host);
    }
    for (const [host, names] of wanted) {
      if (!this.#hosts.has(host)) void this.#begin(host, names);
    }
  }

  /** The programs to look for on each host. */
  #wanted(): ReadonlyMap<string, readonly string[]> {
    const wanted = new Map<string, Set<string>>();
    if (!this.#isOn) return new Map();
    for (const { document } of vscode.window.visibleTextEditors) {
      const own = Array.from(this.#verifier.answers(document.uri));
      // A header has lines of the programs that include it.
      const about = Array.from(this.#verifier.answersAbout(document.uri));
      const all = [...own, ...about.map(({ host, answer }) => [host, answer] as const)];
      for (const [host, { diagnosis }] of all) {
        const names = diagnosis.programs.map(({ name }) => name);
        if (names.length > 0) wanted.set(host, new Set([...(wanted.get(host) ?? []), ...names]));
      }
    }
    return new Map(Array.from(wanted, ([host, names]) => [host, Array.from(names).sort()]));
  }

  async #begin(name: string, names: readonly string[]): Promise<void> {
    const controller = new AbortController();
    const measuring: Measuring = { names, controller };
    this.#hosts.set(name, measuring);
    const isWanted = () => this.#hosts.get(name) === measuring;
    try {
      const [{ measureRunTime }, host, tool] = await Promise.all([
        import('../verifier/measureRunTime.ts'),
        this.#context.host(name),
        readFile(path.join(this.#context.bpfDirectory, 'tools', 'run-time.c')),
      ]);
      const onReading = (reading: RunReading) => {
        if (measuring.now !== undefined) measuring.before = measuring.now;
        measuring.now = reading;
        if (isWanted()) this.#changed.fire();
      };
      const meter = await measureRunTime(host, tool, names, onReading, controller.signal);
      if (!isWanted()) {
        await meter[Symbol.asyncDispose]();
        return;
      }
      measuring.meter = meter;
      await meter.ended();
      // By itself, without a word: its connection has ended.
      if (!isWanted()) return;
      this.#hosts.delete(name);
      this.#changed.fire();
    } catch (error) {
      if (!isWanted()) return;
      this.#hosts.delete(name);
      this.turn(false);
      this.#failed.fire(error);
    }
  }

  #end(host: string): void {
    const measuring = this.#hosts.get(host);
    this.#hosts.delete(host);
    measuring?.controller.abort();
    void measuring?.meter?.[Symbol.asyncDispose]();
  }

  dispose(): void {
    for (const host of Array.from(this.#hosts.keys())) this.#end(host);
    for (const owned of [this.#changed, this.#failed, ...this.#subscriptions]) owned.dispose();
  }
}
