// A client of a host whose tools send without end; prints what each command came to, and its own memory.
import { Host } from '../../../src/host/host.ts';
import { guard } from '../../../src/host/guard.ts';
import { onLines } from '../../../src/host/lines.ts';

const [alias = '', configFile = ''] = process.argv.slice(2);
const host = new Host(alias, { ssh: { configFile } });
const tried = 'flood';
await host.connect();
const before = process.resourceUsage().maxRSS;
const outcome = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'no error',
    (error: unknown) => String(error),
  );
const flood = 'cat /dev/zero | tr "\\\\0" x';
const outcomes = {
  stdout: await outcome(host.run(['bpftool'], { tried })),
  stderr: await outcome(host.run(['bpftool', 'stderr'], { tried })),
  guard: await outcome(
    guard(host, { setup: `head -c 20000000 /dev/zero; exit 1`, undo: ':' }, { tried }),
  ),
  spawned: await outcome(
    (async () => {
      const child = host.spawn(['timeout', '1', 'sh', '-c', `${flood} >&2`], { tried });
      onLines(child.stderr, () => undefined);
      child.stdout.resume();
      await child.ended;
      throw new Error(`kept ${child.words.length}`);
    })(),
  ),
};
const grownMiB = (process.resourceUsage().maxRSS - before) / 1024;
await host.dispose();
process.stdout.write(JSON.stringify({ outcomes, grownMiB }));
