import { type Log, reason } from '#kernel';
import type { SearchEngine } from '#plugins/mcp-search/api';
import type { ProvisionerConfig } from './config.ts';
import type { Installations } from './installations.ts';
import type { Installer } from './installer.ts';
import type { Selector } from './selection.ts';

export interface PreloadParts {
  readonly config: ProvisionerConfig;
  readonly log: Log;
  readonly signal: AbortSignal;
  readonly engine: SearchEngine;
  readonly installations: Installations;
  readonly installer: Installer;
  readonly selector: Selector;
}

/** Installs what the pipeline names, one after the other, where policy allows it without a person. */
export async function preload(parts: PreloadParts): Promise<void> {
  const { config, log, signal, engine, installations, installer, selector } = parts;
  for (const id of config.preload) {
    signal.throwIfAborted();
    if (installations.of(id) !== undefined) continue;
    try {
      const need = { task: `preload ${id}`, requiredCapabilities: [] };
      const found = await engine.candidate(id, signal);
      const { choices, rejected } = await selector.select([found], need, { principal: 'preload' });
      const choice = choices[0];
      if (choice?.decision.verdict === 'allow') await installer.install(choice, () => {}, signal);
      else log.warn('not preloaded', { candidate: id, reason: rejected[0]?.reason ?? choice?.decision.reason ?? '' });
    } catch (error) {
      signal.throwIfAborted();
      log.warn('not preloaded', { candidate: id, reason: reason(error) });
    }
  }
}
