export interface DockerfileParts {
  readonly baseImage: string;
  readonly user: string;
  /** Absolute, in the image. */
  readonly entry: string;
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * Made where a server brings none. Nothing is run while it is built: what npm installed is copied, so the build needs no
 * network and no shell. `/data` belongs to the server's user, so that a volume on it does.
 * The labels come first: what a build leaves that was cut off is known by them.
 */
export const dockerfile = ({ baseImage, user, entry, labels }: DockerfileParts): string => `FROM ${baseImage}
LABEL ${Object.entries(labels)
  .map(([name, value]) => `${name}=${JSON.stringify(value).replaceAll('$', '\\$')}`)
  .join(' ')}
COPY --chown=${user} owned/ /
COPY take-args.cjs /take-args.cjs
COPY app/ /app/
WORKDIR /app
USER ${user}
ENV NODE_ENV=production HOME=/tmp
ENTRYPOINT ["node", "--require", "/take-args.cjs", ${JSON.stringify(entry)}]
`;
