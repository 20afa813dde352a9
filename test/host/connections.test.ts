import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { run } from '../harness/run.ts';
import { temporaryDirectory, type TemporaryDirectory } from '../harness/temporary.ts';
import { Arms, inside, runInside } from '../harness/host/arms.ts';
import { eventually } from '../harness/host/wait.ts';

/** `npm run test:connections` asks for more. */
const CONNECTIONS = Number(process.env['CONNECTIONS'] ?? 100_000);
const WORKERS = 4;

/** Messages each way with which a connection is no short one any more. */
const ENOUGH = 4;

/** Memory that others on the machine may use meanwhile. */
const OTHERS_BYTES = 128 << 20;
const OTHERS_SOCKETS = 1000;
const OTHERS_PAGES = 4096;

const PROGRAMS = path.join(import.meta.dirname, 'programs');

interface Churned {
  readonly connections: number;
  readonly wrong: number;
  readonly failed: number;
  readonly seconds: number;
}

/** Memory that the kernel holds for sockets, and altogether. */
function memory() {
  const sockstat = fs.readFileSync('/proc/net/sockstat', 'utf8');
  const meminfo = fs.readFileSync('/proc/meminfo', 'utf8');
  return {
    sockets: Number(/^TCP: .*\balloc (\d+)/m.exec(sockstat)?.[1]),
    pages: Number(/^TCP: .*\bmem (\d+)/m.exec(sockstat)?.[1]),
    kernelBytes: ['SUnreclaim', 'Percpu']
      .map((name) => 1024 * Number(new RegExp(`^${name}: +(\\d+) kB`, 'm').exec(meminfo)?.[1] ?? 0))
      .reduce((sum, bytes) => sum + bytes, 0),
  };
}

async function kernelWarnings(): Promise<number> {
  return (await run('dmesg', [])).match(/WARNING|BUG|Oops|refcount_t/g)?.length ?? 0;
}

