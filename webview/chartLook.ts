import type { Theme } from './theme.ts';

export const chartFont = (theme: Theme) => ({ family: theme.fontFamily, size: 12 });

/** Options that all charts have in common. */
export const chartLook = (theme: Theme) => ({
  responsive: true,
  maintainAspectRatio: false,
  // Nothing moves: a new sample is not an event to watch, and some readers must not see motion.
  animation: false as const,
  color: theme.foreground,
  font: chartFont(theme),
});

/** How the tooltip of a chart looks: as the editor's own. */
export const tooltipLook = (theme: Theme) => {
  const font = chartFont(theme);
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
