import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { HostError } from '../host/errors.ts';
import type { Host } from '../host/host.ts';
import type { Guard } from '../host/guard.ts';
import type { Kept, Key } from '../host/keeper.ts';
import { archive, NO_UPLOAD, RECEIVE } from '../host/upload.ts';
import { newBoundary, parseSections } from '../host/sections.ts';
import { oneLine } from '../text.ts';
import { buildTool, treeFlags, type BpfSource } from '../bypass/build.ts';
import { AT_MOST, compilerFailure, FILE_TOO_LARGE } from '../bypass/compilerLimits.ts';
import { wantsKernelTypes, writeKernelTypes } from '../bypass/kernelTypes.ts';
import { OWN_USER, compilerDirectory, STILL_ROOT, stillRoot } from '../bypass/unprivileged.ts';

/** What the kernel said of one program. */
export interface ProgramVerdict {
  readonly name: string;
  readonly section: string;
  /** `failed`: libbpf gave up before the kernel saw it. */
  readonly verdict: 'accepted' | 'rejected' | 'failed';
  /** libbpf's words, errors and warnings. */
  readonly words: string;
  /** The verifier's log, whole: of an accepted program its statistics, unless more was asked for. */
  readonly log: string;
}

/** What a host's compiler and kernel make of a source. Plain data, but for the object. */
export interface Verification {
  readonly host: string;
  /** `uname -r`. */
  readonly kernel: string;
  /** clang's words, warnings too; files by their path in the source. */
  readonly compiler: string;
  /** Undefined when it does not compile. */
  readonly object: Uint8Array | undefined;
  /** libbpf's words if it cannot read the object. */
  readonly words: string;
  readonly programs: readonly ProgramVerdict[];
}

export interface VerifyOptions {
  /** `bpf/tools/verify.c`. */
  readonly tool: Uint8Array;
  readonly signal?: AbortSignal | undefined;
  /** Directories searched for headers, of the source or, absolute, of the host. */
  readonly include?: readonly string[];
  /** How long the kernel may take for all programs; those that are left then get no verdict. */
  readonly verifySeconds?: number;
}

/** What the kernel makes of one program, for reading. */
export interface Dump {
  readonly object: Uint8Array;
  /** The verifier's log, with the state at every instruction where that was asked for. */
  readonly log: string;
  /** Instructions after the kernel's rewriting, and machine code, with their source lines. */
  readonly xlated: string;
  readonly jited: string;
}

/** A source that takes more than this to compile is none of a BPF program. */
const COMPILE = { seconds: 20, memoryKiB: 2 * 2 ** 20, outputMiB: 32 } as const;
/** The kernel gives up after a million instructions, which takes some seconds, thrice with logs. */
const VERIFY_SECONDS = 45;

/**
 * Compiles a source on the host and has its kernel verify each program of it. Nothing is attached and
 * nothing stays.
 * @throws HostError when that is not possible; what clang or the kernel object to is a result.
 */
export async function verifySource(
  host: Host,
  source: BpfSource,
  options: VerifyOptions,
): Promise<Verification> {
  const { signal } = options;
  const bench = await workbench(host, options.tool, signal);
  const directory = await unpack(host, bench, source, signal);
  try {
    const { compiler, object } = await compileThere(host, bench, directory, source, options);
    const told = { host: host.name, kernel: bench.kernel, compiler, object };
    if (object === undefined) return { ...told, words: '', programs: [] };
    return { ...told, ...(await verifyThere(host, bench, directory, source.entry, options)) };
  } finally {
    void remove(host, directory);
  }
}

/**
 * One accepted program as the kernel has it.
 * @param options.states whether the log has the state at every instruction: it may take seconds.
 * @throws HostError of kind `compile` or `verifier` when it does not get that far.
 */
