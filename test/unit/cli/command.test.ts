import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { globSync } from 'tinyglobby';
import { command, HOST, type Command, type Session } from '../../../src/cli/command.ts';
import { COMMANDS } from '../../../src/cli/commands.ts';
import { helpOf, overview } from '../../../src/cli/help.ts';
import { choice, flag, number, text, texts, UsageError } from '../../../src/cli/options.ts';

const session = {} as Session;

/** Answers with what it was given. */
const echo = command({
  name: 'echo',
  summary: 'Says what it was given.',
  operands: { HOST, CGROUP: { help: 'Where.', optional: true } },
  options: {
    now: flag('At once.'),
    out: text('FILE', 'Where to.'),
    size: choice(['small', 'large'], 'How much.'),
    percent: number('PERCENT', [0, 100], 'How far.', { isWhole: false }),
    count: number('COUNT', [1, 9], 'How many.'),
    include: texts('DIRECTORY', 'What else.', (one) => (one === '' ? 'empty' : undefined)),
  },
  examples: ['web1 --now'],
  fault: ({ CGROUP }, { now }) => (now && CGROUP === undefined ? '--now needs CGROUP.' : undefined),
  run: (_session, operands, options) =>
    Promise.resolve({ data: { ...operands, ...options }, text: '' }),
});

const given = async (...argv: string[]) => (await echo.parse(argv).run(session)).data;

/** The options where none is given. */
const NONE = {
  now: false,
  out: undefined,
  size: undefined,
  percent: undefined,
  count: undefined,
  include: [],
  json: false,
  help: false,
};

describe('the words of a command', () => {
  it('are read as what they are: operands in their order, options anywhere', async () => {
    assert.deepEqual(await given('web1'), { HOST: 'web1', ...NONE });
    assert.deepEqual(
      await given('web1', '--out', '-', '--include=--now'),
      await given('--include', 'b', 'web1', '--out=-').then((one) => ({
        ...one,
        include: ['--now'],
      })),
    );
    const all = await given(
      '--now',
      'web1',
      '--out=a.json',
      '--size',
      'small',
      'app.slice',
      '--percent',
      '2.5%',
      '--count',
      '3',
      '--include',
      'a',
      '--include',
      'b',
      '--json',
    );
    assert.deepEqual(all, {
      HOST: 'web1',
      CGROUP: 'app.slice',
      now: true,
      out: 'a.json',
      size: 'small',
      percent: 2.5,
      count: 3,
      include: ['a', 'b'],
      json: true,
      help: false,
    });
  });

  it('after -- are operands, whatever they begin with; of an option given twice the last counts', async () => {
    assert.deepEqual(await given('--out', 'a', '--out', 'b', '--', '-h', '--now'), {
      ...NONE,
      HOST: '-h',
      CGROUP: '--now',
      out: 'b',
    });
  });

  it('may be several of the last operand, one at least', async () => {
    const many = command({
      name: 'many',
      summary: 'Takes several.',
      options: {},
      operands: { HOST, CGROUP: { help: 'Where.', several: true } },
      examples: [],
      run: (_session, operands) => Promise.resolve({ data: operands, text: '' }),
    });
    const read = async (...argv: string[]) => (await many.parse(argv).run(session)).data;
    assert.deepEqual(await read('a', 'b'), { HOST: 'a', CGROUP: ['b'] });
    assert.deepEqual(await read('a', 'b', 'c', 'd'), { HOST: 'a', CGROUP: ['b', 'c', 'd'] });
    assert.throws(() => many.parse(['a']), /^UsageError: CGROUP is missing\.$/);
    assert.match(helpOf(many), /^Usage: sockmap-bypass many HOST CGROUP… \[OPTION\]…$/m);
  });

  const wrong: [string[], RegExp][] = [
    [[], /^HOST is missing\.$/],
    [[''], /^HOST is missing\.$/],
    [['a', 'b', 'c'], /^Unexpected argument: c$/],
    [['a', '--else'], /^There is no option --else\.$/],
    [['a', '-x'], /^There is no option -x\.$/],
    [['a', '--constructor'], /^There is no option --constructor\.$/],
    [['a', '--out'], /^--out needs a value, FILE\.$/],
    [['a', '--now=yes'], /^--now takes no value, not even yes\.$/],
    [['a', '--size', 'huge'], /^--size is one of small, large, not huge\.$/],
    [['a', '--percent', '101'], /^--percent is 0 to 100, not 101\.$/],
    [['a', '--percent', '-1'], /^--percent is 0 to 100, not -1\.$/],
    [['a', '--percent', '-.5%'], /^--percent is 0 to 100, not -\.5%\.$/],
    [['a', '--out', '--now'], /^--out needs a value, FILE, and finds --now: .* --out=--now\.$/],
    [['a', '--percent', 'much'], /^--percent is 0 to 100, not much\.$/],
    [['a', '--percent', ''], /^--percent is 0 to 100, not \.$/],
    [['a', '--count', '2.5'], /^--count is 1 to 9, a whole number, not 2\.5\.$/],
    [['a', '--include', ''], /^--include: empty: $/],
    [['a', '--now'], /^--now needs CGROUP\.$/],
  ];
  for (const [argv, message] of wrong) {
    it(`are wrong use: ${JSON.stringify(argv)}`, () => {
      assert.throws(() => echo.parse(argv), { name: UsageError.name, message });
    });
  }

  it('are not looked at where help is asked for', () => {
    for (const word of ['--help', '-h']) assert.ok(echo.parse([word]).help);
  });
});

