/**
 * `node`: the npm packages. `host`: what a Linux host needs to compile, load and measure. `applications`:
 * servers to test the bypass with. `sshd`: a server to log in to on this machine. `deploy`: Ansible, and a client
 * of Kubernetes. `editor`: VS Code's server and a browser. `format`: clang-format.
 * `kernels`: an emulator, and what makes machines for it. `pictures`: what makes pictures small.
 */
export type Part =
  | 'node'
  | 'host'
  | 'applications'
  | 'sshd'
  | 'deploy'
  | 'editor'
  | 'format'
  | 'kernels'
  | 'pictures';
export declare const PARTS: readonly Part[];

/** Installs what is missing for the parts; throws with the next step when it cannot. */
export declare function setUp(parts: readonly Part[]): Promise<void>;
