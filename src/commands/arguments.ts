import * as z from 'zod';
import { HostError } from '../host/errors.ts';

const text = z.string().min(1);

export const hostArgument = z.object({ host: text });
export const cgroupArgument = z.object({ host: text, cgroup: text });

/**
 * Reads a command's argument, which keybindings, tasks and other extensions write.
 * @returns undefined where there is none: the person is asked.
 */
export function readArgument<T>(schema: z.ZodType<T>, argument: unknown): T | undefined {
  if (argument === undefined || argument === null) return undefined;
  const parsed = schema.safeParse(argument);
  if (parsed.success) return parsed.data;
  throw new HostError({
    kind: 'input',
    tried: 'read the argument of the command',
    where: 'this window',
    words: parsed.error.issues
      .map(({ path, message }) => [...path, message].map(String).join(': '))
      .join('; '),
    next: 'Correct the keybinding or the task.',
  });
}
