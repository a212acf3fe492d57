import type { SynthesisDataset } from '#plugins/synthesizer/api';

/** Of those that hubs know by name (https://huggingface.co/docs/hub/repositories-licenses): the usual ones. */
const KNOWN: ReadonlySet<string> = new Set([
  'agpl-3.0',
  'apache-2.0',
  'bsd-2-clause',
  'bsd-3-clause',
  'cc-by-4.0',
  'cc-by-nc-4.0',
  'cc-by-sa-4.0',
  'cc0-1.0',
  'gpl-2.0',
  'gpl-3.0',
  'isc',
  'lgpl-3.0',
  'mit',
  'mpl-2.0',
]);

/** For the front matter, where every source has one that was found; else the card's text alone speaks of them. */
export function hubLicences(sources: SynthesisDataset['sources']): {
  readonly license?: string | readonly string[];
} {
  const names = [...new Set(sources.map(({ license = '' }) => license.toLowerCase()))].sort();
  if (names.length === 0 || names.some((name) => !KNOWN.has(name))) return {};
  return { license: names.length === 1 ? names[0]! : names };
}
