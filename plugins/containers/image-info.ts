import type Docker from 'dockerode';

/** What the engine knows of an image; undefined where it has none of this name or id. */
export async function imageInfo(
  docker: Docker,
  image: string,
  abortSignal: AbortSignal,
): Promise<Docker.ImageInspectInfo | undefined> {
  try {
    // Its types know of no options here.
    const inspect = docker.getImage(image).inspect as (options: object) => Promise<Docker.ImageInspectInfo>;
    return await inspect.call(docker.getImage(image), { abortSignal });
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode === 404) return undefined;
    throw error;
  }
}
