import type { Plugin } from 'vite';

/** What only components that are classes have. The library asks each component for them. */
const OF_CLASSES = [
  'getDerivedStateFromProps',
  'getDerivedStateFromError',
  'getSnapshotBeforeUpdate',
  'componentDidCatch',
  'componentDidMount',
  'componentDidUpdate',
  'componentWillMount',
  'componentWillReceiveProps',
  'contextType',
  'prototype.render',
];

/** What a page could change of the library, and the widget does not. */
const SETTINGS = ['debounceRendering', 'requestAnimationFrame'];

/** Nor does any component bring HTML or formulas, and what a server has begun to draw is nowhere on the page. */
const NEVER = /(["'])(?:dangerouslySetInnerHTML|math)\1==\w+|\w+\.data\.startsWith\((["'])\/?\$s\2\)/g;

/** The widget's components are functions: what the library would do for classes goes out of the bundle. */
export function functionsOnly(): Plugin {
  return {
    name: 'guichet:functions-only',
    apply: 'build',
    transform(code, id) {
      if (!/\/node_modules\/preact\//.test(id)) return undefined;
      return { code: withoutClasses(code), map: null };
    },
  };
}

/** The library's code as it is where no component is a class. */
export function withoutClasses(code: string): string {
  // What is read is not there; what is set stays.
  const read = new RegExp(`(?<![\\w$.])[\\w$]+\\.(?:${[...OF_CLASSES, ...SETTINGS].join('|').replaceAll('.', '\\.')})\\b(?!\\s*=[^=])`, 'g');
  return code.replace(read, '(void 0)').replace(NEVER, 'false');
}
