import assert from 'node:assert/strict';
import path from 'node:path';
import { execaSync } from 'execa';
import { withFunctions } from '../../../src/host/hostScript.ts';
import { temporaryDirectory, type TemporaryDirectory } from '../../harness/temporary.ts';
import { BOUNDARY } from '../recorded.ts';

const ROOT = '/sys/fs/bpf/sockmap-bypass';
const [X, Y] = ['/sys/fs/cgroup/x', '/sys/fs/cgroup/y\\x2dy y|"'] as const;

const section = (name: string, text: string): string => `\n${BOUNDARY} ${name}\n${text}\n`;

interface KernelObject {
  readonly id: number;
  readonly name: string;
  readonly type: string;
}
const map = (id: number, name: string, type = 'hash') => ({ id, name, type, max_entries: 64 });
const program = (id: number, name: string, type: string, ...map_ids: number[]) => ({
  id,
  name,
  type,
  tag: `tag${id}`,
  map_ids,
  uid: 0,
});

const SOCKS = map(1, 'bypass_socks', 'sockhash');
const CONFIG = map(2, 'bypass_config', 'array');
const COUNTERS = map(3, 'bypass_counters', 'percpu_array');
const SOCKOPS = program(11, 'sockmap_sockops', 'sock_ops', 1, 2, 3);
const REDIRECT = program(12, 'sockmap_redirect', 'sk_msg', 1, 2, 3);
const ALL: readonly KernelObject[] = [SOCKS, CONFIG, COUNTERS, SOCKOPS, REDIRECT];

interface Machine {
  readonly objects?: readonly KernelObject[];
  /** Programs by the cgroups that they are at. */
  readonly attached?: Readonly<Record<string, readonly KernelObject[]>>;
  /** Pins by directory. */
  readonly pins?: Readonly<Record<string, readonly KernelObject[]>>;
  readonly loader?: string;
  /** Cgroups that the pins name, and those of them that are gone. */
  readonly cgroups?: readonly string[];
  readonly gone?: readonly string[];
  readonly code?: number;
  /** A program that is not attached together with others. */
  readonly alone?: KernelObject;
}

/** Output of `status_sections` on a machine. */
function sectionsOf(machine: Machine): string {
  const { objects = ALL, attached = {}, pins = {}, loader = '' } = machine;
  const { cgroups = [X], gone = [], code = 0, alone } = machine;
  const isProgram = (one: KernelObject) => 'tag' in one;
  const tree = Object.entries(attached).map(([cgroup, programs]) => ({
    cgroup,
    programs: programs.map((one) => ({
      ...one,
      attach_type: 'cgroup_sock_ops',
      attach_flags: one === alone ? '' : 'multi',
    })),
  }));
  const member = (cgroup: string, was: string) => [section('cgroup', cgroup), section('gone', was)];
  const pathsOf = (one: KernelObject) =>
    Object.entries(pins).flatMap(([name, pinned]) =>
      pinned.includes(one) ? [`${ROOT}/${name}/${one.name}`] : [],
    );
  const listed = (some: readonly KernelObject[]) =>
    JSON.stringify(some.map((one) => ({ ...one, pinned: pathsOf(one) })));
  return [
    // bpftool does not escape a quote in a cgroup's name.
    section('tree', JSON.stringify(tree).replaceAll('\\"', '"')),
    section('code', String(code)),
    section('programs', listed(objects.filter(isProgram))),
    section('maps', listed(objects.filter((one) => !isProgram(one)))),
    ...Object.keys(pins).flatMap((name) => [
      section('pins', `${ROOT}/${name}`),
      ...cgroups.flatMap((each) => member(each, '')),
      ...gone.flatMap((each) => member('', each)),
      section('loader', loader),
    ]),
    section('end', ''),
  ].join('');
}

const whole: Machine = { attached: { [X]: [SOCKOPS] }, pins: { 15: ALL } };