export async function dumpProgram(
  host: Host,
  source: BpfSource,
  program: string,
  options: VerifyOptions & { readonly states?: boolean },
): Promise<Dump> {
  const { signal } = options;
  const bench = await workbench(host, options.tool, signal);
  const directory = await unpack(host, bench, source, signal);
  const tried = `read ${program} of ${source.entry} from the kernel`;
  try {
    const { compiler, object } = await compileThere(host, bench, directory, source, options);
    const problem = (kind: 'compile' | 'verifier', words: string) =>
      new HostError({ kind, tried, where: host.name, words, next: 'Fix the source first.' });
    if (object === undefined) throw problem('compile', compiler);
    const boundary = newBoundary();
    const packed = await rootScript(
      host,
      DUMP,
      [
        ...[boundary, bench.directory.line, directory],
        ...[program, bench.architecture, options.states === true ? '2' : '0'],
      ],
      tried,
      signal,
    );
    const text = unpacked(host, packed, directory);
    const sections = parseSections(text, boundary);
    const part = (name: string) => sections.find((section) => section.name === name)?.text ?? '';
    const verdict = parseVerdicts(text, boundary).programs.find(({ name }) => name === program);
    if (verdict?.verdict !== 'accepted') throw problem('verifier', verdict?.log ?? text);
    const jited = withLines(part('jited'), part('lines'));
    return {
      object,
      log: verdict.log,
      xlated: withPositions(part('xlated')),
      jited,
    };
  } finally {
    void remove(host, directory);
  }
}

/** bpftool's listing with `linum`, its positions as in the verifier's log: `; return 0; @ a.bpf.c:7`. */
export const withPositions = (listing: string): string =>
  listing
    .split('\n')
    .flatMap((line) => {
      const at = line.lastIndexOf('[file:');
      const position = at < 0 ? null : LINUM.exec(line.slice(at));
      if (position === null) return [line];
      const [, file = '', number = ''] = position;
      const words = line.slice(0, at).trimEnd();
      // What the compiler made up by itself.
      if (Number(number) === 0) return words === ';' ? [] : [words];
      return [`${words} @ ${path.posix.basename(file)}:${number}`];
    })
    .join('\n');

const LINUM = /^\[file:(.*) line_num:(\d{1,7}) line_col:\d{1,7}\]$/s;

/**
 * objdump's listing with the source above the instructions, in the same form.
 * @param lines of `verify.c`.
 */
export function withLines(listing: string, lines: string): string {
  const starts = new Map(
    lines.split('\n').flatMap((line) => {
      const tab = line.indexOf('\t');
      // What the compiler made up by itself, line 0, counts to the line before.
      const [, offset, number = '', file = ''] =
        /^(\d{1,9}) ([1-9]\d{0,6}) (.*)$/s.exec(line.slice(0, tab)) ?? [];
      const text = `; ${line.slice(tab + 1).trim()} @ ${path.posix.basename(file)}:${number}`;
      return offset === undefined || tab < 0 ? [] : [[Number(offset), text] as const];
    }),
  );
  const instructions = listing.split('\n').filter((line) => /^\s+[0-9a-f]+:\t/.test(line));
  if (instructions.length === 0) {
    return `; ${listing.trim().replaceAll('\n', '\n; ')}\n; It takes the host's objdump, of binutils.\n`;
  }
  return instructions
    .flatMap((line) => {
      const start = starts.get(Number.parseInt(line, 16));
      return start === undefined ? [line] : [start, line];
    })
    .join('\n');
}

/** What stays on a host between verifications, until its connection ends. */
interface Workbench extends Kept {
  readonly directory: Guard;
  readonly architecture: string;
  readonly kernel: string;
}

const WORKBENCH: Key<Workbench> = { name: 'workbench' };

