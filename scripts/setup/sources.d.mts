export declare function withComponent(
  text: string,
  kind: 'deb822' | 'list',
  system: { component: string; codename: string },
): string;
