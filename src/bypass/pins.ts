import { hostFunctions } from '../host/hostScript.ts';

/** Exit code of scripts that refuse the pin root. */
export const UNSAFE_PIN_ROOT = 5;

/** sh functions about the pin root, $root. */
export const PIN_ROOT_FUNCTIONS = hostFunctions('check_root', 'remove_pins_of');
