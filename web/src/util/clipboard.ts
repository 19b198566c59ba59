/** Puts a text where it can be pasted from. */

/** As it was done before there was a clipboard to call: on a page that came over plain HTTP there still is none. */
function bySelecting(text: string, beside: Element): boolean {
  const box = document.createElement("textarea");
  box.value = text;
  box.readOnly = true;
  box.className = "visually-hidden";
  // Beside the button: whatever lies behind an open dialog cannot be selected.
  beside.append(box);
  box.select();
  const done = document.execCommand("copy");
  box.remove();
  return done;
}

/** Whether it is there now. */
export async function copyText(text: string, beside: Element): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return bySelecting(text, beside);
  }
}
