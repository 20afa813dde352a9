import * as z from 'zod';

/** The competitors. Order is the order of legends and tables. */
export const armSchema = z.enum(['tcp', 'tcp-nodelay', 'bypass', 'bypass-classic', 'unix']);
export type Arm = z.infer<typeof armSchema>;
export const ARMS = armSchema.options;