describe('many short connections over the bypass', function () {
  this.timeout('60m');
  let temporary: TemporaryDirectory;
  let arms: Arms;
  const program = (name: string): string => path.join(temporary.path, name);
  before(async () => {
    temporary = temporaryDirectory();
    for (const name of ['churn', 'flood']) {
      const source = path.join(PROGRAMS, `${name}.c`);
      await run('cc', ['-O2', '-Wall', '-pthread', '-o', program(name), source]);
    }
  });
  after(() => temporary.remove());
  beforeEach(() => {
    arms = new Arms('connections');
  });
  afterEach(() => arms.remove());

  async function churn(
    connections: number,
    options: { held?: number; messages?: number; later?: number } = {},
  ): Promise<Churned> {
    const { held = 0, messages = ENOUGH } = options;
    const numbers = [connections, WORKERS, held, messages, options.later ?? messages];
    const [command = '', ...args] = inside(arms.bypass, [program('churn'), ...numbers.map(String)]);
    const churned = JSON.parse(await run(command, args)) as Churned;
    const { wrong, failed } = churned;
    assert.deepEqual({ wrong, failed }, { wrong: 0, failed: 0 });
    return churned;
  }

  async function map(name: string, verb: 'show' | 'dump'): Promise<unknown> {
    const { pins = '' } = await arms.status();
    return JSON.parse(await run('bpftool', ['-j', 'map', verb, 'pinned', path.join(pins, name)]));
  }

  const dump = async (name: string) => (await map(name, 'dump')) as unknown[];

  /** Memory of the maps, with nothing in them. */
  async function emptyMaps(): Promise<unknown[]> {
    let left = '';
    await eventually('the maps are empty', async () => {
      const flows = [...(await dump('bypass_flows')), ...(await dump('bypass_requests'))];
      const { sockets } = await arms.status();
      left = `${sockets} sockets, ${flows.length} flows: ${JSON.stringify(flows.slice(0, 3))}`;
      return flows.length + sockets === 0;
    }).catch(async (error: unknown) => {
      // Which of TCP's states they are in tells why they are there.
      throw new Error(`${left}\n${await run('ss', ['-tanoe', 'exclude', 'time-wait'])}`, {
        cause: error,
      });
    });
    const maps = ['bypass_flows', 'bypass_requests', 'bypass_socks', 'bypass_conns'];
    const shown = await Promise.all(maps.map((name) => map(name, 'show')));
    return shown.map((each) => (each as { bytes_memlock: unknown }).bytes_memlock);
  }

  it(`${CONNECTIONS} of them leave nothing behind`, async () => {
    await arms.load();
    await churn(1000);
    const maps = await emptyMaps();
    const { counters: first } = await arms.status();
    const warnings = await kernelWarnings();
    const before = memory();

    const { seconds } = await churn(CONNECTIONS);
    console.log(`      ${Math.round(CONNECTIONS / seconds)} connections a second`);

    assert.deepEqual(await emptyMaps(), maps);
    const { counters } = await arms.status();
    const grown = (name: string): number => (counters[name] ?? 0) - (first[name] ?? 0);
    assert.equal(grown('sockets_added'), 2 * CONNECTIONS);
    assert.equal(grown('map_full'), 0);
    assert.ok(grown('redirected_messages') > 1.9 * ENOUGH * CONNECTIONS, JSON.stringify(counters));
    await eventually('memory is back', () => {
      const after = memory();
      return (
        after.sockets - before.sockets < OTHERS_SOCKETS &&
        after.pages - before.pages < OTHERS_PAGES &&
        after.kernelBytes - before.kernelBytes < OTHERS_BYTES
      );
    });
    assert.equal(await kernelWarnings(), warnings);
  });

  it('that find the map full stay on TCP, and once there is room are bypassed again', async () => {
    await arms.load({ maxSockets: 64 });
    const count = 2000;
    await churn(count, { held: 200 });
    await emptyMaps();
    const { counters: full } = await arms.status();
    const { sockets_added: added = 0, map_full: refused = 0 } = full;
    assert.ok(added >= 64 && refused > 0, JSON.stringify(full));
    // Two ends in the map, or one refusal: where the first has no room, the second does not try.
    assert.ok(added + 2 * refused >= 2 * count, JSON.stringify(full));

    await churn(count);
    await emptyMaps();
    const { counters } = await arms.status();
    assert.equal(counters['map_full'], refused);
    assert.equal(counters['sockets_added'], added + 2 * count);
  });

  it('that are begun in a flood, and never come up, take nothing from those that wait for a byte', async () => {
    await arms.load({}, 'namespace', { MAX_FLOWS: 1024, MAX_REQUESTS: 1024 });
    assert.equal((await runInside(arms.bypass, [program('flood'), '8192'])).trim(), 'ok');
    const left = (await dump('bypass_requests')).length;
    assert.ok(left > 500, `${left} requests: there was no flood`);
    const { counters } = await arms.status();
    const { sockets_added, redirected_messages, flows_evicted, tcp_early_bytes } = counters;
    assert.deepEqual(
      { sockets_added, redirected_messages, flows_evicted, tcp_early_bytes },
      { sockets_added: 34, redirected_messages: 17, flows_evicted: 0, tcp_early_bytes: 0 },
      JSON.stringify(counters),
    );
  });

  it('that carry next to nothing stay on TCP, until one of their service carries more', async () => {
    // So few a second that this machine opens more, whatever else it does.
    const tried = 4;
    await arms.load({}, 'namespace', { TRIED_A_SECOND: tried });
    const count = 4000;
    const { seconds } = await churn(count, { messages: 1 });
    await emptyMaps();
    const { counters: short } = await arms.status();
    const { sockets_added: added = 0, short_connections: leftOut = 0 } = short;
    assert.equal(added + 2 * leftOut, 2 * count, JSON.stringify(short));
    // The first 64 of each worker's listener are tried, then so many a second.
    const most = WORKERS * (64 + tried * (2 + seconds));
    assert.ok(added >= 2 * WORKERS * 64 && added <= 2 * most, JSON.stringify(short));

    // Those that carry more in the second half are bypassed from one of the tried on.
    // That takes some seconds, so that some are tried among them.
    await churn(8 * count, { messages: 1, later: ENOUGH });
    await emptyMaps();
    const { counters } = await arms.status();
    const grown = (name: string) => (counters[name] ?? 0) - (short[name] ?? 0);
    assert.ok(grown('sockets_added') > 2 * WORKERS * (64 + tried), JSON.stringify(counters));
    assert.ok(grown('redirected_messages') > ENOUGH * WORKERS * 64, JSON.stringify(counters));
  });
});
