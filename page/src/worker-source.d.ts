/** The worker's code as text; `build.mjs` puts it there. */
declare module "worker-source" {
  const source: string;
  export default source;
}
