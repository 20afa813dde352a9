// Records what a kernel's verifier says about the programs in test/host/verifier/rejected, and what it knew at each
// instruction of some others, for the unit tests of its parsers. They are compiled here, so that all kernels see the
// same instructions.
// Usage: tsx scripts/record-verifier.ts HOST [SSH_CONFIG]
import fs from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { collectSource, directoryReader } from '../src/bypass/source.ts';
import { parseVerdicts } from '../src/verifier/verdicts.ts';
import { verifySource } from '../src/verifier/verify.ts';
import { Host } from '../src/host/host.ts';
import { scratchDirectory } from '../src/host/guard.ts';
import { upload } from '../src/host/upload.ts';
import { newBoundary } from '../src/host/sections.ts';

const [name = 'local', configFile] = process.argv.slice(2);
const root = path.resolve(import.meta.dirname, '..');
const programs = path.join(root, 'test/host/verifier');
const target = path.join(root, 'test/unit/recorded/verifier');
const tool = fs.readFileSync(path.join(root, 'bpf/tools/verify.c'));

const LONGEST_LOG = 500_000;

/** With calls of functions, loops, packets, references, the stack. */
const WITH_STATES = [
  'packet-again',
  'static-function',
  'global-function',
  'inner-map',
  'lock',
  'socket',
  'value-index',
  'stack-index',
  'ringbuf',
];

const here = new Host('local');
const there = new Host(name, configFile === undefined ? {} : { ssh: { configFile } });
try {
  const objects = new Map<string, Uint8Array>();
  for (const file of fs.readdirSync(path.join(programs, 'rejected'))) {
    const source = await collectSource(`rejected/${file}`, directoryReader(programs));
    const { object } = await verifySource(here, source, { tool });
    objects.set(file, object ?? new Uint8Array());
  }
  await using directory = await scratchDirectory(there);
  await upload(there, directory.line, new Map([...objects, ['verify.c', tool]]));
  const shell = (script: string, ...args: string[]) =>
    there.check(['sh', '-c', script, 'sh', directory.line, ...args], {
      tried: 'record',
      root: true,
      timeoutMs: 300_000,
    });
  await there.becomeRoot();
  const kernel = await shell('cd "$1" && clang -O1 -o verify verify.c -lbpf && uname -r');
  const recorded: Record<string, object> = {};
  for (const file of objects.keys()) {
    const boundary = newBoundary();
    const text = await shell(`cd "$1" && ./verify "$2" 0 300 '' "$3"`, boundary, file);
    const verdicts = parseVerdicts(text, boundary);
    // The log of a program with too many paths is too long for the repository.
    if (text.length < LONGEST_LOG) recorded[file] = verdicts;
    console.log(file, verdicts.programs.map(({ verdict }) => verdict).join(' '));
  }
  fs.mkdirSync(target, { recursive: true });
  const write = (to: string, value: object) => {
    fs.writeFileSync(path.join(target, to), gzipSync(JSON.stringify(value), { level: 9 }));
  };
  const states: Record<string, object> = {};
  for (const stem of WITH_STATES) {
    const source = await collectSource(`accepted/${stem}.bpf.c`, directoryReader(programs));
    const { object } = await verifySource(here, source, { tool });
    const bytes = object ?? new Uint8Array();
    await upload(there, directory.line, new Map([['states.o', bytes]]));
    const boundary = newBoundary();
    const text = await shell(`cd "$1" && ./verify "$2" 2 300 '' states.o`, boundary);
    const [verdict] = parseVerdicts(text, boundary).programs;
    states[stem] = { object: Buffer.from(bytes).toString('base64'), log: verdict?.log };
  }
  const version = /^\d+\.\d+/.exec(kernel)?.[0] ?? kernel.trim();
  write(`${version}.json.gz`, { kernel: kernel.trim(), programs: recorded });
  write(`states-${version}.json.gz`, states);
  const base64 = Array.from(objects, ([file, bytes]) => [
    file,
    Buffer.from(bytes).toString('base64'),
  ]);
  write('objects.json.gz', Object.fromEntries(base64) as Record<string, string>);
} finally {
  await Promise.all([here.dispose(), there.dispose()]);
}
