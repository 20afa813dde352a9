/** A relative path that stays below, of names that nothing takes for an option. */
export const isPlainPath = (file: string): boolean =>
  file.split('/').every((name) => /^(?!\.\.?$)[^\p{Cc}\\-][^\p{Cc}\\]*$/u.test(name));
