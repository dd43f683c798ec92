/** Stands in for `preact`, `preact/hooks` and `preact/jsx-runtime` in the widget's bundle. */
export { Fragment, jsx, jsx as jsxs, render } from './vdom.ts';
export * from './hooks.ts';
