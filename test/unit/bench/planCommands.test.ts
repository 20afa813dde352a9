import assert from 'node:assert/strict';
import { commandsKey, commandsText, planCommands } from '../../../src/bench/planCommands.ts';
import { workloadSchema } from '../../../src/results/workloadSchema.ts';

const CLIENT = {
  name: 'a',
  client: ['ask', '{port}'],
  unit: 'x/s',
  higherIsBetter: true,
  metric: { pattern: '(\\d+)' },
};
const planOf = (...workloads: object[]) => ({
  workloads: workloads.map((each) => workloadSchema.parse({ ...CLIENT, ...each })),
});
const keyOf = (host: string, workload: object) => commandsKey(host, planCommands(planOf(workload)));
const textOf = (workload: object) =>
  commandsText({ host: 'web1', from: 'x.json' }, planCommands(planOf(workload)));

/** The words that a person reads: those of a line that ends in "+" go on in the next. */
const wordsOf = (text: string): string[] =>
  Array.from(
    text.matchAll(/"(?:[^"\\]|\\.)*"(?: \+\s+"(?:[^"\\]|\\.)*")*/g),
    ([word]) => JSON.parse(word.replace(/" \+\s+"/g, '')) as string,
  );

/** Characters that hide, reorder, look like something else, or break a line. */
const HOSTILE = [
  '',
  ' ',
  '"',
  '\\',
  '" "',
  '" +',
  "'",
  '\n',
  '\r',
  '\t',
  '\u001b[2J',
  '\u202e',
  '\u2066',
  '\u200b',
  '\u00a0',
  '\u2003',
  '\u2028',
  '\u0430pt',
  '\u05d0',
  '😀',
  '\ud800',
  '\u{e0041}',
  'x'.repeat(8000),
  '\u202e'.repeat(500),
  `${'a '.repeat(120)}; rm`,
];

describe('the commands of a plan', () => {
  it('are all there, each once, with the workloads that have them and their accounts', () => {
    const all = { prepare: ['p'], server: ['s'], report: ['r'], stop: ['e'], user: 'redis' };
    const unix = { server: ['us'], client: ['uc'] };
    const commands = planCommands(planOf({ ...all, unix }, { ...all, name: 'b' }, { name: 'c' }));
    assert.deepEqual(
      commands.map(({ role, workloads, user, argv }) => [role, workloads, user, argv]),
      [
        ['prepare', ['a', 'b'], 'redis', ['p']],
        ['server', ['a', 'b'], 'redis', ['s']],
        ['client', ['a', 'b'], 'redis', ['ask', '{port}']],
        ['report', ['a', 'b'], 'redis', ['r']],
        ['stop', ['a', 'b'], 'redis', ['e']],
        ['unix.server', ['a'], 'redis', ['us']],
        ['unix.client', ['a'], 'redis', ['uc']],
        ['client', ['c'], undefined, ['ask', '{port}']],
      ],
    );
    assert.deepEqual(planCommands({}), []);
  });

  it('are shown word by word, whatever is in them, on lines that need no scrolling', () => {
    const text = textOf({ user: 'nobody', server: ['cat', ...HOSTILE] });
    assert.match(text, /^[ -~\n]*$/);
    const lines = text.split('\n');
    for (const line of lines) assert.ok(line.length <= 100, line);
    const [server, client] = ['server: "a"', 'client: "a"'].map((line) => lines.indexOf(line));
    assert.ok(server !== undefined && server > 0);
    const shown = lines.slice(server + 2, client).join('\n');
    assert.deepEqual(wordsOf(shown), ['cat', ...HOSTILE]);
    assert.match(text, /^x\.json has these commands run on "web1":\n/);
  });

  it('are agreed to with their words, accounts and host, and nothing else', () => {
    const key = keyOf('web1', {});
    assert.match(key, /^[0-9a-f]{64}$/);
    const same = { name: 'b', unit: 'ms', metric: { pattern: '(.)' }, warmup: 3 };
    assert.equal(keyOf('web1', same), key);
    const others = [
      keyOf('web2', {}),
      keyOf('web1', { user: 'root' }),
      keyOf('web1', { client: ['ask', '{port} '] }),
      keyOf('web1', { client: ['ask {port}'] }),
      keyOf('web1', { client: CLIENT.client, server: ['x'] }),
      keyOf('web1', { prepare: ['x'] }),
      keyOf('web1', { stop: ['x'] }),
      keyOf('web1', { unix: { client: ['x'] } }),
    ];
    assert.equal(new Set([key, ...others]).size, others.length + 1);
  });
});
