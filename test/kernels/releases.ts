import type { Release } from './machine.ts';

/** Machines that the product is tried on, by the names a person has for them. */
export const RELEASES = {
  bullseye: { suite: 'bullseye', architecture: 'amd64', ended: true, kernel: /^5\.10\./ },
  bookworm: { suite: 'bookworm', architecture: 'amd64', kernel: /^6\.1\./ },
  'bookworm-arm64': { suite: 'bookworm', architecture: 'arm64', kernel: /^6\.1\./ },
  trixie: { suite: 'trixie', architecture: 'amd64', kernel: /^6\.12\./ },
  // Still changing: whatever comes next.
  forky: { suite: 'forky', architecture: 'amd64', kernel: /^[67]\./ },
} as const satisfies Record<string, Release & { readonly kernel: RegExp }>;