describe('the help', () => {
  it('of a command has its use, each operand and option, and what it ends with', () => {
    assert.equal(
      helpOf({ ...echo, bad: 'It is too far.', notes: ['More of it.'] }),
      `Usage: sockmap-bypass echo HOST [CGROUP] [OPTION]…

Says what it was given.

More of it.

Operands:
  HOST    local (this machine), or what ssh takes: an alias, user@host,
          ssh://user@host:port.
  CGROUP  Where.

Options:
  --now                At once.
  --out FILE           Where to.
  --size small|large   How much.
  --percent PERCENT    How far.
  --count COUNT        How many.
  --include DIRECTORY  What else. May be given several times.
  --json               Print one JSON document to standard output, and all words
                       to standard error.
  --help               Show this help.

Examples:
  sockmap-bypass echo web1 --now

Exit status:
  0    Done, and the outcome is good.
  1    Failed, or the outcome is not known: standard error says why.
  2    It is too far.
  64   Wrong use of the command line.
  130  Cancelled by a signal, such as Ctrl-C: the host is as it was.
`,
    );
    assert.doesNotMatch(helpOf(echo), /^ {2}2 /m, 'it never ends so');
  });

  it('has an option for each setting that an error names', () => {
    const source = path.join(import.meta.dirname, '../../../src');
    const known = new Set(COMMANDS.flatMap(({ options }) => Object.keys(options)));
    let named = 0;
    for (const file of globSync('{host,bypass,verifier,bench,results}/**/*.ts', { cwd: source })) {
      const text = readFileSync(path.join(source, file), 'utf8');
      for (const [line, option = ''] of text.matchAll(
        /sockmapBypass\.(?:[\w.]+, --([\w-]+))?.*/g,
      )) {
        assert.ok(known.has(option), `${file}: ${line}`);
        named++;
      }
      assert.doesNotMatch(text, /['"`]Sockmap: /, file);
    }
    assert.ok(named > 3);
  });

  it('has examples that the command understands', () => {
    for (const one of COMMANDS) {
      assert.ok(one.examples.length > 0, one.name);
      for (const example of one.examples) {
        one.parse(example.split(' '));
        assert.match(helpOf(one), new RegExp(`^  sockmap-bypass ${one.name} ${example}$`, 'm'));
      }
    }
  });

  it('names every command, and fits a terminal', () => {
    const whole = overview(COMMANDS);
    for (const { name } of COMMANDS) assert.match(whole, new RegExp(`^  ${name} `, 'm'));
    for (const page of [whole, ...COMMANDS.map((each: Command) => helpOf(each))]) {
      const long = page.split('\n').filter((line) => line.length > 80);
      assert.deepEqual(long, []);
    }
  });
});
