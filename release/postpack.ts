import { existsSync, renameSync } from 'node:fs';
import { join } from 'node:path';

/** Puts the clone's own package.json back after `npm pack`. */
const root = join(import.meta.dirname, '..');
const kept = join(root, 'package.json.clone');
if (existsSync(kept)) renameSync(kept, join(root, 'package.json'));
