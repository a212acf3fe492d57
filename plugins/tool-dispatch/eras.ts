import { isFault } from '#kernel';
import type { Launch, ServerSpec } from '#plugins/tool-registry/api';
import type { Era } from './api.ts';
import type { Verdicts } from './verdicts.ts';

/**
 * In which order a server is spoken to: legacy first, but over HTTP, where asking for the modern era costs one short request
 * and gains a stateless server.
 */
export function orderOfEras({ protocol }: ServerSpec, launch: Launch, verdicts: Verdicts): readonly Era[] {
  if (protocol !== 'auto') return [protocol];
  if (launch.kind === 'sse') return ['legacy'];
  if (launch.kind !== 'http') return ['legacy', 'modern'];
  return verdicts.get(launch)?.includes('modern') === false ? ['legacy', 'modern'] : ['modern', 'legacy'];
}

export interface EraQuestions {
  main(): Promise<Era>;
  /** Opens a connection of this era, and closes it again. */
  probe(launch: Launch, era: Era): Promise<void>;
}

/** All eras of a server: that of its main connection, and the other one where a connection of it can be opened. */
export async function findEras(spec: ServerSpec, verdicts: Verdicts, ask: EraQuestions): Promise<readonly Era[]> {
  if (spec.protocol !== 'auto') return [spec.protocol];
  const launch = spec.launches[0]!;
  const known = verdicts.get(launch);
  if (known !== undefined) return known;
  const main = await ask.main();
  const other: Era = main === 'legacy' ? 'modern' : 'legacy';
  // A server that connected to us has one socket, the old HTTP transport one era, and functions need no other.
  const single = launch.kind === 'attached' || launch.kind === 'sse' || launch.kind === 'functions';
  const speaks = single ? false : await speaksToo(launch, other, ask);
  const eras = speaks === true ? [main, other] : [main];
  if (speaks !== 'unsure') verdicts.set(launch, eras);
  return eras;
}

async function speaksToo(launch: Launch, era: Era, ask: EraQuestions): Promise<boolean | 'unsure'> {
  try {
    await ask.probe(launch, era);
    return true;
  } catch (error) {
    // A server that was too slow to say no today is asked again after the next start.
    return isFault(error) && error.data.refused === true ? false : 'unsure';
  }
}
