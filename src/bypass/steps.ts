import type { LoadStep } from './load.ts';
import type { SemanticsStep } from './semantics.ts';

/** Steps of a load, in words for who waits. */
export const LOAD_STEPS: Readonly<Record<LoadStep, string>> = {
  connect: 'connecting',
  check: 'checking the host',
  upload: 'uploading the source',
  compile: "compiling with the host's clang",
  verify: 'the kernel verifies',
  configure: 'setting its limits',
  sk_msg: 'attaching to the map',
  replace: 'taking the old one away',
  sock_ops: 'attaching to the cgroup',
  status: 'reading the status',
};

export const SEMANTICS_STEPS: Readonly<Record<SemanticsStep, string>> = {
  connect: 'connecting',
  compile: 'compiling the probe',
  tcp: 'over plain TCP',
  load: 'loading the bypass into a cgroup of its own',
  bypass: 'over the bypass',
};
