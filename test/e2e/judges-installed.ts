import { ensureInstalled, JUDGES, REAL_SERVERS } from '../judges/install.ts';

/** Installs programs by others that a test needs. False, and said so, where they cannot be had; that fails where CI is set. */
export async function judgesInstalled(which: 'judges' | 'real-servers'): Promise<boolean> {
  try {
    await ensureInstalled(which === 'judges' ? JUDGES : REAL_SERVERS);
    return true;
  } catch (error) {
    if (process.env.CI === 'true') throw error;
    process.stdout.write(`left out: the ${which} could not be installed: ${(error as Error).message.slice(0, 300)}\n`);
    return false;
  }
}
