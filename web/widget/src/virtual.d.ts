/** What the second file takes from this one: see `../kit.ts`. */
declare module 'virtual:kit' {
  const kit: readonly unknown[];
  export default kit;
}