async function workbench(
  host: Host,
  tool: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<Workbench> {
  await host.becomeRoot(signal);
  return host.keep(WORKBENCH, () => makeWorkbench(host, tool));
}

/** Not cancellable: the next verification needs it anyway. */
async function makeWorkbench(host: Host, tool: Uint8Array): Promise<Workbench> {
  const directory = await compilerDirectory(
    host,
    { setup: '', undo: '' },
    { tried: 'make a directory to compile in', executable: true },
  );
  try {
    const text = await host.check(['sh', '-c', 'uname -m && uname -r'], {
      tried: 'read the version of the kernel',
    });
    const [architecture = '', kernelLine = ''] = text.split('\n');
    const kernel = oneLine(kernelLine, 100);
    await buildTool(
      host,
      directory.line,
      { name: 'verify', source: tool, flags: ['-O1'], libraries: ['-lbpf'] },
      {
        tried: 'build what talks to the verifier',
        next: "Check the host: clang and libbpf's library and headers are needed.",
      },
    );
    const lost = () => directory.lost();
    const dispose = () => directory[Symbol.asyncDispose]();
    return { directory, architecture, kernel, lost, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await directory[Symbol.asyncDispose]();
    throw error;
  }
}

/** Puts the source's files into a directory of their own. Returns it. */
async function unpack(
  host: Host,
  { directory }: Workbench,
  source: BpfSource,
  signal: AbortSignal | undefined,
): Promise<string> {
  const script = `umask 077
${OWN_USER}
${RECEIVE}
d=$(mktemp -d "$1/XXXXXXXX") && receive "$d" && share "$d" "$(stat -c %g "$1")" &&
printf '%s\\n' "$d"`;
  const text = await host.check(['sh', '-c', script, 'sh', directory.line], {
    tried: `upload ${source.entry}`,
    input: await archive(source.files),
    signal,
    next: NO_UPLOAD,
  });
  return text.trim();
}

async function remove(host: Host, directory: string): Promise<void> {
  try {
    const made = [directory, ...['o', 'said', 'code'].map((end) => `${directory}.${end}`)];
    await host.run(['rm', '-rf', ...made], { tried: 'remove the upload' });
  } catch {
    // It goes with the workbench at the latest.
  }
}

/**
 * Within limits: a source can make the compiler read any file or device, and compute or write without
 * end. It writes to its standard output, and nothing in the directory: what root loads, and the files
 * that root writes beside it, are in nobody else's hands.
 * $1 directory, $2 seconds, $3 KiB, $4 MiB, then the compiler.
 */
const COMPILE_SCRIPT = `directory=$1 seconds=$2 kib=$3 mib=$4; shift 4
umask 077
${OWN_USER}
reserve "$(stat -c %g "$directory")"
${AT_MOST}
limits() {
  ulimit -c 0; at_most v "$kib"; at_most f $((mib * 2048))
  TMPDIR=$directory HOME=$directory; export TMPDIR HOME
  cd "$directory" || exit
}
confined timeout -k 2 "$seconds" "$@" >"$directory.o" 2>"$directory.said"
code=$?
end_own || exit
head -c 1048576 "$directory.said" >&2
# It tells of a standard output that is full in several ways.
[ "$code" = 0 ] || [ "$(wc -c <"$directory.o")" -lt $((mib * 1048576)) ] || exit ${FILE_TOO_LARGE}
[ "$code" = 0 ] || exit "$code"
base64 "$directory.o"`;

async function compileThere(
  host: Host,
  bench: Workbench,
  directory: string,
  source: BpfSource,
  { include = [], signal }: VerifyOptions,
): Promise<{ compiler: string; object: Uint8Array | undefined }> {
  const { entry, files } = source;
  const tried = `compile ${entry}`;
  if (wantsKernelTypes(files)) {
    await writeKernelTypes(host, `${bench.directory.line}/include`, signal);
  }
  const argv = [
    'clang',
    ...treeFlags(bench.architecture, directory, `${bench.directory.line}/include`, source, include),
    ...[
      '-fno-color-diagnostics',
      '-fno-caret-diagnostics',
      '-fdiagnostics-print-source-range-info',
      '-fno-crash-diagnostics',
    ],
    ...['-c', `${directory}/${entry}`, '-o', '-'],
  ];
  const { exitCode, stdout, stderr } = await host.run(
    [
      ...['sh', '-c', COMPILE_SCRIPT, 'sh', directory],
      ...[COMPILE.seconds, COMPILE.memoryKiB, COMPILE.outputMiB].map(String),
      ...argv,
    ],
    { tried, signal, timeoutMs: (COMPILE.seconds + 10) * 1000 },
  );
  const compiler = stderr.replaceAll(`${directory}/`, '');
  if (exitCode === 0) return { compiler, object: Buffer.from(stdout, 'base64') };
  if (exitCode === STILL_ROOT) throw stillRoot(host, tried, stderr);
  const failure = compilerFailure(host.name, tried, { exitCode, stderr: compiler }, COMPILE);
  if (failure !== undefined) throw failure;
  return { compiler, object: undefined };
}

/** $1 boundary, $2 workbench, $3 seconds, $4 directory. */
const VERIFY = `"$2/verify" "$1" 0 "$3" '' "$4.o" | gzip -1 -c | base64`;

async function verifyThere(
  host: Host,
  bench: Workbench,
  directory: string,
  entry: string,
  { signal, verifySeconds = VERIFY_SECONDS }: VerifyOptions,
): Promise<Pick<Verification, 'words' | 'programs'>> {
  const boundary = newBoundary();
  const text = await rootScript(
    host,
    VERIFY,
    [boundary, bench.directory.line, String(verifySeconds), directory],
    `have the kernel verify ${entry}`,
    signal,
  );
  const told = unpacked(host, text, directory);
  if (parseSections(told, boundary).at(-1)?.name === 'end') return parseVerdicts(told, boundary);
  throw new HostError({
    kind: 'command',
    tried: `have the kernel verify ${entry}`,
    where: host.name,
    words: 'what talks to the verifier ended early',
    next: "Look at the host's memory, then try again.",
  });
}

/**
 * In a mount namespace of its own, so that the pins bpftool needs are gone with it.
 * $1 boundary, $2 workbench, $3 directory, $4 program, $5 architecture,
 * $6 level of the log.
 */
const DUMP = `unshare -m --propagation private sh -c '
mount -t bpf bpf /sys/fs/bpf && "$2/verify" "$1" "$6" ${VERIFY_SECONDS} /sys/fs/bpf "$3.o" "$4" "$3.code" || exit
[ -e "/sys/fs/bpf/$4" ] || exit 0
printf "\\n%s xlated\\n" "$1"
bpftool prog dump xlated pinned "/sys/fs/bpf/$4" linum 2>&1
printf "\\n%s jited\\n" "$1"
case $5 in x86_64) machine=i386:x86-64 ;; *) machine=$5 ;; esac
objdump -D -b binary -m "$machine" "$3.code" 2>&1' sh "$@" | gzip -1 -c | base64`;

/** What a script has packed for the way, without the directory it ran in. */
function unpacked(host: Host, base64: string, directory: string): string {
  try {
    return gunzipSync(Buffer.from(base64, 'base64'), {
      maxOutputLength: UNPACKED_MIB * 1024 * 1024,
    })
      .toString()
      .replaceAll(`${directory}/`, '');
  } catch (cause) {
    const words = `its answer does not unpack, or to more than ${UNPACKED_MIB} MiB: ${(cause as Error).message}`;
    const tried = 'read what the verifier said';
    const next = 'Look at the programs bpftool and gzip of that host.';
    throw new HostError({ kind: 'command', tried, where: host.name, words, next }, { cause });
  }
}

/** A states log has tens of megabytes. */
const UNPACKED_MIB = 256;

/** At the end of a pipe its failure would go unseen. */
const NEEDS_GZIP = `command -v gzip >/dev/null || { echo 'gzip is not installed' >&2; exit 127; }`;

async function rootScript(
  host: Host,
  script: string,
  args: readonly string[],
  tried: string,
  signal: AbortSignal | undefined,
): Promise<string> {
  return host.check(['sh', '-c', `${NEEDS_GZIP}\n${script}`, 'sh', ...args], {
    tried,
    root: true,
    signal,
    timeoutMs: (VERIFY_SECONDS + 15) * 1000,
    maxMiB: 64,
    next: 'Install what it says is missing, or look at the log of the extension.',
  });
}

/** What `verify.c` prints. */
export function parseVerdicts(
  text: string,
  boundary: string,
): Pick<Verification, 'words' | 'programs'> {
  const programs: ProgramVerdict[] = [];
  let words = '';
  for (const { name, text: body } of parseSections(text, boundary)) {
    const last = programs.pop();
    if (name === 'object') words = body;
    else if (name.startsWith('program ')) {
      const [section = '', told = ''] = body.split('\n');
      const verdict = (['accepted', 'rejected'] as const).find((one) => one === told) ?? 'failed';
      if (last !== undefined) programs.push(last);
      programs.push({ name: name.slice('program '.length), section, verdict, words: '', log: '' });
    } else if (last !== undefined) {
      programs.push(
        name === 'words'
          ? { ...last, words: body }
          : name === 'log'
            ? { ...last, log: body }
            : last,
      );
    }
  }
  return { words, programs };
}
