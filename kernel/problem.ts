import path from 'node:path';

/** A point in a text file; line and column count from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** Something that keeps a pipeline from running, with the place to repair it. */
export interface Problem {
  readonly at: Place;
  readonly code: string;
  readonly what: string;
  readonly hint?: string | undefined;
}

/** Relative to the working directory where that is shorter to read. */
export const showFile = (file: string): string => {
  const relative = path.relative(process.cwd(), file);
  return relative.startsWith('..') || relative === '' ? file : relative;
};

export const showPlace = ({ file, line, column }: Place): string => `${showFile(file)}:${line}:${column}`;

export const showProblem = (problem: Problem): string =>
  `${showPlace(problem.at)} ${problem.code}: ${problem.what}${problem.hint ? `   hint: ${problem.hint}` : ''}`;

/** In the order in which a reader meets them: the pipeline's own file first, then line and column. */
export const sortProblems = (problems: readonly Problem[], root: string): Problem[] =>
  [...problems].sort(
    (a, b) =>
      Number(b.at.file === root) - Number(a.at.file === root) ||
      a.at.file.localeCompare(b.at.file) ||
      a.at.line - b.at.line ||
      a.at.column - b.at.column,
  );

export const didYouMean = (names: readonly string[]): string | undefined =>
  names.length === 0 ? undefined : `did you mean ${names.map((name) => `"${name}"`).join(' or ')}?`;
