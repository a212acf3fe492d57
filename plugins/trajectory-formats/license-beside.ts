import { readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';

const LARGEST = 1 << 18;

/** By a sentence that only this licence has; more special ones first. */
const TELLING: readonly (readonly [RegExp, string])[] = [
  [/GNU AFFERO GENERAL PUBLIC LICENSE\s+Version 3/i, 'AGPL-3.0'],
  [/GNU LESSER GENERAL PUBLIC LICENSE\s+Version 3/i, 'LGPL-3.0'],
  [/GNU GENERAL PUBLIC LICENSE\s+Version 3/i, 'GPL-3.0'],
  [/GNU GENERAL PUBLIC LICENSE\s+Version 2/i, 'GPL-2.0'],
  [/Apache License,?\s+Version 2\.0/i, 'Apache-2.0'],
  [/Mozilla Public License,?\s+Version 2\.0/i, 'MPL-2.0'],
  [/Creative Commons Attribution-ShareAlike 4\.0/i, 'CC-BY-SA-4.0'],
  [/Creative Commons Attribution-NonCommercial 4\.0/i, 'CC-BY-NC-4.0'],
  [/Creative Commons Attribution 4\.0/i, 'CC-BY-4.0'],
  [/CC0 1\.0 Universal/i, 'CC0-1.0'],
  [/Redistribution and use in source and binary forms[\s\S]*Neither the name/i, 'BSD-3-Clause'],
  [/Redistribution and use in source and binary forms/i, 'BSD-2-Clause'],
  [/Permission to use, copy, modify, and\/or distribute/i, 'ISC'],
  [/Permission is hereby granted, free of charge/i, 'MIT'],
];

/** Files of one folder are read one after the other: so long its licence is not looked for again. */
const REMEMBERED_MS = 2_000;
let last: { readonly folder: string; readonly at: number; readonly license: Promise<string | undefined> } | undefined;

/** What a LICENSE file in the same folder says: its SPDX name, or its first line where it is none of the usual ones. */
export function licenseBeside(file: string): Promise<string | undefined> {
  const folder = dirname(file);
  const now = Date.now();
  if (last?.folder !== folder || now - last.at > REMEMBERED_MS) last = { folder, at: now, license: licenseIn(folder) };
  return last.license;
}

async function licenseIn(folder: string): Promise<string | undefined> {
  const names = await readdir(folder).catch(() => []);
  const name = names.sort().find((each) => /^(?:LICEN[CS]E|COPYING)(?:\.(?:md|txt))?$/i.test(each));
  if (name === undefined) return undefined;
  try {
    const path = join(folder, name);
    const { size } = await stat(path);
    if (size > LARGEST) return undefined;
    const text = await readFile(path, 'utf8');
    const spdx = TELLING.find(([pattern]) => pattern.test(text))?.[1];
    return (
      spdx ??
      text
        .split('\n')
        .find((line) => line.trim() !== '')
        ?.trim()
        .slice(0, 80)
    );
  } catch {
    return undefined;
  }
}
