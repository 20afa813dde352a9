#!/usr/bin/env node
// Takes the place of the VS Code desktop executable, see launch.ts.
import { register } from 'tsx/esm/api';

register();
await import('./launch.ts');
