/** Exit status of scripts that find a bypass where they cannot take its place. */
export const OCCUPIED = 3;
/** Exit status of scripts that refuse the pin root. */
export const UNSAFE_PIN_ROOT = 5;
