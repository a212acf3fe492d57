/** Doors that hand out pure functions too, for those who count, convert or judge without a kernel: from these files. */
export const PURE_DOORS: Readonly<Record<string, RegExp>> = {
  context: /^\.\/(?:message|(?:estimator|shapes)\/[\w-]+)\.ts$/,
  storage: /^\.\/gathered\.ts$/,
  'trajectory-archive': /^\.\/success-bounds\.ts$/,
  'agent-runtime': /^\.\/guard\/[\w-]+\.ts$/,
};
