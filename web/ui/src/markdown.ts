// A small Markdown: paragraphs, lists, quotes, code, strong, emphasis, links. What it does not
// know stays as it was typed: a customer's text is never swallowed.

export type Inline =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'code'; readonly text: string }
  | { readonly kind: 'strong' | 'emphasis'; readonly content: readonly Inline[] }
  | { readonly kind: 'link'; readonly href: string; readonly content: readonly Inline[] };

export type Block =
  | { readonly kind: 'paragraph' | 'quote'; readonly content: readonly Inline[] }
  | { readonly kind: 'list'; readonly ordered: boolean; readonly start: number; readonly items: readonly (readonly Inline[])[] }
  | { readonly kind: 'code'; readonly text: string };

const fence = /^```[\w-]*\s*$/;
const bullet = /^\s{0,3}[-*•]\s+(.+)$/;
const numbered = /^\s{0,3}(\d{1,9})[.)]\s+(.+)$/;
const quoted = /^>\s?(.*)$/;

export function parseBlocks(text: string): Block[] {
  const lines = text.replace(/\r\n?/g, '\n').split('\n');
  const blocks: Block[] = [];
  let at = 0;
  /** Takes lines while they match, from the current one on. */
  const run = (pattern: RegExp): RegExpExecArray[] => {
    const found: RegExpExecArray[] = [];
    for (let match; at < lines.length && (match = pattern.exec(lines[at] ?? '')); at += 1) found.push(match);
    return found;
  };
  while (at < lines.length) {
    const line = lines[at] ?? '';
    if (line.trim() === '') {
      at += 1;
    } else if (fence.test(line)) {
      const end = lines.indexOf('```', at + 1);
      const stop = end === -1 ? lines.length : end;
      blocks.push({ kind: 'code', text: lines.slice(at + 1, stop).join('\n') });
      at = stop + 1;
    } else if (bullet.test(line)) {
      blocks.push({ kind: 'list', ordered: false, start: 1, items: run(bullet).map((match) => parseInline(match[1] ?? '')) });
    } else if (numbered.test(line)) {
      const items = run(numbered);
      const start = Number(items[0]?.[1] ?? 1);
      blocks.push({ kind: 'list', ordered: true, start, items: items.map((match) => parseInline(match[2] ?? '')) });
    } else if (quoted.test(line)) {
      const words = run(quoted).map((match) => match[1] ?? '');
      blocks.push({ kind: 'quote', content: parseInline(words.join('\n')) });
    } else {
      const start = at;
      do at += 1;
      while (at < lines.length && !startsBlock(lines[at] ?? ''));
      blocks.push({ kind: 'paragraph', content: parseInline(lines.slice(start, at).join('\n')) });
    }
  }
  return blocks;
}

function startsBlock(line: string): boolean {
  return line.trim() === '' || [fence, bullet, numbered, quoted].some((pattern) => pattern.test(line));
}

// One alternative each for code, [text](address), bare address, bare e-mail, **strong**, *emphasis* and _emphasis_.
// Quantifiers are bounded or cannot overlap, so that no text makes the search slow.
const inline =
  /`([^`\n]{1,2000})`|\[([^\]\n]{1,500})\]\((https?:\/\/[^\s()<>]{1,2000}|mailto:[^\s()<>]{1,320})\)|(https?:\/\/[^\s<>"]{1,2000})|(?<![\w.+-])([\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8})|\*\*(?=\S)([^*\n]{1,2000})(?<=\S)\*\*|(?<![\w*])\*(?=\S)([^*\n]{1,2000})(?<=\S)\*(?![\w*])|(?<!\w)_(?=\S)([^_\n]{1,2000})(?<=\S)_(?!\w)/g;

export function parseInline(text: string): Inline[] {
  const content: Inline[] = [];
  let at = 0;
  const put = (upTo: number) => {
    if (upTo > at) content.push({ kind: 'text', text: text.slice(at, upTo) });
  };
  for (const match of text.matchAll(inline)) {
    const [whole, code, label, href, address, email, strong, starred, underlined] = match;
    put(match.index);
    at = match.index + whole.length;
    const emphasis = starred ?? underlined;
    if (code !== undefined) content.push({ kind: 'code', text: code });
    else if (label !== undefined && href !== undefined) content.push({ kind: 'link', href, content: [{ kind: 'text', text: label }] });
    else if (address !== undefined) {
      const bare = withoutPunctuation(address);
      content.push({ kind: 'link', href: bare, content: [{ kind: 'text', text: bare }] });
      at = match.index + bare.length;
      if (bare.length < whole.length) {
        content.push({ kind: 'text', text: whole.slice(bare.length) });
        at = match.index + whole.length;
      }
    } else if (email !== undefined) content.push({ kind: 'link', href: `mailto:${email}`, content: [{ kind: 'text', text: email }] });
    else if (strong !== undefined) content.push({ kind: 'strong', content: parseInline(strong) });
    else if (emphasis !== undefined) content.push({ kind: 'emphasis', content: parseInline(emphasis) });
  }
  put(text.length);
  return content;
}

/** The end of a sentence is not part of the address; a closing parenthesis is, when it was opened inside. */
function withoutPunctuation(address: string): string {
  let end = address;
  for (;;) {
    const last = end.at(-1) ?? '';
    const closes = last === ')' && !end.includes('(');
    if (!closes && !/[.,;:!?»”’'\]*_]/.test(last)) return end;
    end = end.slice(0, -1);
  }
}
