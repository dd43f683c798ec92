import { expect, test } from 'vitest';
import { withoutClasses } from '../functions-only.ts';

test('what is read of classes is not there, what is set and what functions have stays', () => {
  expect(withoutClasses('a.getDerivedStateFromProps&&b.componentDidMount();c.contextType=d;e.shouldComponentUpdate()')).toBe(
    '(void 0)&&(void 0)();c.contextType=d;e.shouldComponentUpdate()',
  );
  expect(withoutClasses('"prototype"in V&&V.prototype.render;K.prototype.render=f;K.prototype.setState=g')).toBe('"prototype"in V&&(void 0);K.prototype.render=f;K.prototype.setState=g');
  expect(withoutClasses('i==n.debounceRendering||requestAnimationFrame(f)')).toBe('i==(void 0)||requestAnimationFrame(f)');
});

test('no component can bring HTML, and nothing that a server drew is looked for', () => {
  expect(withoutClasses('n&&8==n.nodeType&&n.data.startsWith("$s")||"math"==C')).toBe('n&&8==n.nodeType&&false||false');
  expect(withoutClasses('"dangerouslySetInnerHTML"==s?h=k:0')).toBe('false?h=k:0');
});
