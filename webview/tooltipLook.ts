import type { Theme } from './theme.ts';

/** How the tooltip of a chart looks: as the editor's own. */
export const tooltipLook = (theme: Theme) => {
  const font = { family: theme.fontFamily, size: 12 };
  return {
    backgroundColor: theme.raised,
    borderColor: theme.border,
    borderWidth: 1,
    cornerRadius: 3,
    padding: 8,
    titleColor: theme.foreground,
    bodyColor: theme.foreground,
    titleFont: font,
    bodyFont: font,
    usePointStyle: true,
  };
};
