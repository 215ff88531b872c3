/**
 * The number used once that the server put into this page and into its Content-Security-Policy. Styles that the
 * component library computes carry it; without it the browser refuses them. None in development.
 */
export const nonce: string | undefined =
  document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce || undefined;

/**
 * A few places of the library make a style element, or set a style attribute, without asking for the number (the
 * lock of scrolling under a dialog, the measuring of a text field). They are given it here, once, before anything is
 * drawn. This opens nothing: only a script that already runs makes elements this way; what is smuggled in as text
 * (`innerHTML`) stays refused.
 */
function lend(own: string): void {
  const make = Document.prototype.createElement;
  Document.prototype.createElement = function (this: Document, name: string, options?: ElementCreationOptions) {
    const element = make.call(this, name, options);
    if (element instanceof HTMLStyleElement) element.nonce = own;
    return element;
  } as typeof make;
  const set = HTMLTextAreaElement.prototype.setAttribute;
  HTMLTextAreaElement.prototype.setAttribute = function (name: string, value: string) {
    if (name === 'style') this.style.cssText = value;
    else set.call(this, name, value);
  };
}

if (nonce) lend(nonce);
