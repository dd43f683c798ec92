import { baseCss, threadCss, tokensCss } from '@guichet/ui/styles.ts';
import resetCss from './styles/reset.css?inline';
import widgetCss from './styles/widget.css?inline';

/**
 * A shadow root at the end of the page, so that no style crosses either way. Its sheets are constructed,
 * which a content security policy without inline styles allows.
 */
export function createRoot(theme: string | undefined): ShadowRoot {
  const host = document.createElement('guichet-widget');
  if (theme === 'light' || theme === 'dark') host.dataset.theme = theme;
  const root = host.attachShadow({ mode: 'open' });
  root.adoptedStyleSheets = [resetCss, tokensCss, baseCss, threadCss, widgetCss].map((css) => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    return sheet;
  });
  document.body.append(host);
  return root;
}
