import { hostFunctions } from './hostScript.ts';

/** sh function, of `sockmap-bypassctl`: when a process was started. */
export const STARTED = hostFunctions('started');