for (const shell of ['dash', 'busybox'] as const) {
  describe(`what is loaded, as the host's command reads it under ${shell}`, () => {
    let own: TemporaryDirectory;
    before(() => {
      own = temporaryDirectory();
      execaSync('busybox', ['--install', '-s', own.path]);
    });
    after(() => own.remove());

    function read(text: string): string[] {
      const isDash = shell === 'dash';
      const { PATH = '' } = process.env;
      const { exitCode, stdout, stderr } = execaSync(
        isDash ? 'dash' : path.join(own.path, 'sh'),
        ['-c', withFunctions('b=$1; read_bypasses'), 'sh', BOUNDARY],
        {
          input: text,
          reject: false,
          env: { LC_ALL: 'C', PATH: isDash ? PATH : `${own.path}:${PATH}` },
        },
      );
      if (exitCode !== 0) throw new Error(stderr);
      return stdout === '' ? [] : stdout.split('\n');
    }
    const found = (machine: Machine) => read(sectionsOf(machine));

    const ATTACHED = `attached|guarded|11|tag11|12|tag12|64|2|1|3||${ROOT}/15||`;

    it('has what is pinned and attached, whichever pin somebody has removed', () => {
      assert.deepEqual(found(whole), [ATTACHED, X]);
      for (const missing of ALL) {
        const pins = { 15: ALL.filter((each) => each !== missing) };
        assert.deepEqual(found({ ...whole, pins }), [ATTACHED, X], missing.name);
      }
    });

    it('has one bypass with its cgroups: those where the program is, and those that are gone', () => {
      const attached = { [X]: [SOCKOPS], [Y]: [SOCKOPS] };
      const both = { ...whole, attached, cgroups: [X, Y], gone: ['/c/gone'] };
      assert.deepEqual(found(both), [ATTACHED, X, Y, '-/c/gone']);
      // Pinned for both, and at one of them: a load was cut off.
      assert.deepEqual(found({ ...whole, cgroups: [Y, X] }), [ATTACHED, X]);
      // Attached by hand to one that the pins do not name.
      assert.deepEqual(found({ ...whole, attached }), [ATTACHED, X, Y]);
      assert.deepEqual(found({ attached }), [
        'unpinned|guarded|11|tag11|12|tag12|64|2|1|3||||',
        X,
        Y,
      ]);
      assert.deepEqual(found({ pins: { 15: ALL }, cgroups: [X, Y] }), [
        ATTACHED.replace('attached', 'detached'),
        X,
        Y,
      ]);
    });

    it('has the sock_ops programs beside it, each once', () => {
      const theirs = program(21, 'theirs', 'sock_ops', 9);
      const attached = { [X]: [SOCKOPS, theirs], [Y]: [theirs, SOCKOPS] };
      const machine = { ...whole, attached, objects: [...ALL, theirs], cgroups: [X, Y] };
      assert.deepEqual(found(machine), [`${ATTACHED}theirs (id 21)`, X, Y]);
      // Above, where it runs too, unless it is attached on its own.
      const above = {
        ...machine,
        attached: { [X]: [SOCKOPS], '/sys/fs/cgroup': [theirs] },
        cgroups: [X],
      };
      assert.deepEqual(found(above), [`${ATTACHED}theirs (id 21)`, X]);
      assert.deepEqual(found({ ...above, alone: theirs }), [ATTACHED, X]);
    });

    it('is classic where no program has a configuration', () => {
      const sockops = { ...SOCKOPS, map_ids: [1] };
      const redirect = { ...REDIRECT, map_ids: [1] };
      const objects = [SOCKS, CONFIG, sockops, redirect];
      const pins = { 15: [SOCKS, sockops, redirect] };
      assert.match(found({ objects, attached: { [X]: [sockops] }, pins })[0] ?? '', /\|classic\|/);
    });

    it('keeps a layout of another version as one entry', () => {
      const sockops = program(11, 'on_socket', 'sock_ops', 1, 4);
      const verdict = program(13, 'sockmap_verdict', 'sk_skb', 1);
      const objects = [SOCKS, map(4, 'flows'), sockops, REDIRECT, verdict];
      const lines = found({ objects, attached: { [X]: [sockops] }, pins: { 15: objects } });
      assert.match(lines.join('\n'), /^attached\|.*\|11\|tag11\|.*\n\/[^\n]*$/);
    });

    it('distinguishes a load that is under way from what one left behind', () => {
      const pins = { '15_aB3dE6gH': ALL };
      const loading = found({ pins, loader: 'ann|, process 7' });
      assert.match(loading[0] ?? '', /^loading\|.*\|ann\?, process 7\|$/);
      assert.deepEqual(loading.slice(1), [X]);
      assert.match(found({ pins })[0] ?? '', /^detached\|/);
    });

    it('keeps what removed cgroups left', () => {
      const machine = { pins: { 15: ALL }, cgroups: [], gone: [X, Y] };
      const [first, ...names] = found(machine);
      assert.match(first ?? '', /^detached\|/);
      assert.deepEqual(names, [`-${X}`, `-${Y}`]);
    });

    it('takes a name for nothing: a program without a map of sockets as ours is somebody else’s', () => {
      const stranger = program(21, 'sockmap_sockops', 'sock_ops', 4);
      const alone = program(22, 'sockmap_sockops', 'sock_ops', 5);
      const objects = [stranger, alone, map(4, 'theirs'), map(5, 'bypass_socks'), REDIRECT, SOCKS];
      assert.deepEqual(found({ objects, attached: { [X]: [stranger, alone] } }), [
        'namesake||21||||||||||loaded by user 0|',
        X,
        'namesake||22||||||||||loaded by user 0|',
        X,
      ]);
    });

    it('is an error where bpftool did not list the cgroups, or the answer is cut off', () => {
      assert.deepEqual(found({}), []);
      assert.throws(() => found({ ...whole, code: 255 }), /did not list/);
      const text = sectionsOf(whole);
      const step = Math.ceil(text.length / 30);
      for (let length = 0; length < text.length - 2; length += step) {
        assert.throws(() => read(text.slice(0, length)), /did not list|cut off/);
      }
      const words = text.replace(/\[\{"cgroup".*/, 'Error: can\u2019t open cgroup');
      assert.throws(() => read(words), /can\u2019t open cgroup/);
    });

    it('leaves directories alone that are not named as ours', () => {
      for (const name of ['w-1', 'abc', '12_x', '12_aB3dE6gH9', 'x12', '*']) {
        assert.deepEqual(found({ pins: { [name]: ALL } }), [], name);
      }
    });
  });
}
