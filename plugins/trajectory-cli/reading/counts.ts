/** What became of the records of some files: `seen` is always the sum of the other three. */
export interface Counts {
  imported: number;
  duplicate: number;
  quarantined: number;
  /** Bytes of records that are not finished yet. */
  waiting: number;
  /** Files and folders that were named and could not be read, or hold no trajectories. */
  refused: number;
}

export const noCounts = (): Counts => ({ imported: 0, duplicate: 0, quarantined: 0, waiting: 0, refused: 0 });

export const seen = ({ imported, duplicate, quarantined }: Counts): number => imported + duplicate + quarantined;

/** As it stands in the last line of `--json`. */
export const countsWire = (counts: Counts): Record<string, number> => ({
  seen: seen(counts),
  imported: counts.imported,
  duplicate: counts.duplicate,
  quarantined: counts.quarantined,
  ...(counts.waiting > 0 && { waiting: counts.waiting }),
  ...(counts.refused > 0 && { refused: counts.refused }),
});

/** The same for people. */
export function countsText(counts: Counts): string {
  const { waiting, refused } = counts;
  return [
    `${seen(counts)} seen: ${counts.imported} imported, ${counts.duplicate} duplicate, ${counts.quarantined} quarantined`,
    ...(waiting > 0 ? [`${waiting} bytes wait for the rest of their record`] : []),
    ...(refused > 0 ? [`${refused} refused`] : []),
  ].join('; ');
}
