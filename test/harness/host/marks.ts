import { randomInt } from 'node:crypto';
import fs from 'node:fs';
import { commandLine, isAlive, processRef, type ProcessRef } from '../processes.ts';
import { eventually } from './wait.ts';

/** A length for `sleep` that no other process has in its command line: its processes are found by it. */
export const newMark = (): string => `4000.${randomInt(1e9, 1e10)}`;

/** The processes with the mark in their command lines: on the host, and the clients that asked for them. */
export function marked(mark: string): ProcessRef[] {
  return fs
    .readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => commandLine(Number(pid)).some((word) => word.includes(mark)))
    .map((pid) => processRef(Number(pid)))
    .filter((ref) => ref !== undefined)
    .filter(isAlive);
}

/** The `sleep`s with the mark. */
export const sleepers = (mark: string): ProcessRef[] =>
  marked(mark).filter(({ pid }) => commandLine(pid)[0] === 'sleep');

/** The ssh clients with the mark. */
export const clients = (mark: string): ProcessRef[] =>
  marked(mark).filter(({ pid }) => commandLine(pid)[0] === 'ssh');

export const untilSleeping = (mark: string, count = 1): Promise<unknown> =>
  eventually(`${count} processes run`, () => sleepers(mark).length >= count);

export async function assertAllEnd(mark: string): Promise<void> {
  await eventually('all its processes have ended', () => marked(mark).length === 0).catch(
    (error: unknown) => {
      const left = marked(mark).map(({ pid }) => `${pid} ${commandLine(pid).join(' ')}`);
      throw new Error(left.join('\n'), { cause: error });
    },
  );
}
