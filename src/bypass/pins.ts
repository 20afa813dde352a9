/** Exit status of scripts that refuse the pin root. */
export const UNSAFE_PIN_ROOT = 5;
