export interface Distribution {
  /** As `ID` of os-release(5). */
  readonly id: string;
  /** Others whose packages it uses. */
  readonly like: readonly string[];
  /** For people: "Debian GNU/Linux 12 (bookworm)". */
  readonly name: string;
  /** The release's, where sources of packages name it: "bookworm". */
  readonly codename: string;
}

export type PackageNames = 'debian' | 'fedora' | 'suse' | 'arch' | 'alpine';
export type Packages = Partial<Readonly<Record<PackageNames, readonly string[]>>>;

/** How packages are installed, without a question. */
export declare const INSTALL: Readonly<Record<PackageNames, string>>;
export declare const PACKAGES: Readonly<Record<string, Packages>>;

export declare function parseOsRelease(text: string): Distribution;
export declare function familyOf(
  distribution: Pick<Distribution, 'id' | 'like'>,
): { readonly name: PackageNames | 'ubuntu'; readonly uses: PackageNames } | undefined;
