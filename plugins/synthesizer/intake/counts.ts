/** Every record that was seen is imported, a duplicate, or in quarantine. */
export class Counts {
  seen = 0;
  imported = 0;
  duplicate = 0;
  quarantined = 0;
  /** Bytes of records that are not finished yet. */
  waiting = 0;
  readonly refused: { readonly file: string; readonly reason: string }[] = [];
}
