// The safe subset of Markdown that messages are shown with. Text becomes elements, never HTML,
// so that no message can bring markup or script of its own.
import type { ComponentChildren } from 'preact';
import { parseBlocks, type Block, type Inline } from './markdown.ts';

export function RichText({ text }: { readonly text: string }) {
  return <>{parseBlocks(text).map(renderBlock)}</>;
}

function renderBlock(block: Block): ComponentChildren {
  switch (block.kind) {
    case 'code':
      return (
        <pre tabIndex={0}>
          <code>{block.text}</code>
        </pre>
      );
    case 'quote':
      return (
        <blockquote>
          <p>{block.content.map(renderInline)}</p>
        </blockquote>
      );
    case 'list': {
      const items = block.items.map((item) => <li>{item.map(renderInline)}</li>);
      return block.ordered ? <ol start={block.start}>{items}</ol> : <ul>{items}</ul>;
    }
    case 'paragraph':
      return <p>{block.content.map(renderInline)}</p>;
  }
}

function renderInline(inline: Inline): ComponentChildren {
  switch (inline.kind) {
    case 'text':
      return inline.text;
    case 'code':
      return <code>{inline.text}</code>;
    case 'strong':
      return <strong>{inline.content.map(renderInline)}</strong>;
    case 'emphasis':
      return <em>{inline.content.map(renderInline)}</em>;
    case 'link':
      return (
        <a href={inline.href} target="_blank" rel="noopener noreferrer nofollow ugc">
          {inline.content.map(renderInline)}
        </a>
      );
  }
}
