export interface Distribution {
  readonly name: string;
  readonly family: 'debian' | 'fedora' | 'suse' | 'arch' | 'alpine' | undefined;
  readonly component: 'multiverse' | 'non-free';
  readonly isUbuntu: boolean;
  readonly codename: string;
  /** How packages are installed by hand. */
  readonly install: string | undefined;
}
export declare function distribution(osRelease?: string): Distribution;
